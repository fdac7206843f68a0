//! GET and POST. What is no message of SCEP is answered by an HTTP status and a line of text.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use ers_runtime::error::chain;
use ers_runtime::http::client_address;

use super::query::{self, Operation};
use crate::failure::{self, Failure};
use crate::flows::{ca_certificates, operate};
use crate::server::Server;

/// Longest name of a policy.
const LONGEST_POLICY: usize = 64;

/// GET: every operation; the message of PKIOperation in the query, RFC 8894 section 4.1.
pub async fn get(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    let query = request.query_string();
    let answered = match (policy(&request), query::operation(query)) {
        (Err(failure), _) => Err(failure),
        (Ok(_), None) => Err(Failure::BadRequest(
            "operation must be GetCACaps, GetCACert, GetNextCACert or PKIOperation",
        )),
        (Ok(policy), Some(Operation::Capabilities)) => ca_certificates::told(&server, &policy)
            .await
            .map(|text| answer("text/plain", text.into_bytes())),
        (Ok(policy), Some(Operation::CaCertificates)) => ca_certificates::current(&server, &policy)
            .await
            .map(|der| answer("application/x-x509-ca-ra-cert", der)),
        (Ok(policy), Some(Operation::NextCaCertificates)) => {
            ca_certificates::next(&server, &policy)
                .await
                .map(|der| answer("application/x-x509-next-ca-cert", der))
        }
        (Ok(policy), Some(Operation::Message)) => match query::message(query) {
            Some(message) => operate(&server, &request, &policy, &message).await,
            None => Err(Failure::BadRequest("message must be base64")),
        },
    };
    answered.unwrap_or_else(|failure| refused(&server, &failure))
}

/// POST: a message of PKIOperation, as it is.
pub async fn post(
    request: HttpRequest,
    server: web::Data<Server>,
    body: Result<web::Bytes, actix_web::Error>,
) -> HttpResponse {
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let status = error.as_response_error().status_code();
            server.metrics.http_failure(status.as_u16());
            return HttpResponse::build(status)
                .content_type("text/plain")
                .body("read request: it is too long, or did not come whole\n");
        }
    };
    let answered = match (policy(&request), query::operation(request.query_string())) {
        (Err(failure), _) => Err(failure),
        (Ok(policy), Some(Operation::Message)) => operate(&server, &request, &policy, &body).await,
        (Ok(_), _) => Err(Failure::BadRequest("POST is for operation=PKIOperation")),
    };
    answered.unwrap_or_else(|failure| refused(&server, &failure))
}

/// Another method.
pub async fn wrong_method() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, POST"))
        .finish()
}

async fn operate(
    server: &Server,
    request: &HttpRequest,
    policy: &str,
    message: &[u8],
) -> Result<HttpResponse, Failure> {
    let address = client_address(request, &server.config.trusted_proxies);
    let der = operate::run(server, policy, address, message).await?;
    Ok(answer("application/x-pki-message", der))
}

/// The policy in the path; empty: the default.
fn policy(request: &HttpRequest) -> Result<String, Failure> {
    let name = request.match_info().get("policy").unwrap_or_default();
    let may_be = name.len() <= LONGEST_POLICY
        && name
            .bytes()
            .all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if may_be {
        Ok(name.to_owned())
    } else {
        Err(Failure::Nothing("there is no such policy"))
    }
}

fn answer(content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body)
}

/// What the client did is told; what we did is logged.
fn refused(server: &Server, failure: &Failure) -> HttpResponse {
    let status = failure.status();
    server.metrics.http_failure(status);
    let text = match status {
        500 => {
            tracing::error!(error = chain(failure), "internal error");
            "internal error".to_owned()
        }
        503 => {
            tracing::warn!(error = chain(failure), "request not answered");
            "not available at present".to_owned()
        }
        _ => failure.to_string(),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((RETRY_AFTER, failure::RETRY_AFTER.as_secs().to_string()));
    }
    response.content_type("text/plain").body(text + "\n")
}
