//! The service's configuration. Durations have their unit in the name.

use std::net::SocketAddr;

use ers_pki::key::KeyAlgorithm;
use ers_runtime::db::DatabaseConfig;
use ers_runtime::http::Network;
use serde::Deserialize;

/// Configuration of the CMP server. Everything but `database` has a default; `listen`, `clm` and `signer` are needed
/// when it runs as a process of its own.
///
/// ```yaml
/// listen: 0.0.0.0:8080                         # plain HTTP; CMP protects its messages itself
/// database:
///   url: sqlite:/var/lib/ers/cmp.db
/// clm: clm-api:7443
/// signer: signer:7443
/// trusted_proxies: [10.0.0.0/8]                # whose X-Forwarded-For is believed
/// clock_tolerance_seconds: 300                 # how far messageTime may be from our time
/// transaction_lifetime_hours: 168              # how long a transaction can be gone on with
/// sweep_seconds: 10                            # how often certificates that nobody confirmed are looked for
/// signer_key: P-256                            # kind of the key that answers are signed with
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens when it runs alone.
    #[serde(default)]
    pub listen: Option<SocketAddr>,
    /// Its database.
    pub database: DatabaseConfig,
    /// Address of clm-api when it runs alone.
    #[serde(default)]
    pub clm: Option<String>,
    /// Address of the signer when it runs alone.
    #[serde(default)]
    pub signer: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// How far messageTime may be from our time.
    #[serde(default = "clock_tolerance_seconds")]
    pub clock_tolerance_seconds: u32,
    /// How long a transaction can be gone on with.
    #[serde(default = "transaction_lifetime_hours")]
    pub transaction_lifetime_hours: u32,
    /// How often certificates that nobody confirmed in time are looked for.
    #[serde(default = "sweep_seconds")]
    pub sweep_seconds: u32,
    /// Kind of the key that answers are signed with.
    #[serde(default = "signer_key")]
    pub signer_key: KeyAlgorithm,
}

impl Config {
    /// Defaults over a database.
    pub fn new(database: DatabaseConfig) -> Self {
        Self {
            listen: None,
            database,
            clm: None,
            signer: None,
            trusted_proxies: Vec::new(),
            clock_tolerance_seconds: clock_tolerance_seconds(),
            transaction_lifetime_hours: transaction_lifetime_hours(),
            sweep_seconds: sweep_seconds(),
            signer_key: signer_key(),
        }
    }
}

fn clock_tolerance_seconds() -> u32 {
    300
}

fn transaction_lifetime_hours() -> u32 {
    7 * 24
}

fn sweep_seconds() -> u32 {
    10
}

fn signer_key() -> KeyAlgorithm {
    KeyAlgorithm::P256
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_example_in_the_documentation_is_right() {
        let source = include_str!("config.rs");
        let example: String = source
            .lines()
            .skip_while(|line| !line.contains("```yaml"))
            .skip(1)
            .take_while(|line| !line.contains("```"))
            .map(|line| format!("{}\n", line.trim_start_matches("///")))
            .collect();
        let config: Config = ers_runtime::config::parse(&example, Path::new("example")).unwrap();
        assert_eq!(config.trusted_proxies.len(), 1);
        let defaults = Config::new(config.database.clone());
        assert_eq!(
            config.clock_tolerance_seconds,
            defaults.clock_tolerance_seconds
        );
        assert_eq!(
            config.transaction_lifetime_hours,
            defaults.transaction_lifetime_hours
        );
        assert_eq!(config.signer_key, defaults.signer_key);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let yaml = "database: {url: 'sqlite::memory:'}\nsweep: 10\n";
        let error = ers_runtime::config::parse::<Config>(yaml, Path::new("a.yaml"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("sweep"), "{error}");
    }
}
