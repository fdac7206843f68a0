//! In Redis, for all replicas.

use std::time::Duration;

use redis::AsyncCommands as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::{Shared, SharedError};

const NONCE_SECONDS: u64 = 60 * 60;
const TIMEOUT: Duration = Duration::from_secs(2);
/// Who asks waits for them; who asks next tries anew.
const RETRIES: usize = 1;

/// Nonces and counters of all replicas.
pub struct Redis {
    connection: ConnectionManager,
}

impl Redis {
    /// Connects; lost connections are made again by themselves.
    pub async fn connect(url: &str) -> Result<Self, SharedError> {
        let failed = |source| SharedError {
            act: "connect to redis",
            source,
        };
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(RETRIES)
            .set_response_timeout(Some(TIMEOUT))
            .set_connection_timeout(Some(TIMEOUT));
        let client = redis::Client::open(url).map_err(failed)?;
        let connection = client
            .get_connection_manager_with_config(config)
            .await
            .map_err(failed)?;
        Ok(Self { connection })
    }
}

fn nonce_key(nonce: &str) -> String {
    format!("ers:acme:nonce:{nonce}")
}

fn counter_key(counter: &str) -> String {
    format!("ers:acme:count:{counter}")
}

#[async_trait::async_trait]
impl Shared for Redis {
    async fn keep_nonce(&self, nonce: &str) -> Result<(), SharedError> {
        let kept = self
            .connection
            .clone()
            .set_ex::<_, _, ()>(nonce_key(nonce), 1, NONCE_SECONDS)
            .await;
        kept.map_err(|source| SharedError {
            act: "keep nonce",
            source,
        })
    }

    async fn spend_nonce(&self, nonce: &str) -> Result<bool, SharedError> {
        // GETDEL is one step for Redis: of two replicas one gets it
        let spent: Result<Option<String>, _> =
            self.connection.clone().get_del(nonce_key(nonce)).await;
        spent
            .map(|nonce| nonce.is_some())
            .map_err(|source| SharedError {
                act: "spend nonce",
                source,
            })
    }

    async fn count(&self, counter: &str, forget_after: Duration) -> Result<u64, SharedError> {
        let key = counter_key(counter);
        let seconds = i64::try_from(forget_after.as_secs()).unwrap_or(i64::MAX);
        let (count,): (u64,) = redis::pipe()
            .atomic()
            .incr(&key, 1)
            .expire(&key, seconds)
            .ignore()
            .query_async(&mut self.connection.clone())
            .await
            .map_err(|source| SharedError {
                act: "count",
                source,
            })?;
        Ok(count)
    }

    async fn read(&self, counter: &str) -> Result<u64, SharedError> {
        let count: Result<Option<u64>, _> = self.connection.clone().get(counter_key(counter)).await;
        count
            .map(Option::unwrap_or_default)
            .map_err(|source| SharedError {
                act: "read count",
                source,
            })
    }

    async fn ping(&self) -> Result<(), SharedError> {
        let pong: Result<String, _> = redis::cmd("PING")
            .query_async(&mut self.connection.clone())
            .await;
        pong.map(|_| ()).map_err(|source| SharedError {
            act: "reach redis",
            source,
        })
    }
}
