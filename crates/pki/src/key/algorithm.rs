//! Key algorithms with their sizes, by the names that all of ERS uses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Kind and size of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// RSA, modulus of 2048 bits.
    #[serde(rename = "RSA-2048")]
    Rsa2048,
    /// RSA, modulus of 3072 bits.
    #[serde(rename = "RSA-3072")]
    Rsa3072,
    /// RSA, modulus of 4096 bits.
    #[serde(rename = "RSA-4096")]
    Rsa4096,
    /// RSA, modulus of 8192 bits.
    #[serde(rename = "RSA-8192")]
    Rsa8192,
    /// ECDSA on NIST P-256.
    #[serde(rename = "P-256")]
    P256,
    /// ECDSA on NIST P-384.
    #[serde(rename = "P-384")]
    P384,
    /// ECDSA on NIST P-521.
    #[serde(rename = "P-521")]
    P521,
    /// Ed25519, RFC 8032.
    Ed25519,
}

/// Text that names no key algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "read key algorithm \"{0}\": it must be one of RSA-2048, RSA-3072, RSA-4096, RSA-8192, P-256, P-384, P-521, Ed25519"
)]
pub struct UnknownKeyAlgorithm(String);

impl KeyAlgorithm {
    /// All key algorithms.
    pub const ALL: [KeyAlgorithm; 8] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Rsa8192,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Ed25519,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::Rsa8192 => "RSA-8192",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Whether it is RSA of any size.
    pub fn is_rsa(self) -> bool {
        self.modulus_bits().is_some()
    }

    /// Whether it is ECDSA on any curve.
    pub fn is_ecdsa(self) -> bool {
        matches!(self, Self::P256 | Self::P384 | Self::P521)
    }

    /// Bits of an RSA modulus.
    pub fn modulus_bits(self) -> Option<usize> {
        match self {
            Self::Rsa2048 => Some(2048),
            Self::Rsa3072 => Some(3072),
            Self::Rsa4096 => Some(4096),
            Self::Rsa8192 => Some(8192),
            Self::P256 | Self::P384 | Self::P521 | Self::Ed25519 => None,
        }
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
