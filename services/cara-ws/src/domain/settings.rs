//! What one CA does otherwise than configured for all: kept as JSON, changed by administrators. What is absent follows
//! the configuration. (Path length, name constraints and the like stand in its certificate: they are given when it is
//! made, renewed or re-keyed.)

use ers_pki::{lint::LintPolicy, profile::Period};
use serde::{Deserialize, Serialize};

/// Most URLs of one kind.
const MAX_URLS: usize = 8;
/// Most profiles.
const MAX_PROFILES: usize = 200;

/// Settings of one CA. An example with every key:
///
/// ```
/// let settings: cara_ws::domain::Settings = serde_json::from_str(r#"{
///     "profiles": ["tls-server", "tls-client"],
///     "longest_validity": "1y",
///     "crl_validity_hours": 48,
///     "crl_interval_hours": 12,
///     "crl_delta_minutes": 30,
///     "crl_partitions": 16,
///     "crl_keep_expired": false,
///     "ocsp_answer_minutes": 30,
///     "ocsp_certificate_days": 14,
///     "ocsp_key_algorithm": "P-384",
///     "revocation_url": "http://pki.example.com/rev-info",
///     "extra_crl_urls": ["http://mirror.example.com/sub.crl"],
///     "extra_ocsp_urls": ["http://mirror.example.com/ocsp"],
///     "extra_ca_issuer_urls": ["http://mirror.example.com/sub.cer"],
///     "lint": { "sets": { "cabf-tls": "block" } }
/// }"#)?;
/// settings.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Profiles that it issues by; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Longest validity of what it issues, CA certificates aside; whatever the profile allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_validity: Option<Period>,
    /// From thisUpdate to nextUpdate of its CRLs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_validity_hours: Option<u32>,
    /// A new CRL at least this often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_interval_hours: Option<u32>,
    /// A new delta CRL at least this often; 0: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_delta_minutes: Option<u32>,
    /// Partitions that new certificates are spread over; 0: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_partitions: Option<u32>,
    /// Revoked certificates stay listed after they have expired, and expired ones may be revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_keep_expired: Option<bool>,
    /// From thisUpdate to nextUpdate of OCSP answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsp_answer_minutes: Option<u32>,
    /// Lifetime of its OCSP signers' certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsp_certificate_days: Option<u32>,
    /// Key of its OCSP signers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsp_key_algorithm: Option<String>,
    /// Where relying parties reach rev-info for its certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_url: Option<String>,
    /// Further places of its CRL. `{generation}` is replaced by the number of the generation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_crl_urls: Vec<String>,
    /// Further OCSP responders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_ocsp_urls: Vec<String>,
    /// Further places of its certificate. `{generation}` is replaced by the number of the generation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_ca_issuer_urls: Vec<String>,
    /// What its CRLs and OCSP answers are held against beside the RFCs; `cabf-tls` has rules for them.
    #[serde(skip_serializing_if = "LintPolicy::is_default")]
    pub lint: LintPolicy,
}

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("check settings: {key} {problem}")]
pub struct InvalidSettings {
    key: &'static str,
    problem: &'static str,
}

impl Settings {
    /// Whether a CA can be run so.
    ///
    /// # Errors
    /// Names the key.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let wrong = |key, problem| Err(InvalidSettings { key, problem });
        if self.profiles.len() > MAX_PROFILES || self.profiles.iter().any(|name| name.len() > 64) {
            return wrong(
                "profiles",
                "must be at most 200 names of at most 64 characters",
            );
        }
        if self.longest_validity.is_some_and(Period::is_zero) {
            return wrong("longest_validity", "must be longer than nothing");
        }
        if self.crl_validity_hours == Some(0) {
            return wrong("crl_validity_hours", "must be at least 1");
        }
        if self.crl_interval_hours == Some(0) {
            return wrong("crl_interval_hours", "must be at least 1");
        }
        if let (Some(interval), Some(validity)) = (self.crl_interval_hours, self.crl_validity_hours)
            && interval > validity
        {
            return wrong("crl_interval_hours", "must be at most crl_validity_hours");
        }
        if self
            .crl_partitions
            .is_some_and(|count| count > crate::config::MAX_PARTITIONS)
        {
            return wrong("crl_partitions", "must be at most 10000");
        }
        if self.ocsp_answer_minutes.is_some_and(|minutes| minutes < 2) {
            return wrong("ocsp_answer_minutes", "must be at least 2");
        }
        if self.ocsp_certificate_days == Some(0) {
            return wrong("ocsp_certificate_days", "must be at least 1");
        }
        let known = |name: &String| name.parse::<ers_pki::key::KeyAlgorithm>().is_ok();
        if !self.ocsp_key_algorithm.as_ref().is_none_or(known) {
            return wrong("ocsp_key_algorithm", "is unknown");
        }
        let plain = |url: &String| url.starts_with("http://") && url.len() <= 512;
        if !self.revocation_url.as_ref().is_none_or(plain) {
            return wrong(
                "revocation_url",
                "must begin with http://, since who asks cannot check TLS yet",
            );
        }
        for (key, urls) in [
            ("extra_crl_urls", &self.extra_crl_urls),
            ("extra_ocsp_urls", &self.extra_ocsp_urls),
            ("extra_ca_issuer_urls", &self.extra_ca_issuer_urls),
        ] {
            let directory = |url: &String| url.starts_with("ldap://") && url.len() <= 512;
            if urls.len() > MAX_URLS || !urls.iter().all(|url| plain(url) || directory(url)) {
                return wrong(
                    key,
                    "must be at most 8 URLs that begin with http:// or ldap://",
                );
            }
        }
        if let Err(problem) = self.lint.check() {
            return wrong("lint", problem);
        }
        Ok(())
    }

    /// Whether it issues by that profile.
    #[must_use]
    pub fn allows_profile(&self, name: &str) -> bool {
        self.profiles.is_empty() || self.profiles.iter().any(|allowed| allowed == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_ca_can_be_run_with_is_refused_by_key() {
        for (key, json) in [
            ("longest_validity", r#"{"longest_validity": "0s"}"#),
            ("crl_validity_hours", r#"{"crl_validity_hours": 0}"#),
            ("crl_interval_hours", r#"{"crl_interval_hours": 0}"#),
            (
                "crl_interval_hours",
                r#"{"crl_interval_hours": 3, "crl_validity_hours": 2}"#,
            ),
            ("ocsp_answer_minutes", r#"{"ocsp_answer_minutes": 1}"#),
            ("ocsp_certificate_days", r#"{"ocsp_certificate_days": 0}"#),
            ("ocsp_key_algorithm", r#"{"ocsp_key_algorithm": "DSA"}"#),
            ("revocation_url", r#"{"revocation_url": "https://a.test"}"#),
            ("extra_crl_urls", r#"{"extra_crl_urls": ["ftp://a.test"]}"#),
            ("lint", r#"{"lint": {"sets": {"rfc5280": "warn"}}}"#),
        ] {
            let settings: Settings = serde_json::from_str(json).unwrap();
            let told = settings.check().unwrap_err().to_string();
            assert!(
                told.starts_with(&format!("check settings: {key} ")),
                "{told}"
            );
        }
        assert!(serde_json::from_str::<Settings>(r#"{"crl_hours": 1}"#).is_err());
        assert_eq!(serde_json::to_string(&Settings::default()).unwrap(), "{}");
    }
}
