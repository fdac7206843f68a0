//! CLM did not do what it was asked.

use std::sync::Arc;

use ers_runtime::error::Kind;
use tonic::Status;

/// CLM did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClmError {
    /// Out of reach or busy: again later. What became of the call is unknown.
    #[error("call clm-api {call}: out of reach")]
    Unavailable {
        /// The call.
        call: &'static str,
        /// Why.
        #[source]
        source: Arc<Status>,
    },
    /// CLM says that the request is wrong.
    #[error("call clm-api {call}: {detail}")]
    Invalid {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// There is no such thing.
    #[error("call clm-api {call}: {detail}")]
    NotFound {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// It stands so that this cannot be: the policy is not for this protocol.
    #[error("call clm-api {call}: {detail}")]
    NotForUs {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// It failed, or will not speak with us.
    #[error("call clm-api {call}")]
    Failed {
        /// The call.
        call: &'static str,
        /// Why.
        #[source]
        source: Arc<Status>,
    },
    /// The answer makes no sense.
    #[error("read answer of clm-api {call}: {what} is missing")]
    Malformed {
        /// The call.
        call: &'static str,
        /// What is missing.
        what: &'static str,
    },
}

impl ClmError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// What was wrong with the request, when CLM says so.
    #[must_use]
    pub fn invalid(&self) -> Option<&str> {
        match self {
            Self::Invalid { detail, .. } => Some(detail),
            _ => None,
        }
    }

    pub(crate) fn of(call: &'static str) -> impl Fn(Status) -> Self {
        move |status| {
            let detail = status.message().to_owned();
            match Kind::of(&status) {
                Kind::Unavailable | Kind::ResourceExhausted => Self::Unavailable {
                    call,
                    source: Arc::new(status),
                },
                Kind::InvalidArgument => Self::Invalid { call, detail },
                Kind::NotFound => Self::NotFound { call, detail },
                Kind::FailedPrecondition => Self::NotForUs { call, detail },
                Kind::Unauthenticated
                | Kind::PermissionDenied
                | Kind::AlreadyExists
                | Kind::Internal => Self::Failed {
                    call,
                    source: Arc::new(status),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_worth_another_try() {
        let of = |status| ClmError::of("Enroll")(status);
        assert!(of(Status::unavailable("")).is_retryable());
        assert!(of(Status::resource_exhausted("")).is_retryable());
        for status in [
            Status::invalid_argument(""),
            Status::not_found(""),
            Status::failed_precondition(""),
            Status::permission_denied(""),
            Status::internal(""),
        ] {
            assert!(!of(status).is_retryable());
        }
        let wrong = of(Status::invalid_argument("csr: nonsense"));
        assert_eq!(wrong.invalid(), Some("csr: nonsense"));
    }
}
