//! What replicas must agree on and may lose: nonces and the counters of rate limits. In Redis when one is configured,
//! else in memory, which is right for one replica only.

mod limits;
mod memory;
mod redis;

pub use limits::{Limit, Limits};
pub use memory::Memory;
pub use redis::Redis;

use std::time::Duration;

/// What replicas share is out of reach.
#[derive(Debug, thiserror::Error)]
#[error("{act}")]
pub struct SharedError {
    /// What we failed to do.
    pub act: &'static str,
    /// Why.
    #[source]
    pub source: ::redis::RedisError,
}

/// Nonces (RFC 8555 §6.5) and counters.
#[async_trait::async_trait]
pub trait Shared: Send + Sync + 'static {
    /// Remembers a nonce.
    async fn keep_nonce(&self, nonce: &str) -> Result<(), SharedError>;

    /// Forgets a nonce; true, once only, when it was remembered.
    async fn spend_nonce(&self, nonce: &str) -> Result<bool, SharedError>;

    /// Adds one to a counter that is forgotten some time after; returns what it stands at.
    async fn count(&self, counter: &str, forget_after: Duration) -> Result<u64, SharedError>;

    /// What a counter stands at.
    async fn read(&self, counter: &str) -> Result<u64, SharedError>;

    /// Whether it can be reached.
    async fn ping(&self) -> Result<(), SharedError>;
}
