//! Answers in EST's forms: base64 with the media type of RFC 7030 section 3.2.4.

use actix_web::{HttpResponse, http::header};

use crate::domain::body;

pub(super) const CERTIFICATES: &str = "application/pkcs7-mime; smime-type=certs-only";

/// Octets of a media type, in base64.
pub(super) fn encoded(kind: &'static str, octets: &[u8]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header(("Content-Transfer-Encoding", "base64"))
        .body(body::write(octets))
}
