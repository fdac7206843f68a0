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
/// redis: env:REDIS_URL               # sessions that all replicas know; without it each knows its own
/// oidc:                              # where people log in who have no local account
///   issuer: https://id.example.com/realms/ers
///   client_id: clm-ui
///   client_secret: env:OIDC_SECRET   # absent: a public client
///   device_client_id: ers-cli        # a public client for logins by device code (`ers login`); absent: client_id
///   external_url: https://pki.example.com        # of this platform: the browser comes back to /clm-api/v1/oidc/callback there
///   internal_url: http://keycloak:8080/realms/ers # where it is asked from here; absent: at its issuer
///   authorities: /etc/ers/id-ca.pem  # absent: those of the system
///   first: true                      # who opens the web app is sent there at once; /clm-ui/?local shows the other ways
///   scopes: [openid, profile]
///   username_claim: preferred_username           # must be unique and stay a person's own
///   groups_claim: groups
/// policy_refresh_ms: 1000            # how often replicas look for changed policies
/// approval_retry_seconds: 60         # when to ask again for what waits for a person
/// max_enrollments: 256               # requests worked on at the same time; further ones are refused at once
/// webhooks:                          # who judges SCEP challenges that are not ours; policies name them
///   intune: {url: https://mdm.example.com/scep, token: env:WEBHOOK_TOKEN, authorities: /etc/ers/mdm-ca.pem, timeout_seconds: 10}
/// notifications:
///   mail:                            # absent: only webhooks are told
///     host: mail.example.com
///     port: 587
///     security: starttls             # or tls (port 465), or none (only to this machine)
///     username: ers                  # absent: no login
///     password: env:MAIL_PASSWORD
///     from: ERS <ers@example.com>
///   authorities: /etc/ssl/certs/ca-certificates.crt   # who vouches for mail server and webhooks, PEM
///   link: https://ers.example.com/clm-ui   # put into mails
///   look_seconds: 60                 # how often ends are looked for
///   keep_days: 90                    # how long the log of what was sent is kept
/// alone:                             # only as a process of its own
///   listen: 0.0.0.0:9443             # gRPC
///   http_listen: 0.0.0.0:8080        # REST, behind the ingress
///   http_tls: false                  # over TLS with this service's own identity; then the ingress is believed by its own
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
    /// URL of a Redis that keeps sessions for all replicas.
    #[serde(default)]
    pub redis: Option<Secret>,
    /// Where people log in who have no local account.
    #[serde(default)]
    pub oidc: Option<OidcConfig>,
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
    /// How people and other systems are told.
    #[serde(default)]
    pub notifications: NotificationConfig,
    /// What a process of its own needs besides.
    #[serde(default)]
    pub alone: Option<Alone>,
}

/// How people and other systems are told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationConfig {
    /// The mail server; absent: only webhooks are told.
    pub mail: Option<MailConfig>,
    /// Who vouches for the mail server and for webhooks, PEM.
    pub authorities: PathBuf,
    /// Where people open the web app; put into mails.
    pub link: Option<String>,
    /// How often ends are looked for.
    pub look_seconds: u64,
    /// How long the log of what was sent is kept.
    pub keep_days: u32,
}

/// A mail server (SMTP submission).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its name.
    pub host: String,
    /// Its port.
    #[serde(default = "usual_mail_port")]
    pub port: u16,
    /// How it is spoken to.
    #[serde(default)]
    pub security: MailSecurity,
    /// Login name; absent: no login.
    #[serde(default)]
    pub username: Option<String>,
    /// What goes with it.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The sender, `Name <address>`.
    pub from: String,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS after a first greeting, insisted on.
    #[default]
    Starttls,
    /// TLS from the beginning.
    Tls,
    /// In the clear; only to this machine.
    None,
}

/// An OpenID provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Its issuer, exactly as its configuration says it; `https`, or `http` on this machine.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// What we show there; absent: nothing, as a public client.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// What we are called, without a secret, where somebody logs in by device code (RFC 8628); absent: `client_id`.
    #[serde(default)]
    pub device_client_id: Option<String>,
    /// Where browsers find this platform; the provider must let them come back to `/clm-api/v1/oidc/callback` below it, and
    /// after logging out to `/clm-ui/`.
    pub external_url: String,
    /// Where it is asked from here, when browsers have another way to it; absent: at its issuer. It must call itself by its
    /// issuer there too. `http` only where nobody can listen: the client's secret and people's tokens go over it.
    #[serde(default)]
    pub internal_url: Option<String>,
    /// Whether the web app sends who is not logged in there at once, instead of showing the ways in.
    #[serde(default)]
    pub first: bool,
    /// The CAs whose certificate it may show, PEM; absent: those of the system.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
    /// What is asked for.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// The claim that is somebody's name; roles are given to `oidc:` and that name. It must be unique there, and never
    /// somebody else's.
    #[serde(default = "usual_username_claim")]
    pub username_claim: String,
    /// The claim that lists somebody's groups.
    #[serde(default = "usual_groups_claim")]
    pub groups_claim: String,
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
    /// Where REST is served, behind the ingress.
    pub http_listen: SocketAddr,
    /// Over TLS with this service's identity. Only so the client certificates and addresses are known that an ingress with
    /// the identity `ingress` hands on.
    #[serde(default)]
    pub http_tls: bool,
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
            redis: None,
            oidc: None,
            policy_refresh_ms: usual_policy_refresh(),
            approval_retry_seconds: usual_approval_retry(),
            max_enrollments: usual_max_enrollments(),
            webhooks: BTreeMap::new(),
            notifications: NotificationConfig::default(),
            alone: None,
        }
    }
}

impl Default for NotificationConfig {
    fn default() -> Self {
        Self {
            mail: None,
            authorities: PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
            link: None,
            look_seconds: 60,
            keep_days: 90,
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

fn usual_mail_port() -> u16 {
    587
}

fn usual_webhook_timeout() -> u64 {
    10
}

fn usual_scopes() -> Vec<String> {
    ["openid", "profile"].map(str::to_owned).to_vec()
}

fn usual_username_claim() -> String {
    "preferred_username".to_owned()
}

fn usual_groups_claim() -> String {
    "groups".to_owned()
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
