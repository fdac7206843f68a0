//! AES-256-GCM under the data keys. What is sealed for one use does not open for another.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use ers_signer_client::KeyId;
use zeroize::Zeroizing;

/// First octet of what is sealed under the first data key: version 1, then nonce (12 octets), ciphertext, tag (16).
const FIRST_KEY: u8 = 1;
/// First octet of what is sealed under a later one: version 2, then its number (4 octets, big-endian), and on as above.
const LATER_KEY: u8 = 2;

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
    /// A data key of before, under the present one.
    EarlierDataKey(u32),
}

/// Why something sealed does not open.
#[derive(Debug, thiserror::Error)]
#[error("open sealed bytes: they were altered, or sealed for another use")]
pub struct OpenError;

/// The data key in force, and those before it: what was sealed under them still opens.
pub struct Ring {
    generation: u32,
    keys: BTreeMap<u32, RandomizedNonceKey>,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring({})", self.generation)
    }
}

impl Use<'_> {
    fn authenticated(self) -> Vec<u8> {
        let number;
        let (kind, of) = match self {
            Self::Key(id) => ("key", id.as_str()),
            Self::Secret(context) => ("secret", context),
            Self::JournalKey => ("journal-key", ""),
            Self::DataKey => ("data-key", ""),
            Self::EarlierDataKey(generation) => {
                number = generation.to_string();
                ("earlier-data-key", number.as_str())
            }
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

/// Number of the data key that something is sealed under; the first is 1.
pub fn generation_of(sealed: &[u8]) -> Option<u32> {
    split(sealed).map(|(generation, _)| generation)
}

fn split(sealed: &[u8]) -> Option<(u32, &[u8])> {
    match sealed.split_first()? {
        (&FIRST_KEY, rest) => Some((1, rest)),
        (&LATER_KEY, rest) => {
            let (generation, rest) = rest.split_first_chunk()?;
            Some((u32::from_be_bytes(*generation), rest))
        }
        _ => None,
    }
}

impl Ring {
    /// With the data key of a number, in force.
    ///
    /// # Errors
    /// When the key is not 32 octets long.
    pub fn new(generation: u32, key: &[u8]) -> Result<Self, OpenError> {
        let mut ring = Self {
            generation,
            keys: BTreeMap::new(),
        };
        ring.add(generation, key)?;
        Ok(ring)
    }

    /// Adds a data key of before.
    ///
    /// # Errors
    /// When the key is not 32 octets long.
    pub fn add(&mut self, generation: u32, key: &[u8]) -> Result<(), OpenError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| OpenError)?;
        self.keys.insert(generation, key);
        Ok(())
    }

    /// Number of the key in force.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Seals; every call gives other bytes.
    ///
    /// # Errors
    /// When the random number generator fails.
    pub fn seal(&self, purpose: Use<'_>, secret: &[u8]) -> Result<Vec<u8>, OpenError> {
        let key = self.keys.get(&self.generation).ok_or(OpenError)?;
        let mut body = secret.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(purpose.authenticated()), &mut body)
            .map_err(|_| OpenError)?;
        let generation = self.generation.to_be_bytes();
        let (version, generation) = match self.generation {
            1 => ([FIRST_KEY], &[][..]),
            _ => ([LATER_KEY], &generation[..]),
        };
        Ok([&version, generation, nonce.as_ref().as_slice(), &body].concat())
    }

    /// Opens what was sealed for the same use.
    ///
    /// # Errors
    /// When it was not, or was altered.
    pub fn open(&self, purpose: Use<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (generation, rest) = split(sealed).ok_or(OpenError)?;
        let key = self.keys.get(&generation).ok_or(OpenError)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = key
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
        let vault = Ring::new(1, &[7; 32]).unwrap();
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
            Ring::new(1, &[8; 32])
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
        let vault = Ring::new(1, &[7; 32]).unwrap();
        let seal = || vault.seal(Use::JournalKey, b"secret").unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn what_an_earlier_key_sealed_opens_and_what_a_later_one_sealed_says_so() {
        let first = Ring::new(1, &[7; 32]).unwrap();
        let mut second = Ring::new(2, &[8; 32]).unwrap();
        let old = first.seal(Use::JournalKey, b"old").unwrap();
        assert!(second.open(Use::JournalKey, &old).is_err());
        second.add(1, &[7; 32]).unwrap();
        assert_eq!(
            second.open(Use::JournalKey, &old).unwrap().as_slice(),
            b"old"
        );
        let new = second.seal(Use::JournalKey, b"new").unwrap();
        assert_eq!(
            (generation_of(&old), generation_of(&new)),
            (Some(1), Some(2))
        );
        assert_eq!(
            second.open(Use::JournalKey, &new).unwrap().as_slice(),
            b"new"
        );
        assert!(first.open(Use::JournalKey, &new).is_err());
        assert_eq!(generation_of(&[2, 0, 0]), None);
        assert_eq!(generation_of(&[9; 40]), None);
    }
}
