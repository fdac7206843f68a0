//! HTTP, RFC 9811: one endpoint under several paths. `/.well-known/cmp` and `/cmp` stand for the default policy,
//! `/.well-known/cmp/p/<policy>` and `/cmp/<policy>` for a named one; RFC 9483 section 6.1 puts the name of an operation
//! behind, which is the body's to tell.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use ers_pki::cmp::MAX_MESSAGE_BYTES;
use ers_runtime::http::{Problem, client_address};

use crate::flows::answer::{Answer, Call, answer};
use crate::server::Server;

const CONTENT_TYPE: &str = "application/pkixcmp";
/// Operations of RFC 9483 section 6.1.
const OPERATIONS: [&str; 13] = [
    "initialization",
    "certification",
    "keyupdate",
    "pkcs10",
    "revocation",
    "getcacerts",
    "getrootupdate",
    "getcertreqtemplate",
    "getcrls",
    "nested",
    "p10",
    "added",
    "batch",
];

/// Mounts `/cmp` and `/.well-known/cmp`.
pub fn configure(server: &Arc<Server>, app: &mut ServiceConfig) {
    for path in ["/.well-known/cmp", "/cmp"] {
        let resource =
            |path: &str| web::resource(path.to_owned()).default_service(web::to(wrong_method));
        let scope = web::scope(path)
            .app_data(web::Data::from(Arc::clone(server)))
            .app_data(web::PayloadConfig::new(MAX_MESSAGE_BYTES))
            .service(resource("").route(web::post().to(post)))
            .service(resource("/").route(web::post().to(post)))
            .service(resource("/p/{policy}").route(web::post().to(post)))
            .service(resource("/p/{policy}/{operation}").route(web::post().to(post)))
            .service(resource("/{first}").route(web::post().to(post)))
            .service(resource("/{first}/{operation}").route(web::post().to(post)))
            .default_service(web::to(nothing_here));
        app.service(scope);
    }
}

async fn wrong_method() -> Result<HttpResponse, Problem> {
    let status = actix_web::http::StatusCode::METHOD_NOT_ALLOWED;
    Err(Problem::of(status, "messages are sent by POST"))
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(ers_runtime::http::not_found().await)
}

/// Answers a PKIMessage.
async fn post(
    request: HttpRequest,
    server: web::Data<Server>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let status = actix_web::http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
    if !has_content_type(&request) {
        return Err(Problem::of(
            status,
            format!("messages are of type {CONTENT_TYPE}"),
        ));
    }
    let Some(policy) = policy_of(&request) else {
        return nothing_here().await;
    };
    let address = client_address(&request, &server.config.trusted_proxies).to_string();
    let call = Call {
        policy,
        address: &address,
        message: &body,
    };
    let (mut response, der) = match answer(&server, call).await {
        Answer::Message(der) => (HttpResponse::Ok(), der),
        Answer::Later(der) => {
            let mut response = HttpResponse::Ok();
            // who comes back in a minute would find its connection gone, and `openssl cmp` does not ask twice
            response.force_close();
            (response, der)
        }
        Answer::Malformed(der) => (HttpResponse::BadRequest(), der),
        Answer::None => {
            let status = actix_web::http::StatusCode::SERVICE_UNAVAILABLE;
            return Err(Problem::of(status, "no answer can be protected at present"));
        }
    };
    Ok(response
        .content_type(CONTENT_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(der))
}

/// The policy that the path names, empty for the default one; `None`: the path means nothing.
fn policy_of(request: &HttpRequest) -> Option<&str> {
    let path = request.match_info();
    let is_operation = |name: &str| OPERATIONS.contains(&name);
    if path
        .get("operation")
        .is_some_and(|name| !is_operation(name))
    {
        return None;
    }
    let is_well_known = request.path().starts_with("/.well-known/");
    match (path.get("policy"), path.get("first")) {
        (Some(policy), _) => Some(policy),
        (None, None) => Some(""),
        (None, Some(operation)) if is_well_known => is_operation(operation).then_some(""),
        (None, Some(policy)) => Some(policy),
    }
}

/// RFC 9811 section 3.2; parameters do no harm.
fn has_content_type(request: &HttpRequest) -> bool {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(CONTENT_TYPE))
}
