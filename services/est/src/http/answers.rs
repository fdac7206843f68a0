//! Answers in EST's forms: base64 with the media type of RFC 7030 section 3.2.4.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::body::{self, Lines};

pub(super) const CERTIFICATES: &str = "application/pkcs7-mime; smime-type=certs-only";

/// The lines that the client reads.
pub(super) fn lines(headers: &HeaderMap) -> Lines {
    let name = headers.get(header::USER_AGENT);
    Lines::of_client(name.and_then(|name| name.to_str().ok()).unwrap_or_default())
}

/// Octets of a media type, in base64, for who asked.
pub(super) fn encoded(request: &HttpRequest, kind: &'static str, octets: &[u8]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header(("Content-Transfer-Encoding", "base64"))
        .insert_header((header::VARY, "User-Agent"))
        .body(body::write(octets, lines(request.headers())))
}
