//! What a request asks for, or lacks, against the rules of a profile for single values.

use const_oid::ObjectIdentifier;

use crate::general_name::NameKind;

/// What is wrong with one thing that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// A value does not match the profile's pattern.
    #[error("the value of the subject attribute {attribute} does not match the profile's pattern")]
    AttributePattern {
        /// The attribute.
        attribute: String,
    },
    /// A value is not the one that the profile fixes, or not one of the end entity's.
    #[error("the profile does not allow that value of the subject attribute {attribute}")]
    AttributeValue {
        /// The attribute.
        attribute: String,
    },
    /// An attribute stands too often.
    #[error("the subject attribute {attribute} may stand {most} times at most")]
    TooManyAttributes {
        /// The attribute.
        attribute: String,
        /// So often it may stand.
        most: usize,
    },
    /// A name does not match the profile's pattern.
    #[error("{name} does not match the profile's pattern")]
    NamePattern {
        /// The name.
        name: String,
    },
    /// A name is not one that the profile fixes, or not one of the end entity's.
    #[error("the profile does not allow the name {name}")]
    NameValue {
        /// The name.
        name: String,
    },
    /// There are too many names of a kind.
    #[error("there may be {most} {kind} names at most")]
    TooManyNames {
        /// The kind.
        kind: NameKind,
        /// So many there may be.
        most: usize,
    },
    /// There is no name of a kind.
    #[error("there must be a {kind} name")]
    NameMissing {
        /// The kind.
        kind: NameKind,
    },
    /// The request may not say how long, or from when on, the certificate is valid.
    #[error("the profile does not let a request choose {0}")]
    Validity(&'static str),
    /// The request asks for key usages that the profile does not have, or may not choose them.
    #[error("the profile does not allow the key usages that were asked for")]
    KeyUsage,
    /// The request asks for extended key usages that the profile does not have, or may not choose them.
    #[error("the profile does not allow the extended key usages that were asked for")]
    ExtendedKeyUsage,
    /// The request asks for an extension that the profile does not let through.
    #[error("the profile does not allow the extension {0}")]
    Extension(ObjectIdentifier),
    /// The value of an extension that was asked for is not DER.
    #[error("the value of the extension {0} is not DER")]
    ExtensionValue(ObjectIdentifier),
    /// The profile wants a security identifier of the end entity.
    #[error("the end entity has no security identifier")]
    SecurityIdentifierMissing,
    /// The end entity's security identifier is none.
    #[error("the end entity's security identifier is not of the form S-1-5-…")]
    SecurityIdentifier,
}

impl RequestFault {
    /// The field of the request that is at fault, in the words of the gRPC contract.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::AttributePattern { .. }
            | Self::AttributeValue { .. }
            | Self::TooManyAttributes { .. } => "subject",
            Self::NamePattern { .. }
            | Self::NameValue { .. }
            | Self::TooManyNames { .. }
            | Self::NameMissing { .. } => "subject_alternative_names",
            Self::Validity(field) => field,
            Self::KeyUsage => "key_usage",
            Self::ExtendedKeyUsage => "extended_key_usage",
            Self::Extension(_) | Self::ExtensionValue(_) => "extensions",
            Self::SecurityIdentifierMissing | Self::SecurityIdentifier => {
                "end_entity.security_identifier"
            }
        }
    }
}
