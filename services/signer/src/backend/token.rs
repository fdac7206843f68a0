//! What a token can do.

use ers_pki::key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use ers_signer_client::KeyId;

use super::{Reservation, TokenError};
use crate::store::StoredKey;

/// A key that was just made.
#[derive(Debug)]
pub struct Generated {
    /// Its public half.
    pub public_key: PublicKey,
    /// What the token needs to find its private half again.
    pub material: Vec<u8>,
}

/// A place where private keys live and sign.
#[async_trait::async_trait]
pub trait Token: Send + Sync + 'static {
    /// Reserves a place in the queue. It is taken before the journal entry is written: a signature that the token
    /// would turn away leaves no entry.
    ///
    /// # Errors
    /// When the queue is full, or the token is known to be out of reach.
    fn reserve(&self) -> Result<Reservation, TokenError>;

    /// How many places of the queue are taken.
    fn depth(&self) -> usize;

    /// Makes a key.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn generate(
        &self,
        place: Reservation,
        id: &KeyId,
        label: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Generated, TokenError>;

    /// Signs: the content of the X.509 signature BIT STRING.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn sign(
        &self,
        place: Reservation,
        key: &StoredKey,
        algorithm: SignatureAlgorithm,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, TokenError>;

    /// Destroys a key for good. That there is none is no error.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn destroy(&self, place: Reservation, key: &StoredKey) -> Result<(), TokenError>;
}
