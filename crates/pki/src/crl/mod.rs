//! Certificate revocation lists, RFC 5280 section 5, version 2: complete ones, those of a part of an issuer's certificates, and
//! what changed since one of these.

mod list;
mod prepare;
mod scope;
mod tbs;

use time::OffsetDateTime;

use crate::asn1::Malformed;
use crate::key::BadSignature;
use crate::lint::{Finding, told};
use crate::name::NameError;
use crate::revocation::Reason;
use crate::serial::SerialNumber;

pub use list::{Crl, MAX_CRL_BYTES};
pub use prepare::{CrlBuilder, PreparedCrl, prepare};
pub use scope::{Only, Scope};
pub(crate) use tbs::{TbsCertList, read_entry};

/// A revoked certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Its serial number.
    pub serial: SerialNumber,
    /// When it was revoked.
    pub at: OffsetDateTime,
    /// Why.
    pub reason: Reason,
    /// Since when the key is known or believed to be in wrong hands, or the certificate not to be true: section 5.3.2.
    pub invalidity_date: Option<OffsetDateTime>,
}

/// Why a CRL cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    /// It is longer than 64 MiB.
    #[error("read CRL: it is longer than {MAX_CRL_BYTES} octets")]
    TooLong,
    /// It is not the DER of a CertificateList.
    #[error("read CRL")]
    Malformed(#[from] Malformed),
    /// Its issuer is no name.
    #[error("read CRL")]
    Name(#[from] NameError),
    /// Inner and outer signature algorithm differ, or are not supported.
    #[error("read CRL: its signature algorithms differ or are not supported")]
    Algorithm,
    /// The next update does not come after this one.
    #[error("prepare CRL {number}: the next update must come after this one")]
    NextUpdate {
        /// Number of the CRL.
        number: u64,
    },
    /// The issuer's key usage does not allow it.
    #[error("prepare CRL {number}: the issuer may not sign CRLs")]
    IssuerMayNot {
        /// Number of the CRL.
        number: u64,
    },
    /// `removeFromCRL` stands in delta CRLs only.
    #[error(
        "prepare CRL {number}: {serial} has reason removeFromCRL, which only a delta CRL may have"
    )]
    RemoveFromCrl {
        /// Number of the CRL.
        number: u64,
        /// The certificate.
        serial: SerialNumber,
    },
    /// A delta CRL does not come after its base.
    #[error("prepare CRL {number}: its base must be an earlier one")]
    Base {
        /// Number of the CRL.
        number: u64,
    },
    /// No more entries fit into 64 MiB.
    #[error("prepare CRL {number}: it would be longer than {MAX_CRL_BYTES} octets, partition it")]
    Full {
        /// Number of the CRL.
        number: u64,
    },
    /// The linter has something against it.
    #[error("prepare CRL {number}: {}", told(findings))]
    Lint {
        /// Number of the CRL.
        number: u64,
        /// Those that block, the worst first.
        findings: Vec<Finding>,
    },
    /// The signature does not fit.
    #[error("assemble CRL {number}")]
    Signature {
        /// Number of the CRL.
        number: u64,
        /// What is wrong.
        #[source]
        source: BadSignature,
    },
}

#[cfg(test)]
mod tests;
