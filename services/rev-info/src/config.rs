//! rev-info's configuration.

use std::net::SocketAddr;

use serde::Deserialize;

/// Configuration of rev-info. An example with every key:
///
/// ```yaml
/// listen: 0.0.0.0:8080
/// cara: cara-ws:9443
/// signer: signer:9443
/// answers: { cached: 100000, blind_seconds: 60 }
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// CARA, `host:port`.
    pub cara: String,
    /// The signer, `host:port`.
    pub signer: String,
    /// Signed answers.
    #[serde(default)]
    pub answers: Answers,
}

/// How signed answers are kept.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// How many are kept.
    pub cached: u64,
    /// How long kept answers are given while CARA's events do not arrive: a revocation may be unknown for that long.
    pub blind_seconds: u32,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            cached: 100_000,
            blind_seconds: 60,
        }
    }
}
