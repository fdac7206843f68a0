//! The route table. The operations of the default policy stand under `/.well-known/est` and `/est`; those of another one
//! under its name behind either (the label of RFC 7030 section 3.2.2). For clients that add the well-known path to every
//! address, also under `/est/{policy}/.well-known/est`.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};

use super::{answers, attributes, ca_certificates, enroll, server_keys};
use crate::domain::body::{self, Lines};
use crate::{failure::Failure, flows::Flows};

/// What follows 401 for libest, see [`usual_header_names`].
const UNAUTHORIZED: &str = "Unauthorized\r\nWWW-Authenticate: Basic realm=\"est\"";

/// Mounts `/.well-known/est` and `/est`.
pub(crate) fn configure(flows: &Arc<Flows>, app: &mut ServiceConfig) {
    for base in ["/.well-known/est", "/est"] {
        let scope = web::scope(base)
            .app_data(web::Data::from(Arc::clone(flows)))
            .app_data(web::PayloadConfig::new(body::LARGEST))
            .wrap(from_fn(usual_header_names))
            .configure(operations)
            .service(
                web::scope("/{policy}")
                    .configure(operations)
                    .service(
                        web::scope("/.well-known/est")
                            .configure(operations)
                            .default_service(web::to(nothing_here)),
                    )
                    .default_service(web::to(nothing_here)),
            )
            .default_service(web::to(nothing_here));
        app.service(scope);
    }
}

/// libest, and what is built on it, knows `Content-Type` and `WWW-Authenticate` in these spellings only, although RFC 9110
/// section 5.1 has any. The second actix does not write: it is put behind the reason, of which the next line is a header's.
async fn usual_header_names(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_libest = answers::lines(request.headers()) == Lines::Short;
    let mut answer = next.call(request).await?;
    let asked = answer.headers().get(header::WWW_AUTHENTICATE);
    let asks_for_password = asked.is_some_and(|value| value.as_bytes().starts_with(b"Basic "));
    let head = answer.response_mut().head_mut();
    if is_libest && asks_for_password {
        head.headers_mut().remove(header::WWW_AUTHENTICATE);
        head.reason = Some(UNAUTHORIZED);
    }
    head.set_camel_case_headers(true);
    Ok(answer)
}

fn operations(scope: &mut ServiceConfig) {
    let resource =
        |path: &str| web::resource(path.to_owned()).default_service(web::to(wrong_method));
    scope
        .service(resource("/cacerts").route(web::get().to(ca_certificates::show)))
        .service(resource("/csrattrs").route(web::get().to(attributes::show)))
        .service(resource("/simpleenroll").route(web::post().to(enroll::enroll)))
        .service(resource("/simplereenroll").route(web::post().to(enroll::enroll_again)))
        .service(resource("/serverkeygen").route(web::post().to(server_keys::make)));
}

async fn wrong_method() -> Result<String, Failure> {
    Err(Failure::Method)
}

async fn nothing_here() -> Result<String, Failure> {
    Err(Failure::NotFound(
        "there is no such operation: cacerts, csrattrs, simpleenroll, simplereenroll, serverkeygen"
            .to_owned(),
    ))
}
