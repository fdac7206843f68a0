//! Which certificates are meant when many are meant.

use std::fmt;

use aws_lc_rs::digest;
use ers_pki::key::PublicKey;

use super::AuthorityName;

/// Which certificates of a CA.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The CA.
    pub issuer: AuthorityName,
    /// Only those of this profile.
    pub profile: Option<String>,
    /// Only those of this realm in CLM.
    pub realm: Option<String>,
    /// Only those that this policy allowed.
    pub policy: Option<String>,
    /// Only those of this end entity.
    pub end_entity: Option<String>,
    /// Only those for this public key.
    pub key: Option<KeyHash>,
    /// Only those issued at or after this time, epoch milliseconds.
    pub issued_from_ms: Option<i64>,
    /// Only those issued before this time, epoch milliseconds.
    pub issued_before_ms: Option<i64>,
    /// Begin behind this serial number, hex: where an interrupted act stopped.
    pub after: String,
}

/// SHA-256 of a SubjectPublicKeyInfo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// That of a key.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest::digest(&digest::SHA256, key.spki_der()).as_ref());
        Self(octets)
    }

    /// From 32 octets.
    #[must_use]
    pub fn from_slice(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// Its octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From its hex form.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text)
            .ok()
            .and_then(|octets| Self::from_slice(&octets))
    }
}

/// Lower-case hex.
impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
