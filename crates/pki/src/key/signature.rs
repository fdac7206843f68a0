//! Signature algorithms of certificates: PKCS #1 v1.5 and PSS (RFC 4055), ECDSA (RFC 5758), Ed25519 and Ed448 (RFC 8410).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{self, VerificationAlgorithm};
use const_oid::ObjectIdentifier;
use der::{Any, Decode};
use openssl::hash::MessageDigest;
use serde::{Deserialize, Serialize};
use spki::AlgorithmIdentifierOwned;

use super::{KeyAlgorithm, pss};
use crate::asn1::{Element, Malformed, Reader, Writer, oid, tag};

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "SHA256withRSA")]
    Sha256WithRsa,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[serde(rename = "SHA384withRSA")]
    Sha384WithRsa,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[serde(rename = "SHA512withRSA")]
    Sha512WithRsa,
    /// ECDSA with SHA-256.
    #[serde(rename = "SHA256withECDSA")]
    Sha256WithEcdsa,
    /// ECDSA with SHA-384.
    #[serde(rename = "SHA384withECDSA")]
    Sha384WithEcdsa,
    /// ECDSA with SHA-512.
    #[serde(rename = "SHA512withECDSA")]
    Sha512WithEcdsa,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, 32 octets of salt.
    #[serde(rename = "SHA256withRSAandMGF1")]
    Sha256WithRsaPss,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, 48 octets of salt.
    #[serde(rename = "SHA384withRSAandMGF1")]
    Sha384WithRsaPss,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, 64 octets of salt.
    #[serde(rename = "SHA512withRSAandMGF1")]
    Sha512WithRsaPss,
    /// Pure Ed25519.
    Ed25519,
    /// Pure Ed448.
    Ed448,
}

/// Text or an AlgorithmIdentifier that names no signature algorithm of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read signature algorithm \"{0}\": it must be one of {names}", names = SignatureAlgorithm::names())]
pub struct UnknownSignatureAlgorithm(String);

impl SignatureAlgorithm {
    /// All signature algorithms.
    pub const ALL: [SignatureAlgorithm; 11] = [
        Self::Sha256WithRsa,
        Self::Sha384WithRsa,
        Self::Sha512WithRsa,
        Self::Sha256WithEcdsa,
        Self::Sha384WithEcdsa,
        Self::Sha512WithEcdsa,
        Self::Sha256WithRsaPss,
        Self::Sha384WithRsaPss,
        Self::Sha512WithRsaPss,
        Self::Ed25519,
        Self::Ed448,
    ];

    /// The names of all, for people to choose from.
    pub fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// What a key signs with unless told otherwise: the hash as strong as the key. A key that cannot sign has none;
    /// what is returned for it does not suit it.
    pub fn default_for(key: KeyAlgorithm) -> Self {
        match key {
            KeyAlgorithm::Rsa2048
            | KeyAlgorithm::Rsa3072
            | KeyAlgorithm::Rsa4096
            | KeyAlgorithm::Rsa6144
            | KeyAlgorithm::Rsa8192 => Self::Sha256WithRsa,
            KeyAlgorithm::RsaPss2048
            | KeyAlgorithm::RsaPss3072
            | KeyAlgorithm::RsaPss4096
            | KeyAlgorithm::RsaPss6144
            | KeyAlgorithm::RsaPss8192 => Self::Sha256WithRsaPss,
            KeyAlgorithm::P256 | KeyAlgorithm::BrainpoolP256r1 => Self::Sha256WithEcdsa,
            KeyAlgorithm::P384 | KeyAlgorithm::BrainpoolP384r1 => Self::Sha384WithEcdsa,
            KeyAlgorithm::P521 | KeyAlgorithm::BrainpoolP512r1 => Self::Sha512WithEcdsa,
            KeyAlgorithm::Ed25519 | KeyAlgorithm::X25519 => Self::Ed25519,
            KeyAlgorithm::Ed448 | KeyAlgorithm::X448 => Self::Ed448,
        }
    }

    /// Whether a key may sign with it. An ECDSA key signs with the hash of its own strength only, as the CA/Browser
    /// Forum demands; signatures of others are verified with any hash that this type knows.
    pub fn suits(self, key: KeyAlgorithm) -> bool {
        if key.is_rsa() {
            self.is_rsa_pss() || (self.is_pkcs1() && !key.is_rsa_pss())
        } else {
            key.can_sign() && self == Self::default_for(key)
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256WithRsa => "SHA256withRSA",
            Self::Sha384WithRsa => "SHA384withRSA",
            Self::Sha512WithRsa => "SHA512withRSA",
            Self::Sha256WithEcdsa => "SHA256withECDSA",
            Self::Sha384WithEcdsa => "SHA384withECDSA",
            Self::Sha512WithEcdsa => "SHA512withECDSA",
            Self::Sha256WithRsaPss => "SHA256withRSAandMGF1",
            Self::Sha384WithRsaPss => "SHA384withRSAandMGF1",
            Self::Sha512WithRsaPss => "SHA512withRSAandMGF1",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
        }
    }

    /// The AlgorithmIdentifier of certificates, CRLs and OCSP responses.
    pub fn algorithm_identifier(self) -> AlgorithmIdentifierOwned {
        let parameters = match self.pss_parameters() {
            // what is written by ourselves is DER
            Some(parameters) => Any::from_der(parameters).ok(),
            None => self.is_pkcs1().then(Any::null),
        };
        AlgorithmIdentifierOwned {
            oid: self.oid(),
            parameters,
        }
    }

    /// The algorithm that an AlgorithmIdentifier names.
    pub fn from_identifier(
        identifier: &AlgorithmIdentifierOwned,
    ) -> Result<Self, UnknownSignatureAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|known| known.algorithm_identifier() == *identifier)
            .ok_or_else(|| UnknownSignatureAlgorithm(identifier.oid.to_string()))
    }

    /// The algorithm that a DER AlgorithmIdentifier names, with NULL or the default trailer spelt out or not; `None` when
    /// it is malformed or none of ours.
    pub fn from_der(identifier: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(identifier);
        let element = reader.tagged(tag::SEQUENCE, "AlgorithmIdentifier").ok()?;
        reader.is_empty().then_some(())?;
        Self::read(element).ok().flatten()
    }

    /// The AlgorithmIdentifier, DER.
    pub fn to_der(self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.finish()
    }

    /// Whether it is RSASSA-PKCS1-v1_5.
    pub fn is_pkcs1(self) -> bool {
        matches!(
            self,
            Self::Sha256WithRsa | Self::Sha384WithRsa | Self::Sha512WithRsa
        )
    }

    /// Whether it is RSASSA-PSS.
    pub fn is_rsa_pss(self) -> bool {
        self.pss_parameters().is_some()
    }

    /// RSASSA-PSS-params, DER.
    fn pss_parameters(self) -> Option<&'static [u8]> {
        match self {
            Self::Sha256WithRsaPss => Some(pss::SHA256),
            Self::Sha384WithRsaPss => Some(pss::SHA384),
            Self::Sha512WithRsaPss => Some(pss::SHA512),
            _ => None,
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256WithRsa => oid::SHA256_WITH_RSA,
            Self::Sha384WithRsa => oid::SHA384_WITH_RSA,
            Self::Sha512WithRsa => oid::SHA512_WITH_RSA,
            Self::Sha256WithEcdsa => oid::SHA256_WITH_ECDSA,
            Self::Sha384WithEcdsa => oid::SHA384_WITH_ECDSA,
            Self::Sha512WithEcdsa => oid::SHA512_WITH_ECDSA,
            Self::Sha256WithRsaPss | Self::Sha384WithRsaPss | Self::Sha512WithRsaPss => {
                oid::RSASSA_PSS
            }
            Self::Ed25519 => oid::ED25519,
            Self::Ed448 => oid::ED448,
        }
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.sequence(|writer| {
            writer.oid(&self.oid());
            // RFC 4055 section 5: NULL for PKCS #1; RFC 5758 section 3.2 and RFC 8410 section 3: absent
            match self.pss_parameters() {
                Some(parameters) => writer.raw(parameters),
                None if self.is_pkcs1() => writer.tlv(tag::NULL, &[]),
                None => {}
            }
        });
    }

    /// Reads the AlgorithmIdentifier that `identifier` is; `None` when it is well formed but none of ours.
    pub(crate) fn read(identifier: Element<'_>) -> Result<Option<Self>, Malformed> {
        const WHAT: &str = "AlgorithmIdentifier";
        let mut fields = Reader::new(identifier.content);
        let oid = fields.oid(WHAT)?;
        let parameters = if fields.is_empty() {
            None
        } else {
            Some(fields.element(WHAT)?)
        };
        fields.finish(WHAT)?;
        Ok(Self::ALL.into_iter().find(|known| {
            known.oid() == oid
                && match (parameters, known.pss_parameters()) {
                    (Some(element), Some(wanted)) => pss::is_same(element.whole, wanted),
                    (Some(element), None) => known.is_pkcs1() && element.whole == [tag::NULL, 0],
                    (None, wanted) => wanted.is_none() && !known.is_pkcs1(),
                }
        }))
    }

    /// The RSASSA-PSS algorithm with those parameters, DER.
    pub(super) fn with_pss_parameters(parameters: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|known| {
            known
                .pss_parameters()
                .is_some_and(|wanted| pss::is_same(parameters, wanted))
        })
    }

    /// The hash; none for algorithms that have it built in.
    pub(super) fn digest(self) -> Option<MessageDigest> {
        match self {
            Self::Sha256WithRsa | Self::Sha256WithEcdsa | Self::Sha256WithRsaPss => {
                Some(MessageDigest::sha256())
            }
            Self::Sha384WithRsa | Self::Sha384WithEcdsa | Self::Sha384WithRsaPss => {
                Some(MessageDigest::sha384())
            }
            Self::Sha512WithRsa | Self::Sha512WithEcdsa | Self::Sha512WithRsaPss => {
                Some(MessageDigest::sha512())
            }
            Self::Ed25519 | Self::Ed448 => None,
        }
    }

    /// The verifier of this signature under a key of that algorithm, if it is aws-lc that verifies.
    pub(crate) fn verifier(self, key: KeyAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (key, self) {
            (key, Self::Sha256WithRsa) if key.is_rsa() && !key.is_rsa_pss() => {
                &signature::RSA_PKCS1_2048_8192_SHA256
            }
            (key, Self::Sha384WithRsa) if key.is_rsa() && !key.is_rsa_pss() => {
                &signature::RSA_PKCS1_2048_8192_SHA384
            }
            (key, Self::Sha512WithRsa) if key.is_rsa() && !key.is_rsa_pss() => {
                &signature::RSA_PKCS1_2048_8192_SHA512
            }
            (key, Self::Sha256WithRsaPss) if key.is_rsa() => &signature::RSA_PSS_2048_8192_SHA256,
            (key, Self::Sha384WithRsaPss) if key.is_rsa() => &signature::RSA_PSS_2048_8192_SHA384,
            (key, Self::Sha512WithRsaPss) if key.is_rsa() => &signature::RSA_PSS_2048_8192_SHA512,
            (KeyAlgorithm::P256, Self::Sha256WithEcdsa) => &signature::ECDSA_P256_SHA256_ASN1,
            (KeyAlgorithm::P256, Self::Sha384WithEcdsa) => &signature::ECDSA_P256_SHA384_ASN1,
            (KeyAlgorithm::P256, Self::Sha512WithEcdsa) => &signature::ECDSA_P256_SHA512_ASN1,
            (KeyAlgorithm::P384, Self::Sha256WithEcdsa) => &signature::ECDSA_P384_SHA256_ASN1,
            (KeyAlgorithm::P384, Self::Sha384WithEcdsa) => &signature::ECDSA_P384_SHA384_ASN1,
            (KeyAlgorithm::P384, Self::Sha512WithEcdsa) => &signature::ECDSA_P384_SHA512_ASN1,
            (KeyAlgorithm::P521, Self::Sha256WithEcdsa) => &signature::ECDSA_P521_SHA256_ASN1,
            (KeyAlgorithm::P521, Self::Sha384WithEcdsa) => &signature::ECDSA_P521_SHA384_ASN1,
            (KeyAlgorithm::P521, Self::Sha512WithEcdsa) => &signature::ECDSA_P521_SHA512_ASN1,
            (KeyAlgorithm::Ed25519, Self::Ed25519) => &signature::ED25519,
            _ => return None,
        })
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SignatureAlgorithm {
    type Err = UnknownSignatureAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| UnknownSignatureAlgorithm(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use der::Encode;

    use super::*;

    #[test]
    fn identifiers_and_names_come_back() {
        for algorithm in SignatureAlgorithm::ALL {
            let identifier = algorithm.algorithm_identifier();
            assert_eq!(
                SignatureAlgorithm::from_identifier(&identifier),
                Ok(algorithm)
            );
            assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
            let mut writer = Writer::new();
            algorithm.write(&mut writer);
            let der = writer.finish();
            assert_eq!(
                AlgorithmIdentifierOwned::from_der(&der).unwrap(),
                identifier
            );
            assert_eq!(identifier.to_der().unwrap(), der);
            let element = Reader::new(&der).element("test").unwrap();
            assert_eq!(SignatureAlgorithm::read(element), Ok(Some(algorithm)));
        }
    }

    #[test]
    fn parameters_that_do_not_belong_are_not_ours() {
        for algorithm in SignatureAlgorithm::ALL {
            let mut identifier = algorithm.algorithm_identifier();
            identifier.parameters = if algorithm.is_pkcs1() {
                None
            } else {
                Some(Any::null())
            };
            assert!(SignatureAlgorithm::from_identifier(&identifier).is_err());
            let der = identifier.to_der().unwrap();
            assert_eq!(
                SignatureAlgorithm::read(Reader::new(&der).element("test").unwrap()),
                Ok(None)
            );
        }
    }

    #[test]
    fn every_key_has_a_default_that_suits_it() {
        for key in KeyAlgorithm::ALL {
            assert_eq!(
                SignatureAlgorithm::default_for(key).suits(key),
                key.can_sign(),
                "{key}"
            );
        }
        assert!(SignatureAlgorithm::Sha384WithRsaPss.suits(KeyAlgorithm::Rsa2048));
        assert!(SignatureAlgorithm::Sha384WithRsaPss.suits(KeyAlgorithm::RsaPss2048));
        assert!(!SignatureAlgorithm::Sha384WithRsa.suits(KeyAlgorithm::RsaPss2048));
        assert!(!SignatureAlgorithm::Sha384WithEcdsa.suits(KeyAlgorithm::P256));
        assert!(SignatureAlgorithm::Sha512WithRsa.suits(KeyAlgorithm::Rsa2048));
        assert!(!SignatureAlgorithm::Sha256WithRsa.suits(KeyAlgorithm::P256));
    }
}
