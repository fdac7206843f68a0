//! Requests that do not even read, as problems (RFC 9457).

use actix_web::{
    HttpRequest, HttpResponse,
    error::JsonPayloadError,
    http::StatusCode,
    web::{JsonConfig, PathConfig, QueryConfig},
};
use ers_runtime::http::Problem;
use serde::{Deserialize as _, Deserializer, de::Error as _};

use crate::domain::page::LARGEST_PAGE_SIZE;

/// Largest body taken: a policy or a CSR.
const LARGEST_BODY: usize = 256 << 10;

pub(super) fn json() -> JsonConfig {
    JsonConfig::default()
        .limit(LARGEST_BODY)
        .error_handler(|error, _| {
            let status = match &error {
                JsonPayloadError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                JsonPayloadError::Overflow { .. }
                | JsonPayloadError::OverflowKnownLength { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            Problem::of(status, error.to_string()).into()
        })
}

pub(super) fn query() -> QueryConfig {
    QueryConfig::default()
        .error_handler(|error, _| Problem::of(StatusCode::BAD_REQUEST, error.to_string()).into())
}

pub(super) fn path() -> PathConfig {
    PathConfig::default()
        .error_handler(|error, _| Problem::of(StatusCode::NOT_FOUND, error.to_string()).into())
}

pub(super) async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let detail = format!("there is no {} {}", request.method(), request.path());
    Err(Problem::of(StatusCode::NOT_FOUND, detail))
}

/// A field that is wrong.
pub(super) fn wrong(field: &str, error: impl std::fmt::Display) -> Problem {
    Problem::of(StatusCode::BAD_REQUEST, format!("{field}: {error}")).in_field(field)
}

/// A number of rows; the reader of queries by itself does not say which key it could not read.
pub(super) fn page_size<'de, D: Deserializer<'de>>(query: D) -> Result<u32, D::Error> {
    String::deserialize(query)?.parse().map_err(|_| {
        D::Error::custom(format_args!(
            "page_size: must be a number, at most {LARGEST_PAGE_SIZE}"
        ))
    })
}
