//! In memory, bounded.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use parking_lot::Mutex;

use super::{Shared, SharedError};

/// A client that holds a nonce while so many others are given loses it, and is given a fresh one with `badNonce`.
const MOST_NONCES: usize = 100_000;
const MOST_COUNTERS: u64 = 100_000;
/// Limits count per hour.
const COUNTER_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// Nonces and counters of this process.
pub struct Memory {
    nonces: Mutex<Nonces>,
    counters: Cache<String, Arc<AtomicU64>>,
}

#[derive(Default)]
struct Nonces {
    known: HashSet<String>,
    by_age: VecDeque<String>,
}

impl Memory {
    /// Empty.
    pub fn new() -> Self {
        Self {
            nonces: Mutex::default(),
            counters: Cache::builder()
                .max_capacity(MOST_COUNTERS)
                .time_to_live(COUNTER_AGE)
                .build(),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait::async_trait]
impl Shared for Memory {
    async fn keep_nonce(&self, nonce: &str) -> Result<(), SharedError> {
        let mut nonces = self.nonces.lock();
        nonces.known.insert(nonce.to_owned());
        nonces.by_age.push_back(nonce.to_owned());
        if nonces.by_age.len() > MOST_NONCES
            && let Some(oldest) = nonces.by_age.pop_front()
        {
            nonces.known.remove(&oldest);
        }
        Ok(())
    }

    async fn spend_nonce(&self, nonce: &str) -> Result<bool, SharedError> {
        Ok(self.nonces.lock().known.remove(nonce))
    }

    async fn count(&self, counter: &str, _forget_after: Duration) -> Result<u64, SharedError> {
        let counter = self
            .counters
            .get_with_by_ref(counter, async { Arc::default() })
            .await;
        Ok(counter.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn read(&self, counter: &str) -> Result<u64, SharedError> {
        let counter = self.counters.get(counter).await;
        Ok(counter.map_or(0, |counter| counter.load(Ordering::Relaxed)))
    }

    async fn ping(&self) -> Result<(), SharedError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_nonce_is_spent_once() {
        let memory = Memory::new();
        memory.keep_nonce("a").await.unwrap();
        assert!(memory.spend_nonce("a").await.unwrap());
        assert!(!memory.spend_nonce("a").await.unwrap());
        assert!(!memory.spend_nonce("b").await.unwrap());
    }

    #[tokio::test]
    async fn the_oldest_nonces_are_forgotten_first() {
        let memory = Memory::new();
        for number in 0..=MOST_NONCES {
            memory.keep_nonce(&number.to_string()).await.unwrap();
        }
        assert!(!memory.spend_nonce("0").await.unwrap());
        assert!(memory.spend_nonce("1").await.unwrap());
        assert_eq!(memory.nonces.lock().by_age.len(), MOST_NONCES);
    }
}
