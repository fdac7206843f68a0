//! The key that signs how far a chain has come: tail entries that vanish later are missed by it.

use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};

use super::Head;
use super::error::JournalKeyError;
use crate::store::{Checkpoint, Secrets, StoredSecret};
use crate::vault::{Use, Vault};

const NAME: &str = "journal-key";
const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Sha256WithEcdsa;

/// Signs checkpoints; one per database, made at first start, sealed under the data key. Who can write the database
/// but does not know the master password cannot make a checkpoint.
#[derive(Debug)]
pub struct JournalKey {
    key: PrivateKey,
}

impl JournalKey {
    /// The key of a database; made when there is none.
    ///
    /// # Errors
    /// When it cannot be read, opened or made.
    pub async fn load_or_make(secrets: &Secrets, vault: &Vault) -> Result<Self, JournalKeyError> {
        let stored = match secrets.find(NAME).await.map_err(JournalKeyError::Store)? {
            Some(stored) => stored,
            None => {
                let key = PrivateKey::generate(KeyAlgorithm::P256).map_err(JournalKeyError::Key)?;
                let der = key.to_pkcs8_der().map_err(JournalKeyError::Key)?;
                let sealed = vault
                    .seal(Use::JournalKey, &der)
                    .map_err(JournalKeyError::Sealed)?;
                let stored = StoredSecret {
                    derivation: String::new(),
                    sealed,
                };
                secrets
                    .insert_or_find(NAME, stored)
                    .await
                    .map_err(JournalKeyError::Store)?
            }
        };
        let der = vault
            .open(Use::JournalKey, &stored.sealed)
            .map_err(JournalKeyError::Sealed)?;
        PrivateKey::from_pkcs8_der(&der)
            .map(|key| Self { key })
            .map_err(JournalKeyError::Key)
    }

    /// States where a chain ends. None when the key fails, which a software key does not.
    pub(super) fn state(&self, chain: &str, head: Head, at_ms: i64) -> Option<Checkpoint> {
        let statement = to_be_signed(chain, head, at_ms);
        let signature = self.key.sign(ALGORITHM, &statement).ok()?;
        Some(Checkpoint {
            chain: chain.to_owned(),
            sequence: head.sequence,
            entry_hash: head.hash,
            at_ms,
            signature,
        })
    }

    /// Whether this key signed a checkpoint.
    pub(super) fn signed(&self, checkpoint: &Checkpoint) -> bool {
        let head = Head {
            sequence: checkpoint.sequence,
            hash: checkpoint.entry_hash,
        };
        let statement = to_be_signed(&checkpoint.chain, head, checkpoint.at_ms);
        self.key
            .public_key()
            .verify(ALGORITHM, &statement, &checkpoint.signature)
            .is_ok()
    }
}

/// Domain, chain with its length, number, hash, time; numbers big-endian.
fn to_be_signed(chain: &str, head: Head, at_ms: i64) -> Vec<u8> {
    [
        b"ers-journal-checkpoint-v1\0".as_slice(),
        &(chain.len() as u64).to_be_bytes(),
        chain.as_bytes(),
        &head.sequence.to_be_bytes(),
        head.hash.as_bytes(),
        &at_ms.to_be_bytes(),
    ]
    .concat()
}
