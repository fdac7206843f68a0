//! OCSP over HTTP: RFC 6960 appendix A, caching headers as RFC 5019 section 6.2.

use actix_web::{
    Error, HttpRequest, HttpResponse,
    http::header::{self, CACHE_CONTROL, ETAG, EXPIRES, HeaderValue, LAST_MODIFIED},
    web::{Bytes, Data},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{State, http_date};
use crate::answer::{Answer, Times, Validators};

pub(super) const MAX_REQUEST_BYTES: usize = 64 * 1024;
const CONTENT_TYPE: &str = "application/ocsp-response";
/// Clients leave the padding away, or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A body that is too long, or did not come, is malformed like any other.
pub(super) async fn post(state: Data<State>, body: Result<Bytes, Error>) -> HttpResponse {
    let answer = state.answerer.answer(&body.unwrap_or_default()).await;
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .body(answer.der.clone())
}

pub(super) async fn get(state: Data<State>, request: HttpRequest) -> HttpResponse {
    // The raw path: base64 has slashes, which clients escape or not.
    let encoded = request
        .uri()
        .path()
        .split_once("/ocsp/")
        .map_or("", |(_, encoded)| encoded);
    let request = percent_decode(encoded)
        .and_then(|text| BASE64.decode(text).ok())
        .unwrap_or_default();
    let answer = state.answerer.answer(&request).await;
    cacheable(&answer, state.context.clock.now())
}

/// Says how long an answer may be kept: not longer than its nextUpdate.
fn cacheable(answer: &Answer, now: time::OffsetDateTime) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)));
    match answer.times {
        None => response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))),
        Some(times) => {
            let max_age = (times.next_update - now).whole_seconds().max(0);
            let validators = answer.validators.get_or_init(|| validators(answer, times));
            response
                .insert_header((LAST_MODIFIED, validators.last_modified.clone()))
                .insert_header((EXPIRES, validators.expires.clone()))
                .insert_header((ETAG, validators.etag.clone()))
                .insert_header((
                    CACHE_CONTROL,
                    format!("max-age={max_age}, public, no-transform, must-revalidate"),
                ))
        }
    };
    response.body(answer.der.clone())
}

fn validators(answer: &Answer, times: Times) -> Validators {
    let value =
        |text: String| HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    Validators {
        etag: value(format!("\"{}\"", validator(&answer.der))),
        last_modified: value(http_date(times.this_update)),
        expires: value(http_date(times.next_update)),
    }
}

/// A validator only: short and cheap.
fn validator(der: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    der.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (high, low) = (
            char::from(bytes.next()?).to_digit(16)?,
            char::from(bytes.next()?).to_digit(16)?,
        );
        decoded.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_path_is_decoded_and_a_broken_escape_is_not() {
        assert_eq!(
            percent_decode("MEow%2BAb%2f%3D").as_deref(),
            Some(&b"MEow+Ab/="[..])
        );
        assert_eq!(percent_decode("a%2"), None);
        assert_eq!(percent_decode("a%zz"), None);
    }
}
