//! Names of subjects: `GeneralName`, RFC 5280 section 4.2.1.6, all but x400Address and ediPartyName, which nobody uses.
//! Each is normalised when it is made, so that equal names have equal octets.

mod dns;
mod email;
mod encoding;
mod other;
mod uri;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, oid, tag};
use crate::name::{Name, NameError};

pub use dns::DnsName;
pub use email::{EmailAddress, SmtpUtf8Mailbox, UserPrincipalName};
pub(crate) use encoding::{read_names, read_one, write_names, write_one};
pub use other::OtherName;
pub use uri::Uri;

/// Why text or octets are no name of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeneralNameError {
    /// The text does not begin with a kind.
    #[error(
        "read name \"{0}\": it must begin with dns:, ip:, email:, smtputf8:, uri:, upn:, dir:, rid: or other:"
    )]
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
    /// A directory name breaks a rule.
    #[error("read directory name")]
    Directory(#[from] NameError),
    /// A directory name without attributes.
    #[error("read directory name: it is empty")]
    EmptyDirectory,
    /// The text is no object identifier.
    #[error("read registered identifier \"{0}\": it must be a dotted object identifier")]
    Rid(String),
    /// An otherName breaks a rule.
    #[error("read other name \"{name}\": {fault}")]
    Other {
        /// Its type, or its text as it came.
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
    Malformed(#[from] Malformed),
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
    /// otherName of type id-on-SmtpUTF8Mailbox, RFC 9598.
    SmtpUtf8(SmtpUtf8Mailbox),
    /// directoryName; never empty.
    Directory(Name),
    /// registeredID.
    Rid(ObjectIdentifier),
    /// otherName of any other type.
    Other(OtherName),
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
    /// SmtpUTF8Mailbox.
    SmtpUtf8,
    /// directoryName.
    Dir,
    /// registeredID.
    Rid,
    /// otherName of another type.
    Other,
}

impl NameKind {
    /// All kinds.
    pub const ALL: [NameKind; 9] = [
        Self::Dns,
        Self::Email,
        Self::Uri,
        Self::Ip,
        Self::Upn,
        Self::SmtpUtf8,
        Self::Dir,
        Self::Rid,
        Self::Other,
    ];

    /// The word before the colon in a name's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Email => "email",
            Self::Uri => "uri",
            Self::Ip => "ip",
            Self::Upn => "upn",
            Self::SmtpUtf8 => "smtputf8",
            Self::Dir => "dir",
            Self::Rid => "rid",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl GeneralName {
    /// A DNS name; may be a wildcard, may have U-labels, must not have underscores.
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

    /// An e-mail address whose local part is not ASCII.
    pub fn smtp_utf8(address: &str) -> Result<Self, GeneralNameError> {
        SmtpUtf8Mailbox::new(address).map(Self::SmtpUtf8)
    }

    /// A directory name; must have an attribute.
    pub fn directory(name: Name) -> Result<Self, GeneralNameError> {
        if name.is_empty() {
            return Err(GeneralNameError::EmptyDirectory);
        }
        Ok(Self::Directory(name))
    }

    /// An otherName: `value` is the DER of one value. Types that have a kind of their own become that kind.
    pub fn other(type_id: ObjectIdentifier, value: &[u8]) -> Result<Self, GeneralNameError> {
        Self::from_other(OtherName::new(type_id, value)?)
    }

    fn from_other(other: OtherName) -> Result<Self, GeneralNameError> {
        let make = match other.type_id() {
            oid::USER_PRINCIPAL_NAME => Self::upn,
            oid::SMTP_UTF8_MAILBOX => Self::smtp_utf8,
            _ => return Ok(Self::Other(other)),
        };
        match (other.value_der().first(), other.text()) {
            (Some(&tag::UTF8_STRING), Some(text)) => make(text),
            _ => Err(Malformed::new("UTF8String").into()),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> NameKind {
        match self {
            Self::Dns(_) => NameKind::Dns,
            Self::Email(_) => NameKind::Email,
            Self::Uri(_) => NameKind::Uri,
            Self::Ip(_) => NameKind::Ip,
            Self::Upn(_) => NameKind::Upn,
            Self::SmtpUtf8(_) => NameKind::SmtpUtf8,
            Self::Directory(_) => NameKind::Dir,
            Self::Rid(_) => NameKind::Rid,
            Self::Other(_) => NameKind::Other,
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
            Self::SmtpUtf8(address) => address.to_string(),
            Self::Directory(name) => name.to_string(),
            Self::Rid(identifier) => identifier.to_string(),
            Self::Other(name) => name.to_string(),
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

    /// Reads a kind, a colon, and the name. DNS names may have underscores here.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, value) = text
            .split_once(':')
            .ok_or_else(|| GeneralNameError::Kind(text.to_owned()))?;
        match kind {
            "dns" => DnsName::with_underscores(value).map(Self::Dns),
            "email" => Self::email(value),
            "uri" => Self::uri(value),
            "ip" => value
                .parse()
                .map(Self::Ip)
                .map_err(|_| GeneralNameError::Ip(value.to_owned())),
            "upn" => Self::upn(value),
            "smtputf8" => Self::smtp_utf8(value),
            "dir" => Self::directory(value.parse()?),
            "rid" => ObjectIdentifier::new(value)
                .map(Self::Rid)
                .map_err(|_| GeneralNameError::Rid(value.escape_debug().to_string())),
            "other" => Self::from_other(value.parse()?),
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
