//! Input of the REST interfaces that does not even read, as problems (RFC 9457).

use actix_web::{
    HttpRequest,
    error::JsonPayloadError,
    http::StatusCode,
    web::{JsonConfig, PathConfig, QueryConfig, ServiceConfig},
};

use super::Problem;

/// Largest JSON body taken, in bytes: a policy, a profile, or a request with a few hundred names.
pub const LARGEST_BODY: usize = 256 << 10;

/// Bodies, queries and path segments that do not read are told as problems, here and in all scopes below.
pub fn read_input(config: &mut ServiceConfig) {
    config
        .app_data(json())
        .app_data(QueryConfig::default().error_handler(|error, _| {
            Problem::of(StatusCode::BAD_REQUEST, error.to_string()).into()
        }))
        .app_data(PathConfig::default().error_handler(|error, _| {
            Problem::of(StatusCode::NOT_FOUND, error.to_string()).into()
        }));
}

/// The problem of a field that is wrong.
#[must_use]
pub fn wrong(field: &str, error: impl std::fmt::Display) -> Problem {
    Problem::of(StatusCode::BAD_REQUEST, format!("{field}: {error}")).in_field(field)
}

/// The answer for a path, or a method of it, that an interface does not have.
///
/// # Errors
/// Always.
pub async fn nothing_here(request: HttpRequest) -> Result<&'static str, Problem> {
    let detail = format!("there is no {} {}", request.method(), request.path());
    Err(Problem::of(StatusCode::NOT_FOUND, detail))
}

fn json() -> JsonConfig {
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
