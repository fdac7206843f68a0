//! Why a message is not answered as its sender wishes: a refusal that the sender is told, or something on our side that
//! is logged whole and told as `systemFailure`.

use ers_pki::cmp::{Failure as FailureBit, StatusInfo};
use ers_runtime::error::chain;
use ers_signer_client::SignerError;

use crate::clients::clm::ClmError;
use crate::store::StoreError;

/// What the sender is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// `PKIFailureInfo`.
    pub failure: FailureBit,
    /// In words.
    pub text: String,
}

/// Why a message is not answered.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The sender is told.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// CLM failed.
    #[error(transparent)]
    Clm(#[from] ClmError),
    /// The signer failed.
    #[error("ask the signer about a message")]
    Signer(#[from] SignerError),
    /// What we made ourselves cannot be used.
    #[error("{0}")]
    Inconsistent(&'static str),
}

impl Refusal {
    /// With words for the sender.
    pub fn new(failure: FailureBit, text: impl Into<String>) -> Self {
        Self {
            failure,
            text: text.into(),
        }
    }

    /// As a status.
    pub fn status(&self) -> StatusInfo {
        StatusInfo::rejection(self.failure, self.text.clone())
    }
}

impl Failure {
    /// Whether the same message may be answered later.
    pub fn passes(&self) -> bool {
        match self {
            Self::Refusal(_) | Self::Inconsistent(_) => false,
            Self::Store(StoreError::Inconsistent { .. }) => false,
            Self::Store(StoreError::Database { .. } | StoreError::Stopped { .. }) => true,
            Self::Clm(error) => error.is_retryable(),
            Self::Signer(error) => error.is_retryable(),
        }
    }

    /// What the sender is told; the rest is logged.
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refusal(refusal) => refusal,
            Self::Clm(ClmError::Invalid { detail, .. }) => {
                Refusal::new(FailureBit::BadRequest, detail)
            }
            failure if failure.passes() => {
                tracing::warn!(error = chain(&failure), "message not answered");
                Refusal::new(FailureBit::SystemUnavail, "try again later")
            }
            failure => {
                tracing::error!(error = chain(&failure), "internal error");
                Refusal::new(FailureBit::SystemFailure, "internal error")
            }
        }
    }
}
