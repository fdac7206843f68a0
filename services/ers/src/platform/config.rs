//! The configuration of `ers up`: every key has a default.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use ers_runtime::{
    config::Secret,
    db::DatabaseConfig,
    http::Listener,
    telemetry::{LogFormat, TelemetryConfig},
};
use serde::Deserialize;
use url::Url;

use super::data_folder::DataFolder;
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    pki_defaults::PkiConfig,
    remote::{Endpoints, RunFile},
};

/// Configuration of the whole platform in one process. An example with the keys that are changed most:
///
/// ```yaml
/// data: ./data
/// listen: 0.0.0.0:8443
/// http_listen: 0.0.0.0:8080
/// health_listen: 127.0.0.1:9090
/// external_url: https://pki.example.com
/// revocation_url: http://pki.example.com
/// databases:
///   signer: file:/etc/ers/signer-database-url
///   cara: file:/etc/ers/cara-database-url
///   clm: file:/etc/ers/clm-database-url
///   acme: file:/etc/ers/acme-database-url
///   scep: file:/etc/ers/scep-database-url
///   cmp: file:/etc/ers/cmp-database-url
/// redis: redis://127.0.0.1/
/// master_password: file:/etc/ers/master-password
/// pki:
///   root: { name: default-root, subject: "CN=Example Root CA,O=Example AG,C=DE", key_algorithm: RSA-4096, validity: 30y }
/// telemetry: { log: info, log_format: text, otlp_endpoint: "http://127.0.0.1:4317" }
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlatformConfig {
    /// The folder where everything lies; default: that of `--data`.
    pub data: Option<PathBuf>,
    /// HTTPS: everything.
    pub listen: SocketAddr,
    /// Plain HTTP: revocation information; SCEP and CMP, whose messages protect themselves.
    pub http_listen: SocketAddr,
    /// Plain HTTP: health and metrics.
    pub health_listen: SocketAddr,
    /// Base URL of HTTPS as clients reach it; default: localhost and the port of `listen`.
    pub external_url: Option<Url>,
    /// Base URL of plain HTTP as relying parties reach it, written into certificates; default: localhost and the port
    /// of `http_listen`.
    pub revocation_url: Option<Url>,
    /// Databases; default: SQLite files in the data folder.
    pub databases: Databases,
    /// Redis, for what replicas must agree on.
    pub redis: Option<Secret>,
    /// Protects software keys; default: made at first start and kept in the data folder.
    pub master_password: Option<Secret>,
    /// Where keys may live; default: software keys in the signer's database.
    pub tokens: Vec<signer::config::TokenConfig>,
    /// The token for keys that name none.
    pub default_token: Option<String>,
    /// The PKI that a first start makes.
    pub pki: PkiConfig,
    /// How certificates are revoked and told.
    pub cara: CaraSection,
    /// CLM.
    pub clm: ClmSection,
    /// ACME.
    pub acme: AcmeSection,
    /// SCEP.
    pub scep: ScepSection,
    /// The web app.
    pub ui: UiSection,
    /// Logs, traces.
    pub telemetry: TelemetryConfig,
}

/// Database URLs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Databases {
    /// The signer's.
    pub signer: Option<Secret>,
    /// CARA's.
    pub cara: Option<Secret>,
    /// CLM's.
    pub clm: Option<Secret>,
    /// ACME's.
    pub acme: Option<Secret>,
    /// SCEP's.
    pub scep: Option<Secret>,
    /// CMP's.
    pub cmp: Option<Secret>,
}

/// Settings of CARA.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaraSection {
    /// CRLs.
    pub crl: cara_ws::config::CrlConfig,
    /// OCSP signers.
    pub ocsp: cara_ws::config::OcspConfig,
    /// Profiles beside the ready ones.
    pub profiles: Vec<ers_pki::profile::Profile>,
    /// What one administrator alone cannot do.
    pub four_eyes: cara_ws::config::FourEyes,
    /// How far the clock may stand behind the newest that was stored, in minutes; absent: 5.
    pub clock_tolerance_minutes: Option<u32>,
    /// Lists of keys that are certified for nobody.
    pub weak_keys: Vec<std::path::PathBuf>,
}

/// Settings of CLM.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClmSection {
    /// Who judges SCEP challenges that are not ours, by the names that policies have for them.
    pub webhooks: std::collections::BTreeMap<String, clm_api::config::WebhookConfig>,
    /// Where people log in who have no local account.
    pub oidc: Option<clm_api::config::OidcConfig>,
    /// Requests worked on at the same time; further ones are refused at once. Absent: as clm-api has it.
    pub max_enrollments: Option<u32>,
    /// How people and other systems are told.
    pub notifications: clm_api::config::NotificationConfig,
}

/// Settings of ACME.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcmeSection {
    /// How control of names is checked.
    pub validation: acme::config::ValidationConfig,
    /// How much is too much.
    pub limits: acme::config::LimitsConfig,
}

/// Settings of SCEP.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScepSection {
    /// What messages are opened and answered with.
    pub registration_authority: scep::config::RegistrationAuthorityConfig,
}

/// Settings of the web apps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UiSection {
    /// Where the built app of CLM lies; default: the one that is packed into the program.
    pub folder: Option<PathBuf>,
    /// The same of the app of CARA's administrators.
    pub cara_admin_folder: Option<PathBuf>,
}

impl Default for PlatformConfig {
    fn default() -> Self {
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self {
            data: None,
            listen: (any, 8443).into(),
            http_listen: (any, 8080).into(),
            health_listen: (Ipv4Addr::LOCALHOST, 9090).into(),
            external_url: None,
            revocation_url: None,
            databases: Databases::default(),
            redis: None,
            master_password: None,
            tokens: Vec::new(),
            default_token: None,
            pki: PkiConfig::default(),
            cara: CaraSection::default(),
            clm: ClmSection::default(),
            acme: AcmeSection::default(),
            scep: ScepSection::default(),
            ui: UiSection::default(),
            telemetry: TelemetryConfig {
                log: "warn,audit=warn".into(),
                log_format: LogFormat::Text,
                otlp_endpoint: None,
            },
        }
    }
}

impl PlatformConfig {
    /// Where a database is: as configured, or a SQLite file in the data folder.
    pub fn database(&self, url: Option<&Secret>, name: &str, folder: &Path) -> DatabaseConfig {
        let url = url.cloned().unwrap_or_else(|| {
            Secret::literal(format!(
                "sqlite:{}",
                folder.join(format!("{name}.db")).display()
            ))
        });
        DatabaseConfig {
            url,
            max_connections: 8,
        }
    }
}

/// Where the platform is reached.
pub struct Addresses {
    /// HTTPS; [`Self::base`] is how it is shown.
    pub url: Url,
    /// Plain HTTP, without a slash at the end.
    pub revocation_url: String,
    /// Health and metrics.
    pub health_url: String,
}

impl Addresses {
    /// As configured, or as bound.
    pub fn of(
        config: &PlatformConfig,
        https: &Listener,
        http: &Listener,
        health: &Listener,
    ) -> Outcome<Self> {
        let port = |listener: &Listener| {
            listener
                .address()
                .map(|address| address.port())
                .ok_or_else(|| Failure::new("the port was not bound"))
        };
        let url = match &config.external_url {
            Some(url) if url.scheme() == "https" && url.query().is_none() => url.clone(),
            Some(url) => {
                return Err(Failure::new(format!(
                    "external_url: {url} is no https:// address without a query"
                )));
            }
            None => Url::parse(&format!("https://localhost:{}", port(https)?))
                .attempt("make external_url")?,
        };
        let revocation_url = match &config.revocation_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://localhost:{}", port(http)?),
        };
        let health = health
            .address()
            .ok_or_else(|| Failure::new("the port was not bound"))?;
        Ok(Self {
            url,
            revocation_url,
            health_url: format!("http://{health}"),
        })
    }

    /// The HTTPS base without a slash at the end.
    pub fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// What the server's certificate must name.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec!["dns:localhost".to_owned(), "ip:127.0.0.1".to_owned()];
        let own = match self.url.host() {
            Some(url::Host::Domain(name)) => format!("dns:{name}"),
            Some(url::Host::Ipv4(address)) => format!("ip:{address}"),
            Some(url::Host::Ipv6(address)) => format!("ip:{address}"),
            None => return names,
        };
        if !names.contains(&own) {
            names.insert(0, own);
        }
        names
    }

    /// What is told to the command line.
    pub fn run_file(&self, folder: &DataFolder, grpc: &Endpoints) -> RunFile {
        RunFile {
            url: self.base().to_owned(),
            revocation_url: self.revocation_url.clone(),
            health_url: self.health_url.clone(),
            root_certificate: folder.root_certificate().display().to_string(),
            grpc: grpc.clone(),
            pid: std::process::id(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_a_configuration() {
        let yaml = "data: ./data\nlisten: 0.0.0.0:8443\nhttp_listen: 0.0.0.0:8080\nhealth_listen: 127.0.0.1:9090\n\
            external_url: https://pki.example.com\nrevocation_url: http://pki.example.com\n\
            databases: {signer: 'file:/x', cara: 'file:/x', clm: 'file:/x', acme: 'file:/x', cmp: 'file:/x'}\n\
            redis: redis://127.0.0.1/\nmaster_password: file:/etc/ers/master-password\n\
            pki: {root: {name: r, subject: 'CN=R', key_algorithm: RSA-4096, validity: 30y}}\n\
            telemetry: {log: info, log_format: text, otlp_endpoint: 'http://127.0.0.1:4317'}\n";
        let config: PlatformConfig =
            ers_runtime::config::parse(yaml, Path::new("ers.yaml")).unwrap();
        assert_eq!(config.pki.root.name, "r");
        assert_eq!(config.pki.sub.name, "default-sub");
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error =
            ers_runtime::config::parse::<PlatformConfig>("lissten: 1\n", Path::new("ers.yaml"))
                .unwrap_err();
        assert!(error.to_string().contains("lissten"), "{error}");
    }
}
