//! What a token can do.

use ers_pki::cms::KeyTransport;
use ers_pki::key::{BadSignature, KeyAlgorithm, MessageDigest, PublicKey, SignatureAlgorithm};
use ers_signer_client::KeyId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Reservation, TokenError};
use crate::store::StoredKey;

/// A key that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewPair<'a> {
    /// The name that its creator gave it.
    pub label: &'a str,
    /// Kind and size.
    pub algorithm: KeyAlgorithm,
    /// Whether it opens content keys too.
    pub decrypts: bool,
}

/// A content key that is to be opened.
#[derive(Debug, Clone)]
pub struct SealedKey {
    /// How it was encrypted.
    pub transport: KeyTransport,
    /// The content key, encrypted.
    pub ciphertext: Vec<u8>,
    /// Octets of the content key.
    pub expected_length: usize,
}

/// A key that was just made.
#[derive(Debug)]
pub struct Generated {
    /// Its public half.
    pub public_key: PublicKey,
    /// What the token needs to find its private half again.
    pub material: Vec<u8>,
}

/// What a token says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model: String,
    /// Its firmware.
    pub firmware_version: String,
    /// Its slot.
    pub slot: u64,
    /// Sessions that are open, when it tells.
    pub sessions: Option<u64>,
    /// Most sessions there may be, when it tells and there is a limit.
    pub max_sessions: Option<u64>,
    /// Names of its mechanisms, as CKM_….
    pub mechanisms: Vec<String>,
    /// Slots of the library without an initialised token.
    pub free_slots: u32,
    /// "ok", "count low", "final try" or "locked".
    pub pin_state: String,
}

/// What is signed.
#[derive(Debug, Clone)]
pub enum Message {
    /// The octets.
    Whole(Vec<u8>),
    /// Of what was read in pieces, the digest by the hash function of the signature algorithm.
    Digest(MessageDigest),
}

impl Message {
    /// Verifies a signature over it.
    ///
    /// # Errors
    /// When it is none.
    pub fn verify(
        &self,
        public_key: &PublicKey,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        match self {
            Self::Whole(message) => public_key.verify(algorithm, message, signature),
            Self::Digest(digest) => public_key.verify_digest(algorithm, digest, signature),
        }
    }
}

/// A place where private keys live and sign.
#[async_trait::async_trait]
pub trait Token: Send + Sync + 'static {
    /// `software` or `pkcs11`.
    fn kind(&self) -> &'static str;

    /// Reserves a place in the queue. It is taken before the journal entry is written: a signature that the token
    /// would turn away leaves no entry.
    ///
    /// # Errors
    /// When the queue is full, or the token is known to be out of reach.
    fn reserve(&self) -> Result<Reservation, TokenError>;

    /// How many places of the queue are taken.
    fn depth(&self) -> usize;

    /// How many places the queue has.
    fn capacity(&self) -> usize;

    /// Fails while the token is known to be out of reach, with the reason.
    ///
    /// # Errors
    /// [`TokenError`]
    fn may_ask(&self) -> Result<(), TokenError>;

    /// What a key that is going to be made will be found by. None where nothing is left behind by a key that was
    /// begun and not finished.
    ///
    /// # Errors
    /// When there are no random numbers.
    fn choose_material(&self) -> Result<Option<Vec<u8>>, TokenError>;

    /// Makes a key, with the material that was chosen for it.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn generate(
        &self,
        place: Reservation,
        id: &KeyId,
        new: NewPair<'_>,
        chosen: Option<Vec<u8>>,
    ) -> Result<Generated, TokenError>;

    /// Whether it signs digests with that algorithm, or must have messages whole.
    fn signs_digests(&self, algorithm: SignatureAlgorithm) -> bool;

    /// Signs with the key that the material finds here: the content of the X.509 signature BIT STRING.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn sign(
        &self,
        place: Reservation,
        key: &StoredKey,
        material: &[u8],
        algorithm: SignatureAlgorithm,
        message: Message,
    ) -> Result<Vec<u8>, TokenError>;

    /// Opens a content key with the key that the material finds here. What was not encrypted as it should be gives
    /// random octets of the expected length.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn open_key(
        &self,
        place: Reservation,
        key: &StoredKey,
        material: &[u8],
        sealed: SealedKey,
    ) -> Result<Zeroizing<Vec<u8>>, TokenError>;

    /// The public half of the key that the material finds here, when both halves are here.
    ///
    /// # Errors
    /// [`TokenError`]; where keys have no copies, always.
    async fn find(
        &self,
        place: Reservation,
        material: &[u8],
        algorithm: KeyAlgorithm,
    ) -> Result<Found, TokenError>;

    /// Destroys a key for good. That there is none is no error.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn destroy(
        &self,
        place: Reservation,
        key: &KeyId,
        material: &[u8],
    ) -> Result<(), TokenError>;

    /// What the token says of itself; none where there is nothing to be said.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn describe(&self, place: Reservation) -> Result<Option<Description>, TokenError>;
}

/// What is found under an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No private key.
    Nothing,
    /// A private key whose public half the token does not tell.
    PrivateKey,
    /// Both halves.
    Pair(PublicKey),
}
