//! CA certificates, as authority information access names them (RFC 5280 section 4.2.2.1).

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web::{Data, Path},
};
use ers_pki::cms::certificates_only;
use ers_runtime::http::Problem;

use super::State;

pub(super) async fn get(state: Data<State>, name: Path<String>) -> Result<HttpResponse, Problem> {
    let certificate = state
        .sources
        .find_certificate(&name)
        .ok_or_else(|| Problem::of(StatusCode::NOT_FOUND, format!("there is no CA {name}")))?;
    Ok(HttpResponse::Ok()
        .content_type("application/pkix-cert")
        .insert_header((CACHE_CONTROL, "max-age=86400, public"))
        .body(certificate))
}

/// All certificates of a CA in one file: of its generations, link and cross certificates (`.p7c`).
pub(super) async fn get_all(
    state: Data<State>,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let certificates = state.sources.certificates(&name);
    if certificates.is_empty() {
        return Err(Problem::of(
            StatusCode::NOT_FOUND,
            format!("there is no CA {name}"),
        ));
    }
    Ok(HttpResponse::Ok()
        .content_type("application/pkcs7-mime; smime-type=certs-only")
        // a link certificate may be there tomorrow
        .insert_header((CACHE_CONTROL, "max-age=3600, public"))
        .body(certificates_only(certificates.iter().map(AsRef::as_ref))))
}
