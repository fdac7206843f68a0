//! Why a request gets no answer of SCEP: what the client is told over HTTP; the rest is logged.

use std::time::Duration;

use ers_pki::cms::CmsError;
use ers_signer_client::SignerError;

use crate::clients::clm::ClmError;
use crate::store::StoreError;

/// When to come again.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a request gets no answer of SCEP.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such policy, or it does not allow SCEP.
    #[error("find policy \"{0}\": there is none that allows SCEP")]
    NoPolicy(String),
    /// The request is none of SCEP.
    #[error("read request: {0}")]
    BadRequest(&'static str),
    /// There is nothing of that kind.
    #[error("{0}")]
    Nothing(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// CLM failed.
    #[error(transparent)]
    Clm(#[from] ClmError),
    /// The signer failed.
    #[error("ask the signer")]
    Signer(#[from] SignerError),
    /// No policy for certificates of the registration authority issues from the CA of the devices.
    #[error(
        "find the policy for the RA certificate of CA \"{0}\": name one in registration_authority.policies whose issuer is that CA"
    )]
    NoAuthority(String),
    /// The RA certificate was not issued.
    #[error("get the RA certificate of CA \"{issuer}\": {detail}")]
    NotIssued {
        /// The CA.
        issuer: String,
        /// CLM's words.
        detail: String,
    },
    /// An answer could not be made.
    #[error("write answer")]
    Answer(#[from] CmsError),
    /// What CLM sent is no certificate.
    #[error("read certificate of CLM")]
    Certificate(#[from] ers_pki::certificate::CertificateError),
}

impl Failure {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoPolicy(_) | Self::Nothing(_) => 404,
            Self::BadRequest(_) => 400,
            failure if failure.passes() => 503,
            _ => 500,
        }
    }

    /// Whether the same request may be answered later.
    fn passes(&self) -> bool {
        match self {
            Self::NoPolicy(_) | Self::BadRequest(_) | Self::Nothing(_) => false,
            Self::Store(StoreError::Inconsistent { .. }) => false,
            Self::Answer(_) | Self::Certificate(_) => false,
            Self::Store(StoreError::Database { .. } | StoreError::Stopped { .. }) => true,
            Self::NoAuthority(_) | Self::NotIssued { .. } => true,
            Self::Clm(error) => error.is_retryable(),
            Self::Signer(error) => error.is_retryable(),
        }
    }
}
