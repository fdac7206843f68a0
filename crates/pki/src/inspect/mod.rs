//! What bytes to be signed say, strictly read: the signer's own look at what it is asked to sign. And what certificates of
//! others say, leniently read.

mod certificate;
mod cmp;
mod crl;
mod crl_pieces;
mod csr;
mod foreign;
mod ocsp;

pub use certificate::{CertificateFacts, certificate};
pub use cmp::{ProtectedPartFacts, protected_part};
pub use crl::{CrlFacts, crl};
pub use crl_pieces::CrlPieces;
pub use csr::{RequestFacts, certification_request};
pub use foreign::{ForeignCertificate, ForeignKey, foreign};
pub use ocsp::{OcspFacts, ResponderId, ocsp};

use crate::asn1::Malformed;
use crate::name::NameError;
use crate::serial::SerialError;

/// Why bytes are not what they are said to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// They are not the DER of the structure.
    #[error("inspect to-be-signed bytes")]
    Malformed(#[from] Malformed),
    /// A serial number is none.
    #[error("inspect to-be-signed bytes")]
    Serial(#[from] SerialError),
    /// A name is none.
    #[error("inspect to-be-signed bytes")]
    Name(#[from] NameError),
    /// They name a signature algorithm that is not supported.
    #[error("inspect to-be-signed bytes: the signature algorithm is not supported")]
    UnknownAlgorithm,
    /// They break a rule of their structure.
    #[error("inspect to-be-signed bytes: {0}")]
    Rule(&'static str),
}

#[cfg(test)]
mod tests;
