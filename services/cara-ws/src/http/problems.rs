//! What went wrong, as problems (RFC 9457).

use actix_web::http::StatusCode;
use ers_runtime::http::{Problem, problem_of_status};
use tonic::Status;

use crate::grpc::waits_for;

/// What a gRPC service of this process answered. The field at fault stands before the first colon of the message. An act
/// that waits for a second administrator is no failure: 202, and where to look for what becomes of it.
pub(super) fn refused(status: Status) -> Problem {
    if let Some(id) = waits_for(&status) {
        let instance = format!("/cara-ws-server/v1/approvals/{id}");
        return Problem::of(StatusCode::ACCEPTED, status.message()).about(instance);
    }
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
