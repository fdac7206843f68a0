//! The Online Certificate Status Protocol, RFC 6960, with the lightweight profile of RFC 5019 in mind: requests are read
//! and limited, responses are written for the signer and put together.

mod cert_id;
mod request;
mod responder;
mod response;

use time::OffsetDateTime;

use crate::certificate::ChainError;
use crate::key::{BadSignature, SignatureAlgorithm};
use crate::lint::{Finding, told};
use crate::revocation::Reason;

pub(crate) use cert_id::read_cert_id;
pub use cert_id::{CertId, HashAlgorithm, IssuerHashes};
pub use request::{MAX_CERT_IDS, MAX_NONCE_BYTES, MAX_REQUEST_BYTES, Request, RequestError};
pub use responder::Responder;
pub use response::{Answer, PreparedResponse, ResponseStatus, error_response, prepare};

/// What is told of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    /// It was issued and is not revoked.
    Good,
    /// It is revoked.
    Revoked {
        /// Since when.
        at: OffsetDateTime,
        /// Why; `Unspecified` is left out of the response.
        reason: Reason,
    },
    /// The responder does not know it; also for serial numbers that were never issued.
    Unknown,
}

/// Why a response cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OcspError {
    /// The responder's certificate is not signed by the CA it is to speak for.
    #[error("use OCSP signer \"{0}\"")]
    NotOfIssuer(String, #[source] ChainError),
    /// The responder's certificate is not for OCSP, or its key may not sign.
    #[error("use OCSP signer \"{0}\": its certificate is not for signing OCSP responses")]
    Usage(String),
    /// The signature algorithm does not suit the key.
    #[error("use OCSP signer \"{name}\": {algorithm} does not suit its key")]
    Algorithm {
        /// The responder.
        name: String,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// The responder's certificate is not valid now.
    #[error(
        "prepare OCSP response: the signer's certificate is valid from {not_before} to {not_after} only"
    )]
    NotValid {
        /// First second of its validity.
        not_before: OffsetDateTime,
        /// Last second of its validity.
        not_after: OffsetDateTime,
    },
    /// There is nothing to answer.
    #[error("prepare OCSP response: there is no answer in it")]
    Empty,
    /// An answer's next update does not come after this one.
    #[error("prepare OCSP response: the next update must come after this one")]
    NextUpdate,
    /// The nonce is empty or too long.
    #[error("prepare OCSP response: the nonce must have 1 to {MAX_NONCE_BYTES} octets")]
    Nonce,
    /// The linter has something against it.
    #[error("prepare OCSP response: {}", told(.0))]
    Lint(Vec<Finding>),
    /// The signature does not fit.
    #[error("assemble OCSP response")]
    Signature(#[source] BadSignature),
}

#[cfg(test)]
mod tests;
