//! Why CARA did not do it, told apart by who is at fault: the one who asked, the policy, or nobody.

use ers_runtime::error::{Fault, Kind};
use tonic::{Code, Status};

use crate::domain::refusal::{Refusal, RefusalReason};

/// Fields of a request to CARA that the asker has no say in.
const CHOSEN_BY_POLICY: [&str; 4] = ["issuer", "profile", "request_id", "origin"];

/// Why CARA did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CaraError {
    /// The asker is at fault.
    #[error("{}", .0.detail)]
    Refused(Refusal),
    /// The request id was used with other content.
    #[error("ask CARA: {0}")]
    Conflict(String),
    /// No such certificate, or CA.
    #[error("ask CARA: {0}")]
    NotFound(String),
    /// A field that the asker did not choose is wrong.
    #[error("ask CARA: {0}")]
    Invalid(String),
    /// The CA cannot do this now: suspended, expired, or the certificate is.
    #[error("ask CARA: {0}")]
    NotReady(String),
    /// Too much at once.
    #[error("ask CARA: too busy")]
    Busy,
    /// Out of reach: whether it was done is unknown, the same request id finds out.
    #[error("ask CARA: out of reach")]
    Unavailable(#[source] Box<Status>),
    /// It failed.
    #[error("ask CARA: it failed")]
    Failed(#[source] Box<Status>),
    /// The answer makes no sense.
    #[error("read CARA's answer: field {0}")]
    Malformed(&'static str),
}

impl From<Status> for CaraError {
    fn from(status: Status) -> Self {
        let detail = status.message().to_owned();
        match status.code() {
            Code::InvalidArgument | Code::OutOfRange => {
                let field = detail.split(':').next().unwrap_or_default();
                if CHOSEN_BY_POLICY.contains(&field) {
                    return Self::Invalid(detail);
                }
                let reason = RefusalReason::of_field(field).unwrap_or(RefusalReason::BadRequest);
                Self::Refused(reason.because(detail))
            }
            // A validity that the CA cannot give, as it ends before; other than a CA that is suspended.
            Code::FailedPrecondition if detail.starts_with("validity:") => {
                Self::Refused(RefusalReason::BadValidity.because(detail))
            }
            Code::NotFound => Self::NotFound(detail),
            Code::AlreadyExists => Self::Conflict(detail),
            Code::FailedPrecondition => Self::NotReady(detail),
            Code::ResourceExhausted => Self::Busy,
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted => {
                Self::Unavailable(Box::new(status))
            }
            _ => Self::Failed(Box::new(status)),
        }
    }
}

impl Fault for CaraError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused(_) => Kind::InvalidArgument,
            Self::Conflict(_) => Kind::AlreadyExists,
            Self::NotFound(_) => Kind::NotFound,
            Self::NotReady(_) => Kind::FailedPrecondition,
            Self::Busy => Kind::ResourceExhausted,
            Self::Unavailable(_) => Kind::Unavailable,
            Self::Invalid(_) | Self::Failed(_) | Self::Malformed(_) => Kind::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: Code, message: &str) -> CaraError {
        CaraError::from(Status::new(code, message))
    }

    #[test]
    fn what_the_asker_chose_wrongly_is_a_refusal() {
        for (message, reason) in [
            ("public_key: read public key: weak", RefusalReason::BadKey),
            (
                "subject_alternative_names: too many",
                RefusalReason::BadName,
            ),
            (
                "validity: longer than the profile's",
                RefusalReason::BadValidity,
            ),
            (
                "prepare certificate: a lint finding",
                RefusalReason::BadRequest,
            ),
        ] {
            let error = of(Code::InvalidArgument, message);
            assert!(
                matches!(&error, CaraError::Refused(refusal) if refusal.reason == reason && refusal.detail == message),
                "{error:?}"
            );
        }
    }

    #[test]
    fn what_the_policy_chose_wrongly_is_not_the_askers_fault() {
        assert!(matches!(
            of(Code::InvalidArgument, "issuer: no name"),
            CaraError::Invalid(_)
        ));
        assert!(matches!(
            of(Code::NotFound, "no CA of that name"),
            CaraError::NotFound(_)
        ));
    }

    #[test]
    fn each_failure_says_whether_to_try_again() {
        assert_eq!(of(Code::DeadlineExceeded, "").kind(), Kind::Unavailable);
        assert_eq!(
            of(Code::ResourceExhausted, "").kind(),
            Kind::ResourceExhausted
        );
        assert_eq!(of(Code::AlreadyExists, "").kind(), Kind::AlreadyExists);
        assert_eq!(
            of(Code::FailedPrecondition, "").kind(),
            Kind::FailedPrecondition
        );
        assert_eq!(of(Code::DataLoss, "").kind(), Kind::Internal);
    }
}
