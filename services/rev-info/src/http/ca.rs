//! CA certificates, as authority information access names them (RFC 5280 section 4.2.2.1).

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web::{Data, Path},
};
use ers_runtime::http::Problem;

use super::State;

pub(super) async fn get(state: Data<State>, name: Path<String>) -> Result<HttpResponse, Problem> {
    let responder = state
        .sources
        .find(&name)
        .ok_or_else(|| Problem::of(StatusCode::NOT_FOUND, format!("there is no CA {name}")))?;
    Ok(HttpResponse::Ok()
        .content_type("application/pkix-cert")
        .insert_header((CACHE_CONTROL, "max-age=86400, public"))
        .body(responder.issuer_certificate.der().to_vec()))
}
