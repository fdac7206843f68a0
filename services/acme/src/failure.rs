//! Why a request is not fulfilled: a problem that the client is told, or something on our side that is logged whole and
//! told as `serverInternal`.

use std::time::Duration;

use ers_runtime::error::chain;
use ers_signer_client::SignerError;

use crate::clients::clm::ClmError;
use crate::domain::problem::{Problem, ProblemKind};
use crate::shared::SharedError;
use crate::store::StoreError;

const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a request is not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The client is told.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// CLM failed.
    #[error(transparent)]
    Clm(#[from] ClmError),
    /// The signer failed.
    #[error("verify external account binding")]
    Signer(#[from] SignerError),
    /// What replicas share is out of reach.
    #[error(transparent)]
    Shared(#[from] SharedError),
}

impl Failure {
    /// Whether the same request may be fulfilled later.
    fn passes(&self) -> bool {
        match self {
            Self::Problem(_) | Self::Store(StoreError::Inconsistent { .. }) => false,
            // whatever a database suffers from, a client does best to come again
            Self::Store(StoreError::Database { .. } | StoreError::Stopped { .. })
            | Self::Shared(_) => true,
            Self::Clm(error) => error.is_retryable(),
            Self::Signer(error) => error.is_retryable(),
        }
    }
}

/// What the client is told; the rest is logged.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Problem(problem) => problem,
            failure if failure.passes() => {
                tracing::warn!(error = chain(&failure), "request not fulfilled");
                Self::unavailable(RETRY_AFTER)
            }
            failure => {
                tracing::error!(error = chain(&failure), "internal error");
                Self::new(ProblemKind::ServerInternal, "internal error")
            }
        }
    }
}
