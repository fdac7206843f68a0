//! The public keys that get no certificates any more, in memory: issuing looks here. What another replica blocks is known a
//! look at the database later, which is every quarter of a second.

use std::collections::HashSet;

use ers_pki::key::PublicKey;
use parking_lot::RwLock;

use crate::{
    domain::KeyHash,
    store::{Store, StoreError},
};

/// Clocks of replicas may differ by so much.
const OVERLAP_MS: i64 = 600_000;

/// The blocked keys.
#[derive(Default)]
pub struct BlockedKeys {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashSet<KeyHash>,
    /// Keys blocked before this time, epoch milliseconds, are among them.
    until_ms: i64,
}

impl BlockedKeys {
    /// Whether a key is blocked.
    pub fn contains(&self, key: &PublicKey) -> bool {
        let known = self.known.read();
        !known.keys.is_empty() && known.keys.contains(&KeyHash::of(key))
    }

    /// Learns what was blocked since the last look.
    pub async fn learn(&self, store: &Store, now_ms: i64) -> Result<(), StoreError> {
        let since_ms = self.known.read().until_ms.saturating_sub(OVERLAP_MS);
        let new = store.load_blocked_keys(since_ms).await?;
        let mut known = self.known.write();
        known.keys.extend(new);
        known.until_ms = known.until_ms.max(now_ms);
        Ok(())
    }

    /// Forgets what was unblocked elsewhere: reads all anew when there are fewer than are known here.
    pub async fn forget(&self, store: &Store, now_ms: i64) -> Result<(), StoreError> {
        let known = self.known.read().keys.len();
        if store.count_blocked_keys().await? >= u64::try_from(known).unwrap_or(u64::MAX) {
            return Ok(());
        }
        let all = store.load_blocked_keys(i64::MIN).await?;
        let mut known = self.known.write();
        known.keys = all.into_iter().collect();
        known.until_ms = now_ms;
        Ok(())
    }
}
