//! The service's configuration. Durations have their unit in the name.

use std::net::{IpAddr, SocketAddr};

use ers_runtime::config::Secret;
use ers_runtime::db::DatabaseConfig;
use ers_runtime::http::Network;
use serde::Deserialize;
use url::Url;

/// Configuration of the ACME server. Everything but `external_url` and `database` has a default; `listen`, `clm` and
/// `signer` are needed when it runs as a process of its own.
///
/// ```yaml
/// external_url: https://pki.example.com        # what clients see, without /acme
/// listen: 0.0.0.0:8080                         # plain HTTP, behind the ingress that ends TLS
/// database:
///   url: sqlite:/var/lib/ers/acme.db
/// clm: clm-api:7443
/// signer: signer:7443
/// redis: env:REDIS_URL                         # shared nonces and limits; without it: one replica only
/// terms_of_service: https://pki.example.com/terms
/// website: https://pki.example.com
/// trusted_proxies: [10.0.0.0/8]                # whose X-Forwarded-For is believed
/// external_accounts_reusable: false            # whether an external account key may serve several accounts
/// order_lifetime_hours: 168
/// authorization_lifetime_hours: 720
/// validation:
///   http_port: 80
///   https_port: 443                            # only for redirects
///   tls_alpn_port: 443
///   resolvers: ["192.0.2.53:53"]               # default: those of the system
///   denied_networks: [127.0.0.0/8, "::1", 169.254.0.0/16, "fe80::/10"]
///   attempts: 4
///   first_retry_ms: 1000                       # doubles each time
///   attempt_timeout_ms: 10000
///   concurrent: 256
///   perspectives:                              # all must see the same; one here is always there
///     - {name: branch, resolvers: ["198.51.100.53:53"], source: 198.51.100.7}
/// limits:                                      # per hour; 0: none
///   new_accounts_per_address: 500
///   new_orders_per_account: 3000
///   new_orders_per_address: 10000
///   new_orders_per_names: 100                  # for exactly the same names, over all accounts
///   failed_validations_per_name: 60
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Scheme, host and port that clients use. Never taken from a request.
    pub external_url: Url,
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
    /// URL of a Redis that all replicas share.
    #[serde(default)]
    pub redis: Option<Secret>,
    /// Terms of service that every account must agree to.
    #[serde(default)]
    pub terms_of_service: Option<Url>,
    /// Told in the directory.
    #[serde(default)]
    pub website: Option<Url>,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// Whether an external account key may serve several accounts.
    #[serde(default)]
    pub external_accounts_reusable: bool,
    /// How long an order can be finalized.
    #[serde(default = "order_lifetime_hours")]
    pub order_lifetime_hours: u32,
    /// How long a proven authorization entitles to revoke.
    #[serde(default = "authorization_lifetime_hours")]
    pub authorization_lifetime_hours: u32,
    /// How names are validated.
    #[serde(default)]
    pub validation: ValidationConfig,
    /// Rate limits.
    #[serde(default)]
    pub limits: LimitsConfig,
}

/// How names are validated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationConfig {
    /// Where http-01 asks.
    pub http_port: u16,
    /// Where redirects to https may lead.
    pub https_port: u16,
    /// Where tls-alpn-01 asks.
    pub tls_alpn_port: u16,
    /// Resolvers; empty: those of the system.
    pub resolvers: Vec<SocketAddr>,
    /// Addresses that are never connected to.
    pub denied_networks: Vec<Network>,
    /// How often a challenge is tried before it is invalid; at least once.
    pub attempts: u32,
    /// Wait before the second attempt; doubles each time.
    pub first_retry_ms: u64,
    /// Longest time for one attempt.
    pub attempt_timeout_ms: u64,
    /// Most validations at a time.
    pub concurrent: usize,
    /// From where names are looked at beside here; all must see the same.
    pub perspectives: Vec<PerspectiveConfig>,
}

/// A place from which names are looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerspectiveConfig {
    /// Told when it sees something else.
    pub name: String,
    /// Its resolvers; empty: those of the system.
    #[serde(default)]
    pub resolvers: Vec<SocketAddr>,
    /// The address of this machine that its connections come from; by routing by source they take their own way.
    #[serde(default)]
    pub source: Option<IpAddr>,
}

/// Rate limits per hour; 0: none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// New accounts from one address.
    pub new_accounts_per_address: u64,
    /// New orders of one account.
    pub new_orders_per_account: u64,
    /// New orders from one address.
    pub new_orders_per_address: u64,
    /// New orders for exactly the same names, over all accounts.
    pub new_orders_per_names: u64,
    /// Failed validations of one name by one account.
    pub failed_validations_per_name: u64,
}

impl Config {
    /// Defaults for everything that has one.
    pub fn new(external_url: Url, database: DatabaseConfig) -> Self {
        Self {
            external_url,
            listen: None,
            database,
            clm: None,
            signer: None,
            redis: None,
            terms_of_service: None,
            website: None,
            trusted_proxies: Vec::new(),
            external_accounts_reusable: false,
            order_lifetime_hours: order_lifetime_hours(),
            authorization_lifetime_hours: authorization_lifetime_hours(),
            validation: ValidationConfig::default(),
            limits: LimitsConfig::default(),
        }
    }
}

impl Default for ValidationConfig {
    fn default() -> Self {
        Self {
            http_port: 80,
            https_port: 443,
            tls_alpn_port: 443,
            resolvers: Vec::new(),
            denied_networks: Network::denied_by_default(),
            attempts: 4,
            first_retry_ms: 1000,
            attempt_timeout_ms: 10_000,
            concurrent: 256,
            perspectives: Vec::new(),
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            new_accounts_per_address: 500,
            new_orders_per_account: 3000,
            new_orders_per_address: 10_000,
            new_orders_per_names: 100,
            failed_validations_per_name: 60,
        }
    }
}

fn order_lifetime_hours() -> u32 {
    7 * 24
}

fn authorization_lifetime_hours() -> u32 {
    30 * 24
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
        assert_eq!(config.validation.resolvers.len(), 1);
        assert_eq!(config.validation.perspectives.len(), 1);
        assert_eq!(config.limits.new_orders_per_account, 3000);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let yaml = "external_url: https://a.test\ndatabase: {url: 'sqlite::memory:'}\nvalidation: {port: 80}\n";
        let error = ers_runtime::config::parse::<Config>(yaml, Path::new("a.yaml"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("validation") && error.contains("http_port"),
            "{error}"
        );
    }
}
