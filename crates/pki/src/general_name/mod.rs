//! Names of subjects outside the directory: `GeneralName`, RFC 5280 section 4.2.1.6, those that certificates of ours
//! carry. Each is normalised when it is made, so that equal names have equal octets.

mod dns;
mod email;
mod encoding;
mod uri;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

pub use dns::DnsName;
pub use email::{EmailAddress, UserPrincipalName};
pub(crate) use encoding::{read_names, write_names};
pub use uri::Uri;

/// Why text or octets are no name of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeneralNameError {
    /// The text does not begin with a kind.
    #[error("read name \"{0}\": it must begin with dns:, ip:, email:, uri: or upn:")]
    Kind(String),
    /// A DNS name breaks a rule.
    #[error("read DNS name \"{name}\": {fault}")]
    Dns {
        /// The name as it came.
        name: String,
        /// The rule.
        fault: &'static str,
    },
    /// An e-mail address breaks a rule.
    #[error("read e-mail address \"{name}\": {fault}")]
    Email {
        /// The address as it came.
        name: String,
        /// The rule.
        fault: &'static str,
    },
    /// A user principal name breaks a rule.
    #[error("read user principal name \"{name}\": {fault}")]
    Upn {
        /// The name as it came.
        name: String,
        /// The rule.
        fault: &'static str,
    },
    /// A URI breaks a rule.
    #[error("read URI \"{name}\": {fault}")]
    Uri {
        /// The URI as it came.
        name: String,
        /// The rule.
        fault: &'static str,
    },
    /// The text is no IP address.
    #[error("read IP address \"{0}\"")]
    Ip(String),
    /// A kind of name that is not supported, by its context tag.
    #[error("read subject alternative name: names of kind [{0}] are not supported")]
    Unsupported(u8),
    /// The octets are not DER of a GeneralName.
    #[error("read subject alternative name")]
    Malformed(#[from] crate::asn1::Malformed),
}

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GeneralName {
    /// dNSName.
    Dns(DnsName),
    /// rfc822Name.
    Email(EmailAddress),
    /// uniformResourceIdentifier.
    Uri(Uri),
    /// iPAddress.
    Ip(IpAddr),
    /// otherName of type 1.3.6.1.4.1.311.20.2.3, a Microsoft user principal name.
    Upn(UserPrincipalName),
}

/// Kind of a subject alternative name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum NameKind {
    /// dNSName.
    Dns,
    /// rfc822Name.
    Email,
    /// uniformResourceIdentifier.
    Uri,
    /// iPAddress.
    Ip,
    /// User principal name.
    Upn,
}

impl NameKind {
    /// The word before the colon in a name's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Email => "email",
            Self::Uri => "uri",
            Self::Ip => "ip",
            Self::Upn => "upn",
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl GeneralName {
    /// A DNS name; may be a wildcard, may have U-labels.
    pub fn dns(name: &str) -> Result<Self, GeneralNameError> {
        DnsName::new(name).map(Self::Dns)
    }

    /// An e-mail address.
    pub fn email(address: &str) -> Result<Self, GeneralNameError> {
        EmailAddress::new(address).map(Self::Email)
    }

    /// A URI.
    pub fn uri(uri: &str) -> Result<Self, GeneralNameError> {
        Uri::new(uri).map(Self::Uri)
    }

    /// A user principal name.
    pub fn upn(name: &str) -> Result<Self, GeneralNameError> {
        UserPrincipalName::new(name).map(Self::Upn)
    }

    /// Its kind.
    pub fn kind(&self) -> NameKind {
        match self {
            Self::Dns(_) => NameKind::Dns,
            Self::Email(_) => NameKind::Email,
            Self::Uri(_) => NameKind::Uri,
            Self::Ip(_) => NameKind::Ip,
            Self::Upn(_) => NameKind::Upn,
        }
    }

    /// The name without its kind, as people write it.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(name) => name.to_string(),
            Self::Email(address) => address.to_string(),
            Self::Uri(uri) => uri.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Upn(name) => name.to_string(),
        }
    }

    /// Whether it is a DNS name with `*` as its first label.
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.is_wildcard())
    }
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.value())
    }
}

impl FromStr for GeneralName {
    type Err = GeneralNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, value) = text
            .split_once(':')
            .ok_or_else(|| GeneralNameError::Kind(text.to_owned()))?;
        match kind {
            "dns" => Self::dns(value),
            "email" => Self::email(value),
            "uri" => Self::uri(value),
            "ip" => value
                .parse()
                .map(Self::Ip)
                .map_err(|_| GeneralNameError::Ip(value.to_owned())),
            "upn" => Self::upn(value),
            _ => Err(GeneralNameError::Kind(text.to_owned())),
        }
    }
}

/// A text type that is checked when made and never changes.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks and normalises.
            pub fn new(text: &str) -> Result<Self, $crate::general_name::GeneralNameError> {
                $check(text).map(|normal| Self(normal.into()))
            }

            /// The normalised text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::general_name::GeneralNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }
    };
}
use checked_text;

#[cfg(test)]
mod tests;
