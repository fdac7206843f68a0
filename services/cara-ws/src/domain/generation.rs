//! Generations of a CA: it keeps its name for ever, and each generation has a key, certificates, CRLs and OCSP signers of
//! its own. One of them issues; those before it go on signing CRLs and OCSP signers for what they have issued.

use std::fmt;

use ers_pki::{certificate::Certificate, key::SignatureAlgorithm};
use ers_signer_client::KeyId;

use super::{AuthorityName, OcspSigner};

/// How far a generation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationState {
    /// Another CA is to sign its certificate.
    Awaiting,
    /// It has a certificate and will issue.
    Prepared,
    /// It issues.
    Current,
    /// Another one issues now.
    Superseded,
}

impl GenerationState {
    /// The number that stands for it in the table.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            Self::Awaiting => 1,
            Self::Prepared => 2,
            Self::Current => 3,
            Self::Superseded => 4,
        }
    }

    /// The state of a number in the table.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        [
            Self::Awaiting,
            Self::Prepared,
            Self::Current,
            Self::Superseded,
        ]
        .into_iter()
        .find(|state| state.code() == code)
    }
}

impl fmt::Display for GenerationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Awaiting => "awaiting certificate",
            Self::Prepared => "prepared",
            Self::Current => "current",
            Self::Superseded => "superseded",
        })
    }
}

/// A generation as it is kept.
#[derive(Debug, Clone)]
pub struct Generation {
    /// The CA.
    pub authority: AuthorityName,
    /// Counts from 1.
    pub number: i16,
    /// How far it is.
    pub state: GenerationState,
    /// Its key in the signer.
    pub key_id: KeyId,
    /// How it signs.
    pub signature_algorithm: SignatureAlgorithm,
    /// PKCS#10, DER, for another CA to sign; also of a renewal under way.
    pub request: Option<Vec<u8>>,
    /// Its certificate; none while awaiting it.
    pub certificate: Option<Certificate>,
    /// When it is to issue, epoch milliseconds; none: when told to.
    pub switch_at_ms: Option<i64>,
    /// Who answers OCSP for it; of generation 1 in a table of its own.
    pub ocsp_signer: Option<OcspSigner>,
    /// When it was made, epoch milliseconds.
    pub created_at_ms: i64,
    /// Who asked for it.
    pub created_by: String,
}

/// What a certificate of a CA, beside the one that it issues with, is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    /// Its own before a renewal.
    Own,
    /// The old key, signed by the new one (RFC 9810 section 4.4).
    OldWithNew,
    /// The new key, signed by the old one.
    NewWithOld,
    /// Its key, certified by a foreign CA.
    Cross,
    /// Of a foreign CA above it.
    Above,
}

impl CertificateKind {
    /// The number that stands for it in the table.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            Self::Own => 1,
            Self::OldWithNew => 2,
            Self::NewWithOld => 3,
            Self::Cross => 4,
            Self::Above => 5,
        }
    }

    /// The kind of a number in the table.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        [
            Self::Own,
            Self::OldWithNew,
            Self::NewWithOld,
            Self::Cross,
            Self::Above,
        ]
        .into_iter()
        .find(|kind| kind.code() == code)
    }
}

impl fmt::Display for CertificateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::OldWithNew => "old-with-new",
            Self::NewWithOld => "new-with-old",
            Self::Cross => "cross",
            Self::Above => "above",
        })
    }
}

/// A certificate of a CA beside the one that it issues with.
#[derive(Debug, Clone)]
pub struct OtherCertificate {
    /// The CA.
    pub authority: AuthorityName,
    /// Its generation.
    pub generation: i16,
    /// What it is for.
    pub kind: CertificateKind,
    /// The certificate.
    pub certificate: Certificate,
    /// Since when it is kept, epoch milliseconds.
    pub created_at_ms: i64,
}
