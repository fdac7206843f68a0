//! Key usage, RFC 5280 section 4.2.1.3.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Malformed, Writer};
use crate::asn1::{Reader, oid, tag};
use crate::key::KeyAlgorithm;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyUsage {
    /// Signatures on what is neither a certificate nor a CRL.
    DigitalSignature,
    /// Signatures that the signer cannot deny; once called nonRepudiation.
    #[serde(alias = "nonRepudiation")]
    ContentCommitment,
    /// Encryption of keys.
    KeyEncipherment,
    /// Encryption of data itself.
    DataEncipherment,
    /// Key agreement.
    KeyAgreement,
    /// Signatures on certificates.
    KeyCertSign,
    /// Signatures on CRLs.
    #[serde(rename = "cRLSign", alias = "crlSign")]
    CrlSign,
    /// With key agreement: only to encipher.
    EncipherOnly,
    /// With key agreement: only to decipher.
    DecipherOnly,
}

/// Text that names no key usage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read key usage \"{0}\": it must be a name of RFC 5280 such as digitalSignature")]
pub struct UnknownKeyUsage(String);

impl KeyUsage {
    /// All, in the order of their bits.
    pub const ALL: [KeyUsage; 9] = [
        Self::DigitalSignature,
        Self::ContentCommitment,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// Its name in RFC 5280.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::ContentCommitment => "contentCommitment",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }

    /// Its number in the BIT STRING.
    pub fn bit(self) -> u8 {
        self as u8
    }

    /// Whether keys of that kind can be used so: RFC 3279, RFC 8813 section 3, RFC 8410 section 5.
    pub fn suits(self, key: KeyAlgorithm) -> bool {
        match self {
            // RFC 4055 section 1.2: a key for RSASSA-PSS encrypts nothing
            Self::KeyEncipherment | Self::DataEncipherment => key.is_rsa() && !key.is_rsa_pss(),
            Self::KeyAgreement | Self::EncipherOnly | Self::DecipherOnly => {
                key.is_ecdsa() || !key.can_sign()
            }
            Self::DigitalSignature
            | Self::ContentCommitment
            | Self::KeyCertSign
            | Self::CrlSign => key.can_sign(),
        }
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for KeyUsage {
    type Err = UnknownKeyUsage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .or((text == "nonRepudiation").then_some(Self::ContentCommitment))
            .ok_or_else(|| UnknownKeyUsage(text.to_owned()))
    }
}

/// A set of key usages.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyUsages(u16);

impl KeyUsages {
    /// Whether it has that usage.
    pub fn contains(self, usage: KeyUsage) -> bool {
        self.0 & (1 << usage.bit()) != 0
    }

    /// Those that it has, in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = KeyUsage> {
        KeyUsage::ALL
            .into_iter()
            .filter(move |usage| self.contains(*usage))
    }

    /// Whether it has no usage.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads the value of the extension: a named bit list, X.690 section 11.2.2, with at least one bit.
    pub(crate) fn read(value: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "KeyUsage";
        let mut reader = Reader::new(value);
        let content = reader.content(tag::BIT_STRING, WHAT)?;
        reader.finish(WHAT)?;
        let (unused, octets) = match content {
            [unused @ 0..=7, octets @ ..] if (1..=2).contains(&octets.len()) => (*unused, octets),
            _ => return Err(Malformed::new(WHAT)),
        };
        // DER: the last bit is set, all unused ones are not
        let last = octets.last().copied().unwrap_or_default();
        if u32::from(unused) != last.trailing_zeros() {
            return Err(Malformed::new(WHAT));
        }
        let bits = octets
            .iter()
            .enumerate()
            .fold(0_u16, |bits, (place, octet)| {
                bits | u16::from(octet.reverse_bits()) << (8 * place)
            });
        if bits >= 1 << 9 {
            Err(Malformed::new(WHAT))
        } else {
            Ok(Self(bits))
        }
    }

    /// Writes the extension; it is critical.
    pub(crate) fn write(self, writer: &mut Writer) {
        let [low, high] = self.0.to_le_bytes();
        let octets = [low.reverse_bits(), high.reverse_bits()];
        let used = if high == 0 { 1 } else { 2 };
        let last = if high == 0 { octets[0] } else { octets[1] };
        let mut content = vec![u8::try_from(last.trailing_zeros().min(7)).unwrap_or(0)];
        content.extend(octets.into_iter().take(used));
        super::write(writer, &oid::KEY_USAGE, true, |writer| {
            writer.tlv(tag::BIT_STRING, &content)
        });
    }
}

impl FromIterator<KeyUsage> for KeyUsages {
    fn from_iter<I: IntoIterator<Item = KeyUsage>>(usages: I) -> Self {
        Self(
            usages
                .into_iter()
                .fold(0, |bits, usage| bits | 1 << usage.bit()),
        )
    }
}

impl fmt::Debug for KeyUsages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsages({:#011b})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_come_back() {
        for bits in 1..1_u16 << 9 {
            let mut writer = Writer::new();
            KeyUsages(bits).write(&mut writer);
            let der = writer.finish();
            let mut extensions = Writer::new();
            extensions.sequence(|writer| writer.raw(&der));
            let der = extensions.finish();
            let read = super::super::read_all(&der).unwrap();
            assert!(read[0].critical);
            assert_eq!(KeyUsages::read(read[0].value), Ok(KeyUsages(bits)));
        }
    }

    #[test]
    fn names_are_those_of_json() {
        for usage in KeyUsage::ALL {
            assert_eq!(usage.as_str().parse(), Ok(usage));
            assert_eq!(serde_json::to_value(usage).unwrap(), usage.as_str());
        }
        assert_eq!("nonRepudiation".parse(), Ok(KeyUsage::ContentCommitment));
        assert!("x".parse::<KeyUsage>().is_err());
        assert_eq!(
            KeyUsage::ALL
                .into_iter()
                .collect::<KeyUsages>()
                .iter()
                .count(),
            9
        );
    }

    #[test]
    fn bit_lists_that_are_not_der_are_refused() {
        for value in [
            &[3, 2, 7, 0][..],
            &[3, 1, 0],
            &[3, 2, 4, 0xa0],
            &[3, 3, 0, 0xa0, 0],
            &[3, 3, 6, 0, 0x40],
            &[3, 2, 5, 0xa0, 0],
        ] {
            assert!(KeyUsages::read(value).is_err(), "{value:?}");
        }
        assert!(
            KeyUsages::read(&[3, 2, 5, 0xa0])
                .unwrap()
                .contains(KeyUsage::KeyEncipherment)
        );
    }
}
