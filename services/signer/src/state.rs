//! What all flows share.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use ers_runtime::clock::SharedClock;
use ers_signer_client::{KeyId, KeyQuarantine};
use moka::future::Cache;
use parking_lot::RwLock;
use tokio::sync::Semaphore;

use crate::backend::Token;
use crate::domain::Grants;
use crate::journal::Journal;
use crate::store::{KeyTable, StoreError, StoredKey};
use crate::telemetry::Metrics;
use crate::vault::Vault;

/// A key that another replica destroyed signs here no longer than this.
const KEY_LIFETIME: Duration = Duration::from_secs(30);
/// A token that had not the key under its id is asked for it last for so long.
const SHUN_LIFETIME: Duration = Duration::from_secs(60);
const MAX_KEYS: u64 = 16 * 1024;

/// What all flows share.
pub(crate) struct State {
    pub(crate) grants: Grants,
    pub(crate) keys: KeyTable,
    pub(crate) known_keys: Cache<KeyId, Arc<StoredKey>>,
    /// Keys that this process destroyed: one that was being read meanwhile is not believed.
    pub(crate) destroyed: Cache<KeyId, ()>,
    /// Keys that this process saw sign wrongly, also while the database cannot be told.
    pub(crate) quarantined: RwLock<HashMap<KeyId, KeyQuarantine>>,
    /// Tokens that had not the key that they should have.
    pub(crate) shunned: Cache<(KeyId, String), ()>,
    /// Whose turn it is among tokens with equal queues.
    pub(crate) turn: AtomicUsize,
    pub(crate) tokens: BTreeMap<String, Arc<dyn Token>>,
    pub(crate) default_token: String,
    /// The chain that this process writes.
    pub(crate) chain: String,
    /// When this process started, epoch milliseconds.
    pub(crate) started_at_ms: i64,
    pub(crate) journal: Journal,
    pub(crate) vault: Arc<Vault>,
    /// Places for codes with passwords that take long to compute.
    pub(crate) slow_macs: Semaphore,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Arc<Metrics>,
}

impl State {
    pub(crate) fn known_keys() -> Cache<KeyId, Arc<StoredKey>> {
        Cache::builder()
            .max_capacity(MAX_KEYS)
            .time_to_live(KEY_LIFETIME)
            .build()
    }

    pub(crate) fn destroyed_keys() -> Cache<KeyId, ()> {
        Cache::builder()
            .max_capacity(MAX_KEYS)
            .time_to_live(KEY_LIFETIME * 2)
            .build()
    }

    pub(crate) fn shunned_tokens() -> Cache<(KeyId, String), ()> {
        Cache::builder()
            .max_capacity(MAX_KEYS)
            .time_to_live(SHUN_LIFETIME)
            .build()
    }

    /// Why a key may not sign at present.
    pub(crate) fn quarantine(&self, key: &StoredKey) -> Option<KeyQuarantine> {
        let here = || self.quarantined.read().get(&key.key.id).cloned();
        key.key.quarantine.clone().or_else(here)
    }

    /// The key of an id, from memory where it is known.
    pub(crate) async fn find_key(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        if let Some(key) = self.known_keys.get(id).await {
            return Ok(Some(key));
        }
        let Some(key) = self.keys.find(id).await? else {
            return Ok(None);
        };
        let key = Arc::new(key);
        self.known_keys.insert(id.clone(), Arc::clone(&key)).await;
        if self.destroyed.contains_key(id) {
            self.known_keys.invalidate(id).await;
            return Ok(None);
        }
        Ok(Some(key))
    }
}
