//! What went wrong, as problems (RFC 9457).

use actix_web::{
    HttpRequest, HttpResponse,
    error::JsonPayloadError,
    http::StatusCode,
    web::{JsonConfig, PathConfig, QueryConfig},
};
use ers_runtime::http::{Problem, problem_of_status};
use tonic::Status;

/// Largest body taken: a profile, or a request with a few hundred names.
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

/// What a gRPC service of this process answered. The field at fault stands before the first colon of the message.
pub(super) fn refused(status: Status) -> Problem {
    let field = status
        .message()
        .split_once(": ")
        .map(|(field, _)| field)
        .filter(|field| {
            field
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.')
        })
        .map(str::to_owned);
    let problem = problem_of_status(status);
    match field {
        Some(field) => problem.in_field(field),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_at_fault_is_named() {
        let problem = refused(Status::invalid_argument("key_algorithm: there is no P-257"));
        assert_eq!(problem.field.as_deref(), Some("key_algorithm"));
        assert_eq!(problem.status, 400);
        let problem = refused(Status::not_found("issue: there is no CA x"));
        assert_eq!(problem.status, 404);
        let problem = refused(Status::unavailable("CA x: its key is out of reach"));
        assert_eq!(problem.field, None);
    }
}
