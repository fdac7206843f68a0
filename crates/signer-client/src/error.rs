//! Why the signer did not do what it was asked, told apart by what the asker can do about it.

use ers_pki::key::SignatureAlgorithm;
use tonic::Code;

/// Why the signer did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The bytes, or a field, are not what they should be; asking again will not help.
    #[error("ask the signer: {detail}")]
    Invalid {
        /// The signer's words, which name the field.
        detail: String,
    },
    /// No such key, or chain.
    #[error("ask the signer: {detail}")]
    NotFound {
        /// The signer's words.
        detail: String,
    },
    /// The label stands for another key.
    #[error("ask the signer: {detail}")]
    AlreadyExists {
        /// The signer's words.
        detail: String,
    },
    /// No grant for this.
    #[error("ask the signer: {detail}")]
    Refused {
        /// The signer's words.
        detail: String,
    },
    /// The signer has too much to do: try again.
    #[error("ask the signer: too busy")]
    Busy,
    /// Signer, token or journal are out of reach: try again. Whether the signature was made is unknown.
    #[error("ask the signer: out of reach")]
    Unavailable(#[source] Option<Box<tonic::Status>>),
    /// The signer failed and says no more.
    #[error("ask the signer: it failed")]
    Internal(#[source] Option<Box<tonic::Status>>),
    /// The answer makes no sense.
    #[error("read the signer's answer: field {field}")]
    Malformed {
        /// The field that makes none.
        field: &'static str,
    },
    /// What came back is not a signature over the bytes by the key. Nothing may be done with it.
    #[error("verify the signature of key {key_id} ({signature_algorithm})")]
    BadSignature {
        /// The key that was asked.
        key_id: String,
        /// The algorithm that was asked for.
        signature_algorithm: SignatureAlgorithm,
    },
}

impl SignerError {
    /// The status code that says the same.
    pub fn code(&self) -> Code {
        match self {
            Self::Invalid { .. } => Code::InvalidArgument,
            Self::NotFound { .. } => Code::NotFound,
            Self::AlreadyExists { .. } => Code::AlreadyExists,
            Self::Refused { .. } => Code::PermissionDenied,
            Self::Busy => Code::ResourceExhausted,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) | Self::Malformed { .. } | Self::BadSignature { .. } => {
                Code::Internal
            }
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

impl From<tonic::Status> for SignerError {
    fn from(status: tonic::Status) -> Self {
        let detail = status.message().to_owned();
        match status.code() {
            Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => {
                Self::Invalid { detail }
            }
            Code::NotFound => Self::NotFound { detail },
            Code::AlreadyExists => Self::AlreadyExists { detail },
            Code::PermissionDenied | Code::Unauthenticated => Self::Refused { detail },
            Code::ResourceExhausted => Self::Busy,
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted => {
                Self::Unavailable(Some(Box::new(status)))
            }
            _ => Self::Internal(Some(Box::new(status))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_becomes_the_error_that_says_what_to_do() {
        for (code, back, retryable) in [
            (Code::InvalidArgument, Code::InvalidArgument, false),
            (Code::NotFound, Code::NotFound, false),
            (Code::AlreadyExists, Code::AlreadyExists, false),
            (Code::PermissionDenied, Code::PermissionDenied, false),
            (Code::Unauthenticated, Code::PermissionDenied, false),
            (Code::ResourceExhausted, Code::ResourceExhausted, true),
            (Code::Unavailable, Code::Unavailable, true),
            (Code::DeadlineExceeded, Code::Unavailable, true),
            (Code::Unknown, Code::Internal, false),
        ] {
            let error = SignerError::from(tonic::Status::new(code, "why"));
            assert_eq!(
                (error.code(), error.is_retryable()),
                (back, retryable),
                "{code:?}"
            );
        }
    }
}
