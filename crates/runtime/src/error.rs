//! The one mapping from domain errors to what a caller sees: gRPC status here, RFC 9457 problems in [`crate::http`].

use std::error::Error;

use tonic::{Code, Status};

/// What kind of failure an error is, seen from the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The caller sent something wrong.
    InvalidArgument,
    /// No identity, or not a valid one.
    Unauthenticated,
    /// This caller may not.
    PermissionDenied,
    /// There is no such thing.
    NotFound,
    /// There is one already, and it differs.
    AlreadyExists,
    /// Not in the present state.
    FailedPrecondition,
    /// Too much at once: try again later.
    ResourceExhausted,
    /// Something that we need is out of reach: try again later.
    Unavailable,
    /// Our own fault: logged whole, told as "internal".
    Internal,
}

/// A domain error that knows its outside face.
pub trait Fault: Error {
    /// Its kind, by an exhaustive match beside the error.
    fn kind(&self) -> Kind;

    /// The input field that is at fault, where there is one.
    fn field(&self) -> Option<&str> {
        None
    }
}

impl Kind {
    /// The gRPC code.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::InvalidArgument => Code::InvalidArgument,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::PermissionDenied => Code::PermissionDenied,
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::FailedPrecondition => Code::FailedPrecondition,
            Self::ResourceExhausted => Code::ResourceExhausted,
            Self::Unavailable => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }

    /// The kind of a failure that another service answered.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        match status.code() {
            Code::InvalidArgument | Code::OutOfRange => Self::InvalidArgument,
            Code::Unauthenticated => Self::Unauthenticated,
            Code::PermissionDenied => Self::PermissionDenied,
            Code::NotFound => Self::NotFound,
            Code::AlreadyExists => Self::AlreadyExists,
            Code::FailedPrecondition => Self::FailedPrecondition,
            Code::ResourceExhausted => Self::ResourceExhausted,
            Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => {
                Self::Unavailable
            }
            Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => {
                Self::Internal
            }
        }
    }
}

/// The gRPC status of an error. What was our fault is logged with its chain and told only as "internal".
pub fn status(error: impl Fault) -> Status {
    Status::new(error.kind().code(), told(&error))
}

/// What the caller is told of an error; logs what is hidden from the caller.
pub(crate) fn told(error: &impl Fault) -> String {
    match error.kind() {
        Kind::Internal => {
            tracing::error!(error = chain(error), "internal error");
            "internal error".to_owned()
        }
        Kind::Unavailable => {
            tracing::warn!(error = chain(error), "unavailable");
            error.to_string()
        }
        _ => match error.field() {
            Some(field) => format!("{field}: {}", chain(error)),
            None => chain(error),
        },
    }
}

/// An error with all its sources in one line.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Example {
        #[error("load key {0}")]
        Database(&'static str, #[source] std::io::Error),
        #[error("parse request")]
        Field(#[source] std::num::ParseIntError),
    }

    impl Fault for Example {
        fn kind(&self) -> Kind {
            match self {
                Self::Database(..) => Kind::Internal,
                Self::Field(_) => Kind::InvalidArgument,
            }
        }

        fn field(&self) -> Option<&str> {
            matches!(self, Self::Field(_)).then_some("validity")
        }
    }

    #[test]
    fn what_was_our_fault_is_hidden_from_the_caller() {
        let status = status(Example::Database(
            "k",
            std::io::Error::other("password=secret"),
        ));
        assert_eq!(
            (status.code(), status.message()),
            (Code::Internal, "internal error")
        );
    }

    #[test]
    fn what_the_caller_did_wrong_is_explained_with_the_field() {
        let status = status(Example::Field("x".parse::<u8>().unwrap_err()));
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(
            status.message(),
            "validity: parse request: invalid digit found in string"
        );
    }
}
