//! The service's configuration. Durations have their unit in the name.

use std::net::SocketAddr;

use ers_pki::key::KeyAlgorithm;
use ers_runtime::db::DatabaseConfig;
use ers_runtime::http::Network;
use serde::Deserialize;

/// Configuration of the SCEP server. Everything but `database` has a default; `listen`, `clm` and `signer` are needed
/// when it runs as a process of its own.
///
/// ```yaml
/// listen: 0.0.0.0:8080                         # plain HTTP, as SCEP is spoken
/// database:
///   url: sqlite:/var/lib/ers/scep.db
/// clm: clm-api:7443
/// signer: signer:7443
/// trusted_proxies: [10.0.0.0/8]                # whose X-Forwarded-For is believed
/// transaction_lifetime_hours: 168              # how long a client may repeat and poll
/// registration_authority:
///   policies: [scep-ra]                        # what RA certificates are asked for under: one for each CA
///   key_algorithm: RSA-2048                    # RSA-3072, RSA-4096: not every device can
///   token: hsm                                 # of the signer; default: the signer's default
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
    /// How long a transaction may be repeated and polled.
    #[serde(default = "transaction_lifetime_hours")]
    pub transaction_lifetime_hours: u32,
    /// What it answers with.
    #[serde(default)]
    pub registration_authority: RegistrationAuthorityConfig,
}

/// Keys and certificates of the registration authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistrationAuthorityConfig {
    /// Policies that its certificates are asked for under; the one counts whose CA issues for the devices.
    pub policies: Vec<String>,
    /// Kind of its keys: RSA, since devices encrypt to them.
    pub key_algorithm: KeyAlgorithm,
    /// Where its keys live; none: the signer's default.
    pub token: Option<String>,
}

impl Config {
    /// Defaults for everything that has one.
    pub fn new(database: DatabaseConfig) -> Self {
        Self {
            listen: None,
            database,
            clm: None,
            signer: None,
            trusted_proxies: Vec::new(),
            transaction_lifetime_hours: transaction_lifetime_hours(),
            registration_authority: RegistrationAuthorityConfig::default(),
        }
    }
}

impl Default for RegistrationAuthorityConfig {
    fn default() -> Self {
        Self {
            policies: vec!["scep-ra".to_owned()],
            key_algorithm: KeyAlgorithm::Rsa2048,
            token: None,
        }
    }
}

fn transaction_lifetime_hours() -> u32 {
    7 * 24
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
        assert_eq!(config.registration_authority.policies, ["scep-ra"]);
        assert_eq!(config.trusted_proxies.len(), 1);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let yaml = "database: {url: 'sqlite::memory:'}\nregistration_authority: {policy: a}\n";
        let error = ers_runtime::config::parse::<Config>(yaml, Path::new("a.yaml"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("policies"), "{error}");
    }
}
