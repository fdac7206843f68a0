//! CARA's configuration.

use std::{net::SocketAddr, time::Duration};

use ers_pki::profile::Profile;
use ers_runtime::db::DatabaseConfig;
use serde::Deserialize;

/// Configuration of cara-ws. An example with every key:
///
/// ```yaml
/// listen: 0.0.0.0:9443
/// signer: signer:9443
/// database: { url: "file:/etc/ers/cara-database-url", max_connections: 16 }
/// issuing:
///   revocation_url: http://pki.example.com/rev-info
///   crl: { validity_hours: 168, interval_hours: 24 }
///   ocsp: { key_algorithm: P-256, certificate_days: 30, answer_minutes: 60 }
///   profiles: []
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC is served.
    pub listen: SocketAddr,
    /// The signer, `host:port`.
    pub signer: String,
    /// CARA's database.
    pub database: DatabaseConfig,
    /// What CARA needs to know to issue.
    pub issuing: Issuing,
}

/// What CARA needs to know to issue, wherever it runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuing {
    /// Where relying parties reach rev-info; written into certificates. `/ocsp`, `/crl/<ca>.crl` and `/ca/<ca>.cer` follow it.
    pub revocation_url: String,
    /// CRLs.
    #[serde(default)]
    pub crl: CrlConfig,
    /// OCSP signers.
    #[serde(default)]
    pub ocsp: OcspConfig,
    /// Certificate profiles beside the ready ones; one of the same name takes its place.
    #[serde(default)]
    pub profiles: Vec<Profile>,
}

/// How CRLs are made.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrlConfig {
    /// From thisUpdate to nextUpdate.
    pub validity_hours: u32,
    /// A new one at least this often; on a revocation at once.
    pub interval_hours: u32,
}

impl Default for CrlConfig {
    fn default() -> Self {
        Self {
            validity_hours: 168,
            interval_hours: 24,
        }
    }
}

impl CrlConfig {
    /// From thisUpdate to nextUpdate.
    #[must_use]
    pub fn validity(self) -> Duration {
        Duration::from_secs(u64::from(self.validity_hours) * 3600)
    }

    /// A new one at least this often.
    #[must_use]
    pub fn interval(self) -> Duration {
        Duration::from_secs(u64::from(self.interval_hours) * 3600)
    }
}

/// How OCSP answers are signed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OcspConfig {
    /// Key of the OCSP signers.
    pub key_algorithm: String,
    /// Lifetime of their certificates; renewed when a third is left.
    pub certificate_days: u32,
    /// From thisUpdate to nextUpdate of an answer.
    pub answer_minutes: u32,
}

impl Default for OcspConfig {
    fn default() -> Self {
        Self {
            key_algorithm: "P-256".into(),
            certificate_days: 30,
            answer_minutes: 60,
        }
    }
}
