//! The private half of checkpoints: the key that signs how far a chain has come. Tail entries that vanish later are
//! missed by it.

use std::sync::Arc;
use std::time::Duration;

use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_runtime::clock::SharedClock;
use ers_runtime::error::chain as chain_of;
use ers_runtime::shutdown::Shutdown;
use parking_lot::RwLock;

use super::error::JournalKeyError;
use super::keys::{ALGORITHM, to_be_signed};
use super::{Checkpoint, CheckpointKey, CheckpointKeys, Head};
use crate::store::{CheckpointKeyTable, Secrets, StoredSecret};
use crate::vault::{Use, Vault};

/// Name of its row in `signer_secret`.
pub const NAME: &str = "journal-key";

/// So often a key of another replica is looked for.
const FOLLOW: Duration = Duration::from_secs(30);

/// Signs checkpoints; one per database, made at first start, sealed under the data key. Who can write the database
/// but does not know the master password cannot make a checkpoint.
#[derive(Debug)]
pub struct JournalKey {
    secrets: Secrets,
    table: CheckpointKeyTable,
    vault: Arc<Vault>,
    clock: SharedClock,
    current: RwLock<Arc<Current>>,
}

#[derive(Debug)]
struct Current {
    key: PrivateKey,
    keys: Arc<CheckpointKeys>,
}

impl JournalKey {
    /// The key of a database; made when there is none.
    ///
    /// # Errors
    /// When it cannot be read, opened or made.
    pub async fn load_or_make(
        secrets: &Secrets,
        table: CheckpointKeyTable,
        vault: &Arc<Vault>,
        clock: SharedClock,
    ) -> Result<Self, JournalKeyError> {
        if secrets
            .find(NAME)
            .await
            .map_err(JournalKeyError::Store)?
            .is_none()
        {
            let key = PrivateKey::generate(KeyAlgorithm::P256).map_err(JournalKeyError::Key)?;
            secrets
                .insert_or_find(NAME, sealed(&key, vault)?)
                .await
                .map_err(JournalKeyError::Store)?;
        }
        let current = load(secrets, &table, vault, &clock).await?;
        Ok(Self {
            secrets: secrets.clone(),
            table,
            vault: Arc::clone(vault),
            clock,
            current: RwLock::new(Arc::new(current)),
        })
    }

    /// All public keys.
    pub fn keys(&self) -> Arc<CheckpointKeys> {
        Arc::clone(&self.current.read().keys)
    }

    /// Makes another key, signed by the one before it, which is forgotten. All of it happens or nothing.
    ///
    /// # Errors
    /// The database's; another replica that did the same at the same time.
    pub async fn rotate(&self) -> Result<CheckpointKey, JournalKeyError> {
        let before = Arc::clone(&self.current.read());
        let previous = before.keys.newest().ok_or(JournalKeyError::Foreign)?;
        let key = PrivateKey::generate(KeyAlgorithm::P256).map_err(JournalKeyError::Key)?;
        let next = CheckpointKey::after(Some((previous, &before.key)), &key, self.clock.now_ms())
            .map_err(JournalKeyError::Key)?;
        self.table
            .replace(&self.secrets, &next, NAME, sealed(&key, &self.vault)?)
            .await
            .map_err(JournalKeyError::Store)?;
        self.refresh().await?;
        Ok(next)
    }

    /// Takes over the key that another replica has made.
    ///
    /// # Errors
    /// When it cannot be read or opened; the one before stays in use.
    pub async fn refresh(&self) -> Result<(), JournalKeyError> {
        let current = load(&self.secrets, &self.table, &self.vault, &self.clock).await?;
        *self.current.write() = Arc::new(current);
        Ok(())
    }

    /// Takes over, from time to time, what other replicas have made, until shutdown.
    pub async fn follow(self: Arc<Self>, shutdown: Shutdown) {
        while shutdown.sleep(FOLLOW).await {
            let known = self.keys().newest().map(|key| key.number);
            let outcome = match self.table.newest().await {
                Ok(newest) if newest == known => continue,
                Ok(_) => self.refresh().await,
                Err(error) => Err(JournalKeyError::Store(error)),
            };
            if let Err(error) = outcome {
                tracing::warn!(error = chain_of(&error), "checkpoint key not read again");
            }
        }
    }

    /// States where a chain ends. None when the key fails, which a software key does not.
    pub(super) fn state(&self, chain: &str, head: Head, at_ms: i64) -> Option<Checkpoint> {
        let current = Arc::clone(&self.current.read());
        let statement = to_be_signed(chain, head, at_ms);
        let signature = current.key.sign(ALGORITHM, &statement).ok()?;
        Some(Checkpoint {
            chain: chain.to_owned(),
            sequence: head.sequence,
            entry_hash: head.hash,
            at_ms,
            signature,
        })
    }

    /// Whether this key, or one before it, signed a checkpoint.
    pub(super) fn signed(&self, checkpoint: &Checkpoint) -> bool {
        self.keys().signer_of(checkpoint).is_some()
    }
}

fn sealed(key: &PrivateKey, vault: &Vault) -> Result<StoredSecret, JournalKeyError> {
    let der = key.to_pkcs8_der().map_err(JournalKeyError::Key)?;
    Ok(StoredSecret {
        derivation: String::new(),
        sealed: vault
            .seal(Use::JournalKey, &der)
            .map_err(JournalKeyError::Sealed)?,
    })
}

/// The key and its line. A database of an earlier release has a key without a line, which begins with it now.
async fn load(
    secrets: &Secrets,
    table: &CheckpointKeyTable,
    vault: &Vault,
    clock: &SharedClock,
) -> Result<Current, JournalKeyError> {
    let stored = secrets
        .find(NAME)
        .await
        .map_err(JournalKeyError::Store)?
        .ok_or(JournalKeyError::Foreign)?;
    vault.know(&stored.sealed).await;
    let der = vault
        .open(Use::JournalKey, &stored.sealed)
        .map_err(JournalKeyError::Sealed)?;
    let key = PrivateKey::from_pkcs8_der(&der).map_err(JournalKeyError::Key)?;
    let mut line = table.list().await.map_err(JournalKeyError::Store)?;
    if line.is_empty() {
        let first =
            CheckpointKey::after(None, &key, clock.now_ms()).map_err(JournalKeyError::Key)?;
        table
            .insert_first(&first)
            .await
            .map_err(JournalKeyError::Store)?;
        line = table.list().await.map_err(JournalKeyError::Store)?;
    }
    let own = key.public_key().spki_der();
    let keys = CheckpointKeys::new(line, Some(own)).map_err(JournalKeyError::Line)?;
    if keys.newest().is_none_or(|newest| newest.public_key != own) {
        return Err(JournalKeyError::Foreign);
    }
    Ok(Current {
        key,
        keys: Arc::new(keys),
    })
}
