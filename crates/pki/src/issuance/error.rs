//! Why no certificate comes to be.

use time::OffsetDateTime;

use super::RequestFault;
use crate::certificate::CertificateError;
use crate::general_name::NameKind;
use crate::key::{BadSignature, KeyAlgorithm, KeyError};
use crate::lint::{Finding, told};
use crate::name::NameError;
use crate::profile::Period;
use crate::serial::SerialError;

/// Why a request cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// The issuer's certificate has expired or is not valid yet.
    #[error("prepare certificate: the issuer is valid from {not_before} to {not_after} only")]
    IssuerNotValid {
        /// First second of the issuer's validity.
        not_before: OffsetDateTime,
        /// Last second of the issuer's validity.
        not_after: OffsetDateTime,
    },
    /// The profile does not allow keys of that kind.
    #[error("prepare certificate: profile {profile} does not allow {algorithm} keys")]
    KeyAlgorithm {
        /// Kind of the key.
        algorithm: KeyAlgorithm,
        /// The profile.
        profile: String,
    },
    /// Keys of that kind cannot be used for any of the profile's key usages.
    #[error(
        "prepare certificate: {algorithm} keys serve none of the key usages of profile {profile}"
    )]
    KeyUsage {
        /// Kind of the key.
        algorithm: KeyAlgorithm,
        /// The profile.
        profile: String,
    },
    /// The key is on the list of weak keys.
    #[error("prepare certificate: the key is known to others")]
    WeakKey,
    /// The key is the issuer's own.
    #[error("prepare certificate: the key is the issuer's own")]
    IssuerKey,
    /// A self-signed certificate must be a CA's and carry the issuer's own name and key.
    #[error(
        "prepare certificate: a self-signed certificate must be a CA's, with its own name and key"
    )]
    NotSelf,
    /// The subject breaks the rules of names.
    #[error("prepare certificate")]
    Subject(#[source] NameError),
    /// The profile does not allow an attribute of the subject.
    #[error("prepare certificate: the profile does not allow the subject attribute {attribute}")]
    AttributeNotAllowed {
        /// The attribute.
        attribute: String,
    },
    /// The profile wants an attribute that the subject lacks.
    #[error("prepare certificate: the subject must have the attribute {attribute}")]
    AttributeMissing {
        /// The attribute.
        attribute: String,
    },
    /// The common name is none of the subject alternative names.
    #[error("prepare certificate: the common name \"{common_name}\" is none of the names")]
    CommonNameNotAmongNames {
        /// The common name.
        common_name: String,
    },
    /// The profile's rules for single values do not allow the request.
    #[error("prepare certificate")]
    Request(#[from] RequestFault),
    /// The profile is broken; `Profile::check` would have told.
    #[error("prepare certificate: the profile's {field} cannot be written")]
    Profile {
        /// The field.
        field: &'static str,
    },
    /// There is neither a subject nor a name.
    #[error("prepare certificate: there is neither a subject nor a name")]
    Nameless,
    /// The profile wants at least one name.
    #[error("prepare certificate: there must be at least one subject alternative name")]
    NamesMissing,
    /// There are too many names.
    #[error("prepare certificate: there are {count} names, at most {most} are allowed")]
    TooManyNames {
        /// So many there are.
        count: usize,
        /// So many are allowed.
        most: usize,
    },
    /// The profile does not allow names of that kind.
    #[error("prepare certificate: the profile does not allow {kind} names ({name})")]
    NameNotAllowed {
        /// Kind of the name.
        kind: NameKind,
        /// The name.
        name: String,
    },
    /// The profile does not allow wildcards.
    #[error("prepare certificate: the profile does not allow wildcards ({name})")]
    WildcardNotAllowed {
        /// The name.
        name: String,
    },
    /// The profile does not allow underscores in DNS names.
    #[error("prepare certificate: the profile does not allow underscores in DNS names ({name})")]
    UnderscoreNotAllowed {
        /// The name.
        name: String,
    },
    /// A directory name breaks the rules of names.
    #[error("prepare certificate: subject alternative name {name}")]
    DirectoryName {
        /// The name.
        name: String,
        /// What is wrong.
        #[source]
        source: NameError,
    },
    /// The issuer's name constraints exclude a name.
    #[error("prepare certificate: the issuer's name constraints exclude {name}")]
    NameConstrained {
        /// The name.
        name: String,
    },
    /// The issuer's name constraints exclude the subject.
    #[error("prepare certificate: the issuer's name constraints exclude the subject {subject}")]
    SubjectConstrained {
        /// The subject.
        subject: String,
    },
    /// The beginning lies too far back.
    #[error("prepare certificate: it must not begin before {earliest}")]
    BeginsTooEarly {
        /// The earliest beginning.
        earliest: OffsetDateTime,
    },
    /// The beginning lies too far ahead.
    #[error("prepare certificate: it must not begin after {latest}")]
    BeginsTooLate {
        /// The latest beginning.
        latest: OffsetDateTime,
    },
    /// The validity is longer than the profile allows, or shorter than a second, or ends after the year 9999.
    #[error("prepare certificate: the validity must be from 1s to {longest}")]
    Validity {
        /// The longest.
        longest: Period,
    },
    /// It would have ended already.
    #[error("prepare certificate: it would have ended at {not_after}")]
    Past {
        /// Its last second.
        not_after: OffsetDateTime,
    },
    /// It would be valid longer than its issuer.
    #[error(
        "prepare certificate: it would end at {not_after}, after its issuer at {issuer_not_after}"
    )]
    OutlivesIssuer {
        /// Its last second.
        not_after: OffsetDateTime,
        /// The issuer's last second.
        issuer_not_after: OffsetDateTime,
    },
    /// The issuer's path length does not allow such a CA below it.
    #[error(
        "prepare certificate: the issuer's path length is {issuer}, which does not allow such a CA below it"
    )]
    PathLength {
        /// The issuer's path length.
        issuer: u32,
    },
    /// The issuer's CRL is not partitioned.
    #[error("prepare certificate: the issuer has no CRL partition {partition}")]
    CrlPartition {
        /// The partition that was wanted.
        partition: u32,
    },
    /// The linter has something against it.
    #[error("prepare certificate: {}", told(findings))]
    Lint {
        /// Those that block, the worst first.
        findings: Vec<Finding>,
    },
}

impl PrepareError {
    /// The field of the request that is at fault, in the words of the gRPC contract; `None` when it is ours.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::IssuerNotValid { .. } | Self::PathLength { .. } => Some("issuer"),
            Self::KeyAlgorithm { .. } | Self::KeyUsage { .. } | Self::WeakKey | Self::IssuerKey => {
                Some("public_key")
            }
            Self::NotSelf
            | Self::Subject(_)
            | Self::AttributeNotAllowed { .. }
            | Self::AttributeMissing { .. }
            | Self::CommonNameNotAmongNames { .. }
            | Self::Nameless
            | Self::SubjectConstrained { .. } => Some("subject"),
            Self::NamesMissing
            | Self::TooManyNames { .. }
            | Self::NameNotAllowed { .. }
            | Self::WildcardNotAllowed { .. }
            | Self::UnderscoreNotAllowed { .. }
            | Self::DirectoryName { .. }
            | Self::NameConstrained { .. } => Some("subject_alternative_names"),
            Self::BeginsTooEarly { .. } | Self::BeginsTooLate { .. } => Some("not_before"),
            Self::Validity { .. } | Self::Past { .. } | Self::OutlivesIssuer { .. } => {
                Some("validity")
            }
            Self::Request(fault) => Some(fault.field()),
            Self::Profile { .. } | Self::CrlPartition { .. } | Self::Lint { .. } => None,
        }
    }
}

/// Why signature and prepared bytes do not become a certificate: something between us and the key is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// The signature does not fit the bytes and the issuer's key.
    #[error("assemble certificate {serial}")]
    Signature {
        /// Its serial number, hexadecimal.
        serial: String,
        /// What is wrong.
        #[source]
        source: BadSignature,
    },
    /// What was put together cannot be read again.
    #[error("assemble certificate {serial}")]
    Unreadable {
        /// Its serial number, hexadecimal.
        serial: String,
        /// What is wrong.
        #[source]
        source: CertificateError,
    },
}

/// Why bytes from the journal are not prepared bytes of this issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadoptError {
    /// They are not the DER of a TBSCertificate.
    #[error("readopt certificate")]
    Malformed(#[from] crate::asn1::Malformed),
    /// They carry no proper serial number.
    #[error("readopt certificate")]
    Serial(#[from] SerialError),
    /// They name another issuer.
    #[error("readopt certificate: it has another issuer")]
    OtherIssuer,
    /// Their signature algorithm does not suit the issuer's key.
    #[error("readopt certificate: its signature algorithm does not suit the issuer's key")]
    Algorithm,
    /// Their public key is not accepted.
    #[error("readopt certificate")]
    Key(#[from] KeyError),
}
