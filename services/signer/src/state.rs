//! What all flows share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ers_runtime::clock::SharedClock;
use ers_signer_client::KeyId;
use moka::future::Cache;

use crate::backend::Token;
use crate::domain::Grants;
use crate::journal::Journal;
use crate::store::{KeyTable, StoreError, StoredKey};
use crate::telemetry::Metrics;
use crate::vault::Vault;

/// A key that another replica destroyed signs here no longer than this.
const KEY_LIFETIME: Duration = Duration::from_secs(30);
const MAX_KEYS: u64 = 16 * 1024;

/// What all flows share.
pub(crate) struct State {
    pub(crate) grants: Grants,
    pub(crate) keys: KeyTable,
    pub(crate) known_keys: Cache<KeyId, Arc<StoredKey>>,
    pub(crate) tokens: BTreeMap<String, Arc<dyn Token>>,
    pub(crate) default_token: String,
    pub(crate) journal: Journal,
    pub(crate) vault: Arc<Vault>,
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
        Ok(Some(key))
    }
}
