//! Configuration of CLM.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use ers_runtime::{config::Secret, db::DatabaseConfig};
use serde::Deserialize;

/// Configuration of CLM.
///
/// ```yaml
/// database:
///   url: env:CLM_DATABASE_URL        # sqlite:/path/clm.db, postgres://…, mysql://…
///   max_connections: 16
/// sessions:
///   lifetime_minutes: 720            # from the login on
///   idle_minutes: 60                 # without a request
/// policy_refresh_ms: 1000            # how often replicas look for changed policies
/// approval_retry_seconds: 60         # when to ask again for what waits for a person
/// max_enrollments: 256               # requests worked on at the same time; further ones are refused at once
/// webhooks:                          # who judges SCEP challenges that are not ours; policies name them
///   intune: {url: https://mdm.example.com/scep, token: env:WEBHOOK_TOKEN, authorities: /etc/ers/mdm-ca.pem, timeout_seconds: 10}
/// alone:                             # only as a process of its own
///   listen: 0.0.0.0:9443             # gRPC
///   http_listen: 0.0.0.0:8080        # REST, behind the ingress
///   cara: cara-ws:9443
///   signer: signer:9443
///   default_issuer: default-sub-ca   # what the ready policies issue from
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database of CLM.
    pub database: DatabaseConfig,
    /// How long logins last.
    #[serde(default)]
    pub sessions: SessionConfig,
    /// How often replicas look for changed policies.
    #[serde(default = "usual_policy_refresh")]
    pub policy_refresh_ms: u64,
    /// When to ask again for what waits for a person.
    #[serde(default = "usual_approval_retry")]
    pub approval_retry_seconds: u32,
    /// Most requests for certificates worked on at the same time. Further ones are refused at once, to be tried again: who
    /// waits behind more than can be done in time has no use of the answer.
    #[serde(default = "usual_max_enrollments")]
    pub max_enrollments: u32,
    /// Who judges SCEP challenges that are not ours, by the names that policies have for them.
    #[serde(default)]
    pub webhooks: BTreeMap<String, WebhookConfig>,
    /// What a process of its own needs besides.
    #[serde(default)]
    pub alone: Option<Alone>,
}

/// Somebody who judges challenges.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where to POST to; `https` only.
    pub url: String,
    /// What to show there, as a bearer token.
    pub token: Secret,
    /// The CAs whose certificate the other side may show, PEM.
    pub authorities: PathBuf,
    /// How long to wait for the answer.
    #[serde(default = "usual_webhook_timeout")]
    pub timeout_seconds: u64,
}

/// How long logins last.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// From the login on.
    pub lifetime_minutes: u32,
    /// Without a request.
    pub idle_minutes: u32,
}

/// What a process of its own needs besides.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// Where gRPC is served.
    pub listen: SocketAddr,
    /// Where REST is served, without TLS: the ingress has it.
    pub http_listen: SocketAddr,
    /// Address of CARA, `host:port`.
    pub cara: String,
    /// Address of the signer, `host:port`.
    pub signer: String,
    /// What the ready policies issue from. When given, realms, ready policies and the first administrator are made at
    /// start; otherwise somebody else does that.
    #[serde(default)]
    pub default_issuer: Option<String>,
    /// What the platform's own certificates come from; absent: the same.
    #[serde(default)]
    pub platform_issuer: Option<String>,
}

impl Config {
    /// With everything but the database as usual.
    #[must_use]
    pub fn over(database: DatabaseConfig) -> Self {
        Self {
            database,
            sessions: SessionConfig::default(),
            policy_refresh_ms: usual_policy_refresh(),
            approval_retry_seconds: usual_approval_retry(),
            max_enrollments: usual_max_enrollments(),
            webhooks: BTreeMap::new(),
            alone: None,
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            lifetime_minutes: 720,
            idle_minutes: 60,
        }
    }
}

fn usual_policy_refresh() -> u64 {
    1000
}

fn usual_approval_retry() -> u32 {
    60
}

fn usual_webhook_timeout() -> u64 {
    10
}

fn usual_max_enrollments() -> u32 {
    256
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The example in the documentation above.
    fn example() -> String {
        include_str!("config.rs")
            .lines()
            .skip_while(|line| *line != "/// ```yaml")
            .skip(1)
            .take_while(|line| *line != "/// ```")
            .map(|line| format!("{}\n", line.strip_prefix("/// ").unwrap_or_default()))
            .collect()
    }

    #[test]
    fn the_example_in_the_documentation_reads() {
        let config: Config =
            ers_runtime::config::parse(&example(), Path::new("example.yaml")).unwrap();
        assert_eq!(config.alone.unwrap().cara, "cara-ws:9443");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = ers_runtime::config::parse::<Config>(
            "database: {url: 'sqlite::memory:'}\npolicy: 1\n",
            Path::new("c"),
        );
        assert!(error.unwrap_err().to_string().contains("policy"));
    }
}
