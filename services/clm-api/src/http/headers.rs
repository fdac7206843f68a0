//! Headers that several endpoints read: versions (RFC 9110 section 13.1.1) and keys that make repetition harmless.

use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
};
use ers_runtime::http::{Problem, wrong};

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The entity tag of a version.
pub(super) fn etag(version: impl std::fmt::Display) -> (header::HeaderName, String) {
    (header::ETAG, format!("\"{version}\""))
}

/// The version that `If-Match` names; 0 of `If-None-Match: *`, which wants that there is none.
pub(super) fn expected_version(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    if text(request, "If-None-Match") == Some("*") {
        return Ok(Some(0));
    }
    match text(request, "If-Match") {
        None | Some("*") => Ok(None),
        Some(tag) => tag
            .trim()
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'))
            .and_then(|version| version.parse().ok())
            .map(Some)
            .ok_or_else(|| wrong("If-Match", "must be an ETag that was given out here")),
    }
}

/// It is not the version that was expected.
pub(super) fn precondition_failed(problem: Problem, expected: Option<i64>) -> Problem {
    let is_of_version = problem.status == StatusCode::CONFLICT.as_u16()
        && problem.field.as_deref() == Some("version");
    if expected.is_none() || !is_of_version {
        return problem;
    }
    Problem {
        field: Some("If-Match".to_owned()),
        ..Problem::of(
            StatusCode::PRECONDITION_FAILED,
            problem.detail.unwrap_or_default(),
        )
    }
}

/// The key under which a request may be repeated.
pub(super) fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .filter(|key| {
            (1..=128).contains(&key.len()) && key.bytes().all(|one| one.is_ascii_graphic())
        })
        .map(|key| Some(key.to_owned()))
        .ok_or_else(|| wrong(IDEMPOTENCY_KEY, "must be 1 to 128 visible ASCII characters"))
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
