//! RFC 9457 problem details, the error form of our REST interfaces.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;
use tonic::Status;

use crate::error::{Fault, Kind, told};

/// A problem document (`application/problem+json`).
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Problem {
    /// URI of the problem type, `about:blank` when the status says it all (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, the same for every occurrence.
    pub title: &'static str,
    /// HTTP status code.
    pub status: u16,
    /// For the person who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// URI reference of what this is about (RFC 9457 section 3.1.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<Box<str>>,
    /// Input field that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds after which to try again; also sent as `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem whose type is its HTTP status.
    #[must_use]
    pub fn of(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: Some(detail.into()),
            instance: None,
            field: None,
            retry_after: None,
        }
    }

    /// Names what this is about, a URI reference.
    #[must_use]
    pub fn about(mut self, instance: impl Into<Box<str>>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Names the input field that is at fault.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.title)?;
        self.detail
            .as_ref()
            .map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        // RFC 9110 section 11.6.1 demands it; browsers have no dialogue for this scheme.
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        response
            .content_type("application/problem+json")
            .body(serde_json::to_string(self).unwrap_or_default())
    }
}

/// The problem of an error. What was our fault is logged with its chain and told only as "internal error".
pub fn problem(error: impl Fault) -> Problem {
    let kind = error.kind();
    let field = error.field().map(str::to_owned);
    let problem = of_kind(kind, told(&error));
    Problem { field, ..problem }
}

/// The problem of a failure that another service answered.
#[must_use]
pub fn problem_of_status(status: Status) -> Problem {
    match Kind::of(&status) {
        Kind::Internal => {
            tracing::error!(%status, "called service failed");
            of_kind(Kind::Internal, "internal error".into())
        }
        kind => of_kind(kind, status.message().to_owned()),
    }
}

/// The answer for a path that nobody serves.
pub async fn not_found() -> Problem {
    Problem::of(StatusCode::NOT_FOUND, "there is nothing at this path")
}

fn of_kind(kind: Kind, detail: String) -> Problem {
    let (status, retry_after) = match kind {
        Kind::InvalidArgument => (StatusCode::BAD_REQUEST, None),
        Kind::Unauthenticated => (StatusCode::UNAUTHORIZED, None),
        Kind::PermissionDenied => (StatusCode::FORBIDDEN, None),
        Kind::NotFound => (StatusCode::NOT_FOUND, None),
        Kind::AlreadyExists | Kind::FailedPrecondition => (StatusCode::CONFLICT, None),
        Kind::ResourceExhausted => (StatusCode::TOO_MANY_REQUESTS, Some(1)),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(5)),
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None),
    };
    Problem {
        retry_after,
        ..Problem::of(status, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_logged_in_is_told_how_to_show_who_they_are() {
        let response = Problem::of(StatusCode::UNAUTHORIZED, "log in").error_response();
        assert_eq!(
            response.headers().get("WWW-Authenticate").unwrap(),
            "Bearer"
        );
        let response = Problem::of(StatusCode::NOT_FOUND, "nothing").error_response();
        assert!(response.headers().get("WWW-Authenticate").is_none());
    }
}
