//! Extended key usage, RFC 5280 section 4.2.1.12.

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Malformed, Writer};
use crate::asn1::oid;

/// A purpose that a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtendedKeyUsage(ObjectIdentifier);

/// Text that names no purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "read extended key usage \"{0}\": it must be a name such as serverAuth, or a dotted object identifier"
)]
pub struct UnknownExtendedKeyUsage(String);

const NAMES: [(&str, ExtendedKeyUsage); 14] = [
    ("serverAuth", ExtendedKeyUsage::SERVER_AUTH),
    ("clientAuth", ExtendedKeyUsage::CLIENT_AUTH),
    ("codeSigning", ExtendedKeyUsage::CODE_SIGNING),
    ("emailProtection", ExtendedKeyUsage::EMAIL_PROTECTION),
    ("timeStamping", ExtendedKeyUsage::TIME_STAMPING),
    ("OCSPSigning", ExtendedKeyUsage::OCSP_SIGNING),
    ("smartcardLogon", ExtendedKeyUsage::SMARTCARD_LOGON),
    ("documentSigning", ExtendedKeyUsage::DOCUMENT_SIGNING),
    ("eapOverLAN", ExtendedKeyUsage::EAP_OVER_LAN),
    ("cmcRA", ExtendedKeyUsage::CMC_RA),
    ("cmKGA", ExtendedKeyUsage::CM_KGA),
    ("pkInitClientAuth", ExtendedKeyUsage::PKINIT_CLIENT),
    ("pkInitKDC", ExtendedKeyUsage::PKINIT_KDC),
    ("anyExtendedKeyUsage", ExtendedKeyUsage::ANY),
];

impl ExtendedKeyUsage {
    /// TLS servers.
    pub const SERVER_AUTH: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"));
    /// TLS clients.
    pub const CLIENT_AUTH: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"));
    /// Signing of software.
    pub const CODE_SIGNING: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"));
    /// S/MIME.
    pub const EMAIL_PROTECTION: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"));
    /// Time stamps, RFC 3161.
    pub const TIME_STAMPING: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8"));
    /// OCSP responses in the name of a CA, RFC 6960 section 4.2.2.2.
    pub const OCSP_SIGNING: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9"));
    /// Microsoft smart card logon.
    pub const SMARTCARD_LOGON: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.2"));
    /// Signing of documents, RFC 9336.
    pub const DOCUMENT_SIGNING: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"));
    /// EAP in wired and wireless networks, RFC 4334.
    pub const EAP_OVER_LAN: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.14"));
    /// Registration authorities of CMC and CMP, RFC 6402.
    pub const CMC_RA: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.28"));
    /// Who makes keys for others by CMP, RFC 9810 section 4.5.
    pub const CM_KGA: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.32"));
    /// Kerberos clients, RFC 4556.
    pub const PKINIT_CLIENT: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.2.3.4"));
    /// Kerberos key distribution centres, RFC 4556.
    pub const PKINIT_KDC: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.2.3.5"));
    /// Any purpose.
    pub const ANY: Self = Self(ObjectIdentifier::new_unwrap("2.5.29.37.0"));

    /// Its object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        self.0
    }
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, usage)| usage == self) {
            Some((name, _)) => f.pad(name),
            None => self.0.fmt(f),
        }
    }
}

impl FromStr for ExtendedKeyUsage {
    type Err = UnknownExtendedKeyUsage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, usage)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(*usage);
        }
        ObjectIdentifier::new(text)
            .map(Self)
            .map_err(|_| UnknownExtendedKeyUsage(text.to_owned()))
    }
}

impl Serialize for ExtendedKeyUsage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExtendedKeyUsage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Reads the value of the extension: at least one purpose.
pub(crate) fn read(value: &[u8]) -> Result<Vec<ExtendedKeyUsage>, Malformed> {
    const WHAT: &str = "ExtKeyUsageSyntax";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let mut usages = vec![ExtendedKeyUsage(fields.oid(WHAT)?)];
        while !fields.is_empty() {
            usages.push(ExtendedKeyUsage(fields.oid(WHAT)?));
        }
        Ok(usages)
    })
}

/// Writes the extension; not critical, as the CA/Browser Forum has it, but for time stamps, where RFC 3161 section 2.3
/// wants it so.
pub(crate) fn write(writer: &mut Writer, usages: &[ExtendedKeyUsage]) {
    let critical = usages == [ExtendedKeyUsage::TIME_STAMPING];
    super::write(writer, &oid::EXTENDED_KEY_USAGE, critical, |writer| {
        writer.sequence(|writer| usages.iter().for_each(|usage| writer.oid(&usage.0)));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dotted_identifiers_come_back() {
        for text in ["serverAuth", "OCSPSigning", "1.2.3.4"] {
            assert_eq!(text.parse::<ExtendedKeyUsage>().unwrap().to_string(), text);
        }
        assert!("serverauth".parse::<ExtendedKeyUsage>().is_err());
    }
}
