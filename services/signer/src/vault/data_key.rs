//! AES-256-GCM under the data key. What is sealed for one use does not open for another.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use ers_signer_client::KeyId;
use zeroize::Zeroizing;

/// First octet of everything sealed: version 1, then nonce (12 octets), ciphertext, tag (16 octets).
const VERSION: u8 = 1;

/// What something is sealed for; part of the authenticated data.
#[derive(Debug, Clone, Copy)]
pub enum Use<'a> {
    /// The private key of a software key.
    Key(&'a KeyId),
    /// A secret of another service, with its context.
    Secret(&'a str),
    /// The key that signs checkpoints of the journal.
    JournalKey,
    /// The data key itself, under the master password.
    DataKey,
}

/// Why something sealed does not open.
#[derive(Debug, thiserror::Error)]
#[error("open sealed bytes: they were altered, or sealed for another use")]
pub struct OpenError;

/// Seals and opens; holds the data key.
pub struct Vault {
    key: RandomizedNonceKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl Use<'_> {
    fn authenticated(self) -> Vec<u8> {
        let (kind, of) = match self {
            Self::Key(id) => ("key", id.as_str()),
            Self::Secret(context) => ("secret", context),
            Self::JournalKey => ("journal-key", ""),
            Self::DataKey => ("data-key", ""),
        };
        [
            b"ers-signer\0".as_slice(),
            kind.as_bytes(),
            &[0],
            of.as_bytes(),
        ]
        .concat()
    }
}

impl Vault {
    /// With the data key.
    ///
    /// # Errors
    /// When the key is not 32 octets long.
    pub fn new(key: &[u8]) -> Result<Self, OpenError> {
        RandomizedNonceKey::new(&AES_256_GCM, key)
            .map(|key| Self { key })
            .map_err(|_| OpenError)
    }

    /// Seals; every call gives other bytes.
    ///
    /// # Errors
    /// When the random number generator fails.
    pub fn seal(&self, purpose: Use<'_>, secret: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut body = secret.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(purpose.authenticated()), &mut body)
            .map_err(|_| OpenError)?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), &body].concat())
    }

    /// Opens what was sealed for the same use.
    ///
    /// # Errors
    /// When it was not, or was altered.
    pub fn open(&self, purpose: Use<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let rest = sealed.strip_prefix(&[VERSION]).ok_or(OpenError)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(purpose.authenticated()),
                &mut body,
            )
            .map_err(|_| OpenError)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_for_its_own_use_and_unaltered() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let sealed = vault
            .seal(Use::Secret("acme/external-account"), b"secret")
            .unwrap();
        assert_eq!(
            vault
                .open(Use::Secret("acme/external-account"), &sealed)
                .unwrap()
                .as_slice(),
            b"secret"
        );
        assert!(vault.open(Use::Secret("acme/other"), &sealed).is_err());
        assert!(
            vault
                .open(Use::Key(&KeyId::new("acme/external-account")), &sealed)
                .is_err()
        );
        assert!(
            Vault::new(&[8; 32])
                .unwrap()
                .open(Use::Secret("acme/external-account"), &sealed)
                .is_err()
        );
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(
                vault
                    .open(Use::Secret("acme/external-account"), &altered)
                    .is_err(),
                "octet {at}"
            );
        }
        for length in 0..sealed.len() {
            assert!(
                vault
                    .open(Use::Secret("acme/external-account"), &sealed[..length])
                    .is_err()
            );
        }
    }

    #[test]
    fn the_same_secret_is_never_sealed_to_the_same_bytes() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let seal = || vault.seal(Use::JournalKey, b"secret").unwrap();
        assert_ne!(seal(), seal());
    }
}
