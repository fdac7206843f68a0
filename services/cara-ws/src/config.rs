//! CARA's configuration.

use std::{
    collections::BTreeSet, fs::File, io::Read as _, net::SocketAddr, path::PathBuf, time::Duration,
};

use ers_pki::{
    key::{KeyAlgorithm, WeakKeys, WeakKeysError},
    profile::Profile,
};
use ers_runtime::db::DatabaseConfig;
use serde::Deserialize;

use crate::domain::GuardedAct;

/// All of Debian's lists together are a tenth of it.
const MAX_WEAK_KEYS_BYTES: u64 = 256 * 1024 * 1024;
const LONGEST_CLOCK_TOLERANCE: u32 = 31 * 24 * 60;
/// Each partition is a CRL to be made: more would take longer to sign than they are good for.
pub(crate) const MAX_PARTITIONS: u32 = 10_000;

/// Configuration of cara-ws. An example with every key:
///
/// ```yaml
/// listen: 0.0.0.0:9443
/// signer: signer:9443
/// database: { url: "file:/etc/ers/cara-database-url", max_connections: 16 }
/// issuing:
///   revocation_url: http://pki.example.com/rev-info
///   ocsp_url: http://ocsp.example.com/rev-info
///   crl: { validity_hours: 168, interval_hours: 24, delta_minutes: 0, partitions: 0, user_certificates_only: true, keep_expired: false }
///   ocsp: { key_algorithm: P-256, certificate_days: 30, answer_minutes: 60 }
///   profiles: []
///   four_eyes: { acts: [create-authority, put-state, put-profile], days: 7 }
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC is served.
    pub listen: SocketAddr,
    /// Address of REST, HTTPS with the service's own identity; absent: no REST.
    #[serde(default)]
    pub http_listen: Option<SocketAddr>,
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
    /// The same for OCSP alone, where it has a host of its own; absent: `revocation_url`.
    #[serde(default)]
    pub ocsp_url: Option<String>,
    /// CRLs.
    #[serde(default)]
    pub crl: CrlConfig,
    /// OCSP signers.
    #[serde(default)]
    pub ocsp: OcspConfig,
    /// Certificate profiles beside the ready ones; one of the same name takes its place.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// What one administrator alone cannot do.
    #[serde(default)]
    pub four_eyes: FourEyes,
    /// So far the clock may stand behind the newest thing that was stored, in minutes; further back nothing is issued. Larger
    /// only until a time that was wrongly ahead has come.
    #[serde(default = "usual_clock_tolerance")]
    pub clock_tolerance_minutes: u32,
    /// Lists of keys that are known to others, and so certified for nobody: lines of Debian's `openssl-blacklist`, or the first 16 to
    /// 64 hexadecimal digits of SHA-256 over SubjectPublicKeyInfos. Read at start.
    #[serde(default)]
    pub weak_keys: Vec<PathBuf>,
}

/// Why a list of weak keys is of no use.
#[derive(Debug, thiserror::Error)]
pub enum WeakKeyListError {
    /// The file cannot be read.
    #[error("weak_keys: read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// It is longer than lists are.
    #[error("weak_keys: {} is longer than {MAX_WEAK_KEYS_BYTES} octets", .0.display())]
    TooLong(PathBuf),
    /// A line is no key.
    #[error("weak_keys: {}", .0.display())]
    Line(PathBuf, #[source] WeakKeysError),
}

/// Of [`Issuing::clock_tolerance_minutes`].
#[must_use]
pub fn usual_clock_tolerance() -> u32 {
    5
}

/// Acts that wait until a second administrator has approved them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FourEyes {
    /// Which; none: all is done at once. Acts about administrators wait as soon as any do. Nothing waits before there is a
    /// `ca-administrator` with a certificate: the platform's own identity would be alone.
    pub acts: BTreeSet<GuardedAct>,
    /// How long they wait, 1 to 365.
    pub days: u32,
}

impl Default for FourEyes {
    fn default() -> Self {
        Self {
            acts: BTreeSet::new(),
            days: 7,
        }
    }
}

impl FourEyes {
    /// Whether that act is to wait.
    #[must_use]
    pub fn guard(&self, act: GuardedAct) -> bool {
        self.acts.contains(&act) || !self.acts.is_empty() && act.is_about_administrators()
    }
}

/// A value that is none, or does not go with another.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct InvalidIssuing {
    key: &'static str,
    problem: &'static str,
}

impl Issuing {
    /// Reads the lists of weak keys.
    ///
    /// # Errors
    /// Names the file, and the line that is no key.
    pub fn read_weak_keys(&self) -> Result<WeakKeys, WeakKeyListError> {
        let mut all = WeakKeys::default();
        for file in &self.weak_keys {
            let read = |source| WeakKeyListError::Read(file.clone(), source);
            let mut text = String::new();
            // what is no regular file tells no length before
            let length = File::open(file)
                .and_then(|file| file.take(MAX_WEAK_KEYS_BYTES + 1).read_to_string(&mut text))
                .map_err(read)?;
            if u64::try_from(length).is_ok_and(|length| length > MAX_WEAK_KEYS_BYTES) {
                return Err(WeakKeyListError::TooLong(file.clone()));
            }
            let keys = WeakKeys::from_text(&text)
                .map_err(|source| WeakKeyListError::Line(file.clone(), source))?;
            all.extend(keys);
        }
        Ok(all)
    }

    /// Whether CAs can be run so.
    ///
    /// # Errors
    /// Names the key.
    pub fn check(&self) -> Result<(), InvalidIssuing> {
        let wrong = |key, problem| Err(InvalidIssuing { key, problem });
        let urls = [
            ("revocation_url", Some(&self.revocation_url)),
            ("ocsp_url", self.ocsp_url.as_ref()),
        ];
        for (key, url) in urls {
            if url.is_some_and(|url| !url.starts_with("http://")) {
                return wrong(
                    key,
                    "must begin with http://, since who asks cannot check TLS yet",
                );
            }
        }
        if self.crl.validity_hours == 0 {
            return wrong("crl.validity_hours", "must be at least 1");
        }
        if self.crl.interval_hours == 0 || self.crl.interval_hours > self.crl.validity_hours {
            return wrong("crl.interval_hours", "must be from 1 to crl.validity_hours");
        }
        if self.crl.delta_minutes > self.crl.interval_hours.saturating_mul(60) {
            return wrong(
                "crl.delta_minutes",
                "must be at most the time between complete CRLs",
            );
        }
        if self.crl.partitions > MAX_PARTITIONS {
            return wrong("crl.partitions", "must be at most 10000");
        }
        let ocsp_key = self.ocsp.key_algorithm.parse::<KeyAlgorithm>();
        if !ocsp_key.is_ok_and(KeyAlgorithm::can_sign) {
            return wrong(
                "ocsp.key_algorithm",
                "must be a key algorithm that can sign, such as RSA-3072, RSA-PSS-3072, P-256, brainpoolP256r1, Ed25519 or Ed448",
            );
        }
        if self.ocsp.certificate_days == 0 {
            return wrong("ocsp.certificate_days", "must be at least 1");
        }
        if self.ocsp.answer_minutes < 2 {
            return wrong("ocsp.answer_minutes", "must be at least 2");
        }
        if !(1..=365).contains(&self.four_eyes.days) {
            return wrong("four_eyes.days", "must be from 1 to 365");
        }
        if !(1..=LONGEST_CLOCK_TOLERANCE).contains(&self.clock_tolerance_minutes) {
            return wrong(
                "clock_tolerance_minutes",
                "must be from 1 to 44640, a month",
            );
        }
        Ok(())
    }
}

/// How CRLs are made.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrlConfig {
    /// From thisUpdate to nextUpdate.
    pub validity_hours: u32,
    /// A new complete one at least this often.
    pub interval_hours: u32,
    /// A new delta CRL at least this often, and on a revocation at once; complete ones then come by their interval only.
    /// 0: no delta CRLs, and a complete one on a revocation at once.
    pub delta_minutes: u32,
    /// New certificates are spread over so many partitions, each with a CRL of its own beside the one of them all.
    /// May be changed at any time: a certificate stays in its partition. 0: not partitioned.
    pub partitions: u32,
    /// Say in the CRLs of partitions that they list end entities only; CA certificates are never in a partition.
    pub user_certificates_only: bool,
    /// Revoked certificates stay listed after they have expired, and expired ones may be revoked.
    pub keep_expired: bool,
}

impl Default for CrlConfig {
    fn default() -> Self {
        Self {
            validity_hours: 168,
            interval_hours: 24,
            delta_minutes: 0,
            partitions: 0,
            user_certificates_only: true,
            keep_expired: false,
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

    /// A new delta CRL at least this often; none: there are none.
    #[must_use]
    pub fn delta_interval(self) -> Option<Duration> {
        (self.delta_minutes > 0).then(|| Duration::from_secs(u64::from(self.delta_minutes) * 60))
    }

    /// From thisUpdate to nextUpdate of a delta CRL: two may fail to come.
    #[must_use]
    pub fn delta_validity(self) -> Option<Duration> {
        self.delta_interval().map(|interval| interval * 3)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn issuing() -> Issuing {
        Issuing {
            revocation_url: "http://pki.test/rev-info".into(),
            ocsp_url: None,
            crl: CrlConfig::default(),
            ocsp: OcspConfig::default(),
            profiles: Vec::new(),
            four_eyes: FourEyes::default(),
            clock_tolerance_minutes: usual_clock_tolerance(),
            weak_keys: Vec::new(),
        }
    }

    #[test]
    fn with_any_act_those_about_administrators_wait_too() {
        use GuardedAct::{CreateAuthority, PutAdministrator, PutProfile};
        let guards = |acts: &[GuardedAct], act| {
            let acts = acts.iter().copied().collect();
            FourEyes { acts, days: 7 }.guard(act)
        };
        assert!(!guards(&[], PutAdministrator));
        assert!(guards(&[CreateAuthority], CreateAuthority));
        assert!(guards(&[CreateAuthority], PutAdministrator));
        assert!(!guards(&[CreateAuthority], PutProfile));
    }

    #[test]
    fn what_no_ca_can_be_run_with_is_refused_by_key() {
        assert!(issuing().check().is_ok());
        let crl = |validity_hours, interval_hours| CrlConfig {
            validity_hours,
            interval_hours,
            ..CrlConfig::default()
        };
        let ocsp = OcspConfig {
            key_algorithm: "DSA".into(),
            ..OcspConfig::default()
        };
        let cases = [
            (
                "revocation_url",
                Issuing {
                    revocation_url: "ftp://x".into(),
                    ..issuing()
                },
            ),
            (
                "ocsp_url",
                Issuing {
                    ocsp_url: Some("https://x".into()),
                    ..issuing()
                },
            ),
            (
                "crl.validity_hours",
                Issuing {
                    crl: crl(0, 1),
                    ..issuing()
                },
            ),
            (
                "crl.interval_hours",
                Issuing {
                    crl: crl(24, 25),
                    ..issuing()
                },
            ),
            (
                "crl.delta_minutes",
                Issuing {
                    crl: CrlConfig {
                        delta_minutes: 1441,
                        ..CrlConfig::default()
                    },
                    ..issuing()
                },
            ),
            (
                "crl.partitions",
                Issuing {
                    crl: CrlConfig {
                        partitions: 10_001,
                        ..CrlConfig::default()
                    },
                    ..issuing()
                },
            ),
            ("ocsp.key_algorithm", Issuing { ocsp, ..issuing() }),
            (
                "four_eyes.days",
                Issuing {
                    four_eyes: FourEyes {
                        days: 0,
                        ..FourEyes::default()
                    },
                    ..issuing()
                },
            ),
        ];
        for (key, wrong) in cases {
            let told = wrong.check().unwrap_err().to_string();
            assert!(told.starts_with(&format!("{key}: ")), "{told}");
        }
    }
}
