//! A certification authority as CARA keeps it.

use std::{fmt, str::FromStr, sync::Arc};

use ers_pki::{certificate::Certificate, key::SignatureAlgorithm};
use ers_signer_client::KeyId;

use super::Settings;

const MAX_NAME: usize = 64;

/// Name of a CA: 1 to 64 of `a-z 0-9 -`. It stands in URLs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorityName(Arc<str>);

/// A text that cannot be the name of a CA.
#[derive(Debug, thiserror::Error)]
#[error("a CA's name is 1 to {MAX_NAME} of a-z 0-9 -")]
pub struct InvalidName;

impl AuthorityName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AuthorityName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > MAX_NAME || !text.bytes().all(allowed) {
            return Err(InvalidName);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for AuthorityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a CA works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Issues and revokes.
    Active,
    /// Revokes and publishes, does not issue for now.
    Suspended,
    /// Revokes and publishes, never issues again.
    Retired,
    /// Its certificate was revoked: it revokes and publishes, and never issues again.
    Revoked,
    /// Its key is elsewhere: its certificate and CRLs are carried in.
    External,
}

impl State {
    /// The number that stands for it in the table.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            Self::Active => 1,
            Self::Suspended => 2,
            Self::Retired => 3,
            Self::Revoked => 4,
            Self::External => 5,
        }
    }

    /// The state of a number in the table.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        const ALL: [State; 5] = [
            State::Active,
            State::Suspended,
            State::Retired,
            State::Revoked,
            State::External,
        ];
        ALL.into_iter().find(|state| state.code() == code)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
            Self::External => "external",
        })
    }
}

/// A CA.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its name.
    pub name: AuthorityName,
    /// The CA that signed it; none for a root.
    pub issuer: Option<AuthorityName>,
    /// Its certificate.
    pub certificate: Certificate,
    /// Its key in the signer.
    pub key_id: KeyId,
    /// How it signs.
    pub signature_algorithm: SignatureAlgorithm,
    /// Whether it works.
    pub state: State,
    /// When it was made, epoch milliseconds.
    pub created_at_ms: i64,
    /// Which of its generations issues, from 1: each has a key, certificates and CRLs of its own.
    pub generation: i16,
    /// What it does otherwise than configured for all.
    pub settings: Settings,
    /// Counts changes of its settings.
    pub settings_version: i32,
}

/// The key and certificate that answer OCSP for a CA now.
#[derive(Debug, Clone)]
pub struct OcspSigner {
    /// The CA.
    pub authority: AuthorityName,
    /// The generation of the CA that it answers for.
    pub generation: i16,
    /// Counts renewals, from 1.
    pub renewal: i32,
    /// The key in the signer.
    pub key_id: KeyId,
    /// The certificate, with id-kp-OCSPSigning and id-pkix-ocsp-nocheck.
    pub certificate: Certificate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_not_stand_in_a_url_is_refused() {
        assert!("default-sub-2".parse::<AuthorityName>().is_ok());
        for bad in ["", "Root", "a/b", "a b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<AuthorityName>().is_err(), "{bad}");
        }
    }
}
