//! Key algorithms with their sizes, by the names that all of ERS uses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Kind and size of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyAlgorithm {
    /// RSA, modulus of 2048 bits.
    Rsa2048,
    /// RSA, modulus of 3072 bits.
    Rsa3072,
    /// RSA, modulus of 4096 bits.
    Rsa4096,
    /// RSA, modulus of 6144 bits.
    Rsa6144,
    /// RSA, modulus of 8192 bits.
    Rsa8192,
    /// RSA, modulus of 2048 bits, for RSASSA-PSS only (RFC 4055 section 1.2).
    RsaPss2048,
    /// RSA, modulus of 3072 bits, for RSASSA-PSS only.
    RsaPss3072,
    /// RSA, modulus of 4096 bits, for RSASSA-PSS only.
    RsaPss4096,
    /// RSA, modulus of 6144 bits, for RSASSA-PSS only.
    RsaPss6144,
    /// RSA, modulus of 8192 bits, for RSASSA-PSS only.
    RsaPss8192,
    /// ECDSA and ECDH on NIST P-256.
    P256,
    /// ECDSA and ECDH on NIST P-384.
    P384,
    /// ECDSA and ECDH on NIST P-521.
    P521,
    /// ECDSA and ECDH on brainpoolP256r1, RFC 5639.
    BrainpoolP256r1,
    /// ECDSA and ECDH on brainpoolP384r1.
    BrainpoolP384r1,
    /// ECDSA and ECDH on brainpoolP512r1.
    BrainpoolP512r1,
    /// Ed25519, RFC 8032.
    Ed25519,
    /// Ed448, RFC 8032.
    Ed448,
    /// X25519, RFC 7748: key agreement only.
    X25519,
    /// X448, RFC 7748: key agreement only.
    X448,
}

/// Text that names no key algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read key algorithm \"{0}\": it must be one of {names}", names = KeyAlgorithm::names())]
pub struct UnknownKeyAlgorithm(String);

impl KeyAlgorithm {
    /// All key algorithms.
    pub const ALL: [KeyAlgorithm; 20] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Rsa6144,
        Self::Rsa8192,
        Self::RsaPss2048,
        Self::RsaPss3072,
        Self::RsaPss4096,
        Self::RsaPss6144,
        Self::RsaPss8192,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP256r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
        Self::Ed25519,
        Self::Ed448,
        Self::X25519,
        Self::X448,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::Rsa6144 => "RSA-6144",
            Self::Rsa8192 => "RSA-8192",
            Self::RsaPss2048 => "RSA-PSS-2048",
            Self::RsaPss3072 => "RSA-PSS-3072",
            Self::RsaPss4096 => "RSA-PSS-4096",
            Self::RsaPss6144 => "RSA-PSS-6144",
            Self::RsaPss8192 => "RSA-PSS-8192",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::X25519 => "X25519",
            Self::X448 => "X448",
        }
    }

    /// The names of all, for people to choose from.
    pub fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// Those whose keys can sign.
    pub fn signing() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|known| known.can_sign())
    }

    /// Whether its keys can sign; the others are for key agreement only.
    pub fn can_sign(self) -> bool {
        !matches!(self, Self::X25519 | Self::X448)
    }

    /// Whether it is RSA of any size, for whatever use.
    pub fn is_rsa(self) -> bool {
        self.modulus_bits().is_some()
    }

    /// Whether it is RSA for RSASSA-PSS only.
    pub fn is_rsa_pss(self) -> bool {
        matches!(
            self,
            Self::RsaPss2048
                | Self::RsaPss3072
                | Self::RsaPss4096
                | Self::RsaPss6144
                | Self::RsaPss8192
        )
    }

    /// Whether it is ECDSA on any curve.
    pub fn is_ecdsa(self) -> bool {
        matches!(self, Self::P256 | Self::P384 | Self::P521) || self.is_brainpool()
    }

    /// Whether it is ECDSA on a curve of RFC 5639.
    pub fn is_brainpool(self) -> bool {
        matches!(
            self,
            Self::BrainpoolP256r1 | Self::BrainpoolP384r1 | Self::BrainpoolP512r1
        )
    }

    /// Bits of an RSA modulus.
    pub fn modulus_bits(self) -> Option<usize> {
        match self {
            Self::Rsa2048 | Self::RsaPss2048 => Some(2048),
            Self::Rsa3072 | Self::RsaPss3072 => Some(3072),
            Self::Rsa4096 | Self::RsaPss4096 => Some(4096),
            Self::Rsa6144 | Self::RsaPss6144 => Some(6144),
            Self::Rsa8192 | Self::RsaPss8192 => Some(8192),
            _ => None,
        }
    }

    /// The RSA algorithm with a modulus of so many bits.
    pub(super) fn rsa(bits: usize, pss: bool) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.modulus_bits() == Some(bits) && known.is_rsa_pss() == pss)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for KeyAlgorithm {
    type Err = UnknownKeyAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| UnknownKeyAlgorithm(text.to_owned()))
    }
}

impl Serialize for KeyAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
