//! What a certificate is asked for: RFC 8555 §9.7.7 `dns`, RFC 8738 `ip`. Compared and kept in one spelling.

use std::fmt;
use std::net::IpAddr;

use ers_pki::general_name::GeneralName;
use serde::{Deserialize, Serialize};

/// An identifier of an order, checked and in its one spelling. A wildcard is allowed here, not in an authorization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "RawIdentifier", into = "RawIdentifier")]
pub enum Identifier {
    /// A domain name in lower case, A-labels; may begin with `*.`.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// An identifier as it stands in JSON, unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawIdentifier {
    /// `dns` or `ip`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name or address.
    pub value: String,
}

/// The identifier cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Neither `dns` nor `ip`.
    #[error("use identifier of type {0:?}: only dns and ip are known")]
    UnknownKind(String),
    /// Not a domain name.
    #[error("use domain name {value:?}: {why}")]
    BadName {
        /// What was given.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// Not an address.
    #[error("use address {0:?}: not an IPv4 or IPv6 address in its usual notation")]
    BadAddress(String),
}

impl Identifier {
    /// A domain name, perhaps a wildcard.
    pub fn dns(name: &str) -> Result<Self, IdentifierError> {
        let refuse = |why: String| IdentifierError::BadName {
            value: name.chars().take(300).collect(),
            why,
        };
        match GeneralName::dns(name) {
            Ok(name) => Ok(Self::Dns(name.value())),
            Err(error) => Err(refuse(error.to_string())),
        }
    }

    /// An address as RFC 8738 §3 writes it.
    pub fn ip(address: &str) -> Result<Self, IdentifierError> {
        address
            .parse()
            .map(Self::Ip)
            .map_err(|_| IdentifierError::BadAddress(address.chars().take(64).collect()))
    }

    /// `dns` or `ip`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
        }
    }

    /// The name or the address.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(name) => name.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }

    /// Whether it begins with `*.`.
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.starts_with("*."))
    }

    /// What is to be authorized: the name below the `*.`.
    pub fn base(&self) -> Self {
        match self {
            Self::Dns(name) => Self::Dns(name.strip_prefix("*.").unwrap_or(name).to_owned()),
            Self::Ip(_) => self.clone(),
        }
    }

    /// What an address is called in the DNS and in TLS: RFC 8738 §6, RFC 1034 §5.2.1, RFC 3596 §2.5; a name is itself.
    pub fn tls_name(&self) -> String {
        match self {
            Self::Dns(name) => name.clone(),
            Self::Ip(IpAddr::V4(address)) => {
                let [a, b, c, d] = address.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            Self::Ip(IpAddr::V6(address)) => {
                let nibbles = address
                    .octets()
                    .into_iter()
                    .rev()
                    .flat_map(|octet| [octet & 0xf, octet >> 4]);
                let labels: String = nibbles.map(|nibble| format!("{nibble:x}.")).collect();
                format!("{labels}ip6.arpa")
            }
        }
    }

    /// The subject alternative name for it, as the contracts between our services write it.
    pub fn general_name(&self) -> String {
        format!("{}:{}", self.kind(), self.value())
    }

    /// The identifier for a subject alternative name; `None` for kinds that ACME does not issue for.
    pub fn from_general_name(name: &GeneralName) -> Option<Self> {
        match name {
            GeneralName::Dns(name) => Some(Self::Dns(name.to_string())),
            GeneralName::Ip(address) => Some(Self::Ip(*address)),
            _ => None,
        }
    }
}

impl RawIdentifier {
    /// Cut to a length that can be sent back.
    pub fn shortened(&self) -> Self {
        Self {
            kind: self.kind.chars().take(64).collect(),
            value: self.value.chars().take(300).collect(),
        }
    }
}

impl TryFrom<RawIdentifier> for Identifier {
    type Error = IdentifierError;

    fn try_from(raw: RawIdentifier) -> Result<Self, IdentifierError> {
        match raw.kind.as_str() {
            "dns" => Self::dns(&raw.value),
            "ip" => Self::ip(&raw.value),
            _ => Err(IdentifierError::UnknownKind(
                raw.kind.chars().take(64).collect(),
            )),
        }
    }
}

impl From<Identifier> for RawIdentifier {
    fn from(identifier: Identifier) -> Self {
        Self {
            kind: identifier.kind().to_owned(),
            value: identifier.value(),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_in_lower_case_and_its_wildcard_has_a_base() {
        let wildcard = Identifier::dns("*.Example.COM").unwrap();
        assert_eq!(wildcard.value(), "*.example.com");
        assert!(wildcard.is_wildcard());
        assert_eq!(wildcard.base().value(), "example.com");
        assert_eq!(wildcard.general_name(), "dns:*.example.com");
    }

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(
            Identifier::ip("2001:DB8:0:0::1").unwrap().value(),
            "2001:db8::1"
        );
        assert!(Identifier::ip("192.0.2.1/24").is_err());
    }

    #[test]
    fn an_address_is_called_by_its_reverse_name_in_tls() {
        let name = |address| Identifier::ip(address).unwrap().tls_name();
        assert_eq!(name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        assert_eq!(
            name("2001:db8::1"),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
        assert_eq!(Identifier::dns("A.test").unwrap().tls_name(), "a.test");
    }

    #[test]
    fn bad_names_are_refused_with_their_reason() {
        for name in [
            "",
            "a..b",
            "*.*.test",
            "foo.*.test",
            "192.0.2.1",
            "a b.test",
            "host.test.",
            "nul\0.test",
        ] {
            assert!(
                matches!(Identifier::dns(name), Err(IdentifierError::BadName { .. })),
                "{name:?}"
            );
        }
    }

    #[test]
    fn an_unknown_kind_is_told_apart() {
        let raw = RawIdentifier {
            kind: "email".into(),
            value: "a@b.test".into(),
        };
        assert!(matches!(
            Identifier::try_from(raw),
            Err(IdentifierError::UnknownKind(_))
        ));
    }
}
