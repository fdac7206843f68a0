//! What the signer does, as a trait: services hold an `Arc<dyn Signer>`.

use std::num::NonZeroU32;

use ers_pki::cms::KeyTransport;
use ers_pki::key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use ers_proto::signer::v1 as wire;
use zeroize::Zeroizing;

use crate::{ChainHead, JournalStream, Key, KeyId, NewKey, Purpose, SignerError, VerifyStream};

/// A signature to be made.
#[derive(Debug, Clone)]
pub struct SignCall<'a> {
    /// The request that it is made for: 1 to 128 visible ASCII characters, the same from the edge to here.
    pub request_id: &'a str,
    /// The key.
    pub key_id: &'a KeyId,
    /// What it is for.
    pub purpose: Purpose,
    /// How.
    pub signature_algorithm: SignatureAlgorithm,
    /// The bytes, whole: DER.
    pub to_be_signed: &'a [u8],
    /// The caller's own note, kept in the journal entry; at most 8 KiB.
    pub context: Vec<u8>,
    /// When given, the signature is verified with it before it is handed on. Leave it away where the signature is
    /// verified anyway, as `Prepared::assemble` does.
    pub public_key: Option<&'a PublicKey>,
}

/// A signature that was made.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Content of the X.509 signature BIT STRING.
    pub signature: Vec<u8>,
    /// The journal chain and ...
    pub chain: String,
    /// ... the number in it of the entry that precedes the signature.
    pub sequence: u64,
}

/// A key that was made for a client; the signer has kept nothing of it.
pub struct ClientKey {
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// PKCS#8, DER, not encrypted.
    pub private_key: Zeroizing<Vec<u8>>,
}

/// Algorithms of message authentication codes, RFC 7518 §3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl MacAlgorithm {
    /// Its name in a JWS header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }
}

/// A message authentication code to be checked with a sealed key.
#[derive(Debug, Clone, Copy)]
pub struct MacCheck<'a> {
    /// The context that the key was sealed with.
    pub context: &'a str,
    /// The key, sealed.
    pub sealed_key: &'a [u8],
    /// How.
    pub algorithm: MacAlgorithm,
    /// The bytes that it is over.
    pub data: &'a [u8],
    /// The code.
    pub mac: &'a [u8],
}

/// A MAC to be computed with a sealed password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordMacCall<'a> {
    /// The context that the password was sealed with.
    pub context: &'a str,
    /// The password, sealed.
    pub sealed_secret: &'a [u8],
    /// AlgorithmIdentifier, DER: PasswordBasedMac or PBMAC1, of at most 100,000 iterations.
    pub algorithm: &'a [u8],
    /// The bytes that it is over.
    pub data: &'a [u8],
}

/// A key to be derived from a sealed password: PBKDF2 with HMAC-SHA-256.
#[derive(Debug, Clone, Copy)]
pub struct PasswordKeyCall<'a> {
    /// The context that the password was sealed with.
    pub context: &'a str,
    /// The password, sealed.
    pub sealed_secret: &'a [u8],
    /// 16 to 128 octets, never used before.
    pub salt: &'a [u8],
    /// 10,000 to 100,000.
    pub iterations: NonZeroU32,
}

/// A content key to be opened.
#[derive(Debug, Clone, Copy)]
pub struct DecryptCall<'a> {
    /// The request that it is for: 1 to 128 visible ASCII characters, the same from the edge to here.
    pub request_id: &'a str,
    /// The key, for the purpose `Decryption`.
    pub key_id: &'a KeyId,
    /// How the content key was encrypted.
    pub transport: KeyTransport,
    /// The content key, encrypted; at most 1 KiB.
    pub ciphertext: &'a [u8],
    /// Octets of the content key: 1 to 64.
    pub expected_length: usize,
}

/// The signer, wherever it runs.
#[async_trait::async_trait]
pub trait Signer: Send + Sync + 'static {
    /// Signs; the journal entry is durable before this returns.
    async fn sign(&self, call: SignCall<'_>) -> Result<Signed, SignerError>;

    /// Opens a content key. What was not encrypted as it should be gives random octets of the expected length, so that
    /// nobody learns of it.
    async fn decrypt(&self, call: DecryptCall<'_>) -> Result<Zeroizing<Vec<u8>>, SignerError>;

    /// Makes a key, or returns the one that has the label, algorithm and creator.
    async fn create_key(&self, new: NewKey) -> Result<Key, SignerError>;

    /// The key of an id.
    async fn load_key(&self, id: &KeyId) -> Result<Key, SignerError>;

    /// All keys.
    async fn list_keys(&self) -> Result<Vec<Key>, SignerError>;

    /// The tokens of the signer's configuration and what each says of itself.
    async fn tokens(&self) -> Result<Vec<wire::Token>, SignerError>;

    /// Destroys a key for good.
    async fn destroy_key(&self, id: &KeyId) -> Result<(), SignerError>;

    /// Makes a key for a client; it is kept nowhere, and each call makes another one.
    async fn make_client_key(
        &self,
        request_id: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<ClientKey, SignerError>;

    /// Seals a small secret (at most 64 KiB); it can only be unsealed with the same context.
    async fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SignerError>;

    /// Gives back what was sealed.
    async fn unseal(&self, context: &str, sealed: &[u8])
    -> Result<Zeroizing<Vec<u8>>, SignerError>;

    /// Whether the code is right; the key stays in the signer.
    async fn verify_mac(&self, check: MacCheck<'_>) -> Result<bool, SignerError>;

    /// A MAC with a password that stays in the signer.
    async fn compute_password_mac(&self, call: PasswordMacCall<'_>)
    -> Result<Vec<u8>, SignerError>;

    /// A key of 32 octets from a password that stays in the signer, to encrypt something for who knows it.
    async fn derive_password_key(
        &self,
        call: PasswordKeyCall<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, SignerError>;

    /// Whether a MAC with a password is right; the password stays in the signer.
    async fn verify_password_mac(
        &self,
        call: PasswordMacCall<'_>,
        mac: &[u8],
    ) -> Result<bool, SignerError>;

    /// As [`Signer::verify_password_mac`], and when it is right gives the key of MACs with another algorithm (DER, the same
    /// with another salt), so that answers are protected without asking again. `None`: the MAC is wrong; an empty key: the
    /// signer is of a release that does not give it.
    async fn open_password_mac(
        &self,
        call: PasswordMacCall<'_>,
        mac: &[u8],
        answer_algorithm: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError>;

    /// The chains of the journal and their heads.
    async fn list_chains(&self) -> Result<Vec<ChainHead>, SignerError>;

    /// Entries of a chain from a number on, up to its head now; only those of the purposes, when any is given.
    async fn read_journal(
        &self,
        chain: &str,
        from_sequence: u64,
        purposes: &[Purpose],
    ) -> Result<JournalStream, SignerError>;

    /// Walks one chain, or all.
    async fn verify_journal(&self, chain: Option<&str>) -> Result<VerifyStream, SignerError>;
}
