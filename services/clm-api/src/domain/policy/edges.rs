//! What a policy says of the ways in: ACME, EST, SCEP, CMP. A setting that opens something is off unless it is said.

use std::collections::BTreeSet;

use ers_pki::profile::Period;
use serde::Deserialize;

use super::network::Network;
use crate::domain::id::{EndEntityName, PolicyName};

/// What only concerns ACME.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcmeRules {
    /// Accounts need an external account key (RFC 8555 section 7.3.4).
    #[serde(default)]
    pub external_account_required: bool,
    /// CAA records are asked for and obeyed (RFC 8659).
    #[serde(default)]
    pub honour_caa: bool,
    /// The names of this CA in CAA records.
    #[serde(default)]
    pub caa_identities: Vec<String>,
    /// Policies that clients may choose as profiles.
    #[serde(default)]
    pub profiles: Vec<PolicyName>,
    /// How names may be proven; empty: any way.
    #[serde(default)]
    pub challenges: BTreeSet<AcmeChallenge>,
    /// How long after its proof an authorization may serve later orders; absent: never.
    #[serde(default)]
    pub reuse_within: Option<Period>,
    /// The only networks that validations may connect to; empty: any.
    #[serde(default)]
    pub allowed_networks: Vec<Network>,
    /// Networks that they may not connect to, beside those that the ACME server's configuration denies.
    #[serde(default)]
    pub denied_networks: Vec<Network>,
}

/// How control of a name is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum AcmeChallenge {
    /// RFC 8555 section 8.3.
    #[serde(rename = "http-01")]
    Http,
    /// RFC 8555 section 8.4.
    #[serde(rename = "dns-01")]
    Dns,
    /// RFC 8737.
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn,
}

impl AcmeChallenge {
    /// Its name in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http-01",
            Self::Dns => "dns-01",
            Self::TlsAlpn => "tls-alpn-01",
        }
    }
}

/// What only concerns EST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EstRules {
    /// End entities may show their passwords (HTTP Basic).
    pub password: bool,
    /// Clients may show certificates.
    pub certificate: bool,
    /// A password and a certificate, both (RFC 7030 section 3.2.3).
    pub both_required: bool,
    /// Keys may be made here and sent to clients (RFC 7030 section 4.4).
    pub server_keys: bool,
    /// Requests must prove that they come from the TLS session that brings them (RFC 7030 section 3.5).
    pub linking_required: bool,
}

impl Default for EstRules {
    fn default() -> Self {
        Self {
            password: true,
            certificate: true,
            both_required: false,
            server_keys: false,
            linking_required: false,
        }
    }
}

/// What only concerns SCEP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScepRules {
    /// 3DES and SHA-1, for old devices.
    pub legacy_algorithms: bool,
    /// Certificates may be renewed by those who hold them.
    pub renewal: bool,
    /// End entities may show `name:password` as challenge, as often as they like.
    pub password: bool,
    /// The end entity whose password will do as challenge for anybody, as often as they like. Whoever knows it can have
    /// any certificate that the policy allows.
    pub static_challenge_of: Option<EndEntityName>,
    /// Whom to ask about challenges that are not ours: a webhook of CLM's configuration.
    pub webhook: Option<String>,
}

impl Default for ScepRules {
    fn default() -> Self {
        Self {
            legacy_algorithms: false,
            renewal: true,
            password: false,
            static_challenge_of: None,
            webhook: None,
        }
    }
}

/// What only concerns CMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CmpRules {
    /// Messages may be protected by a shared secret.
    pub mac: bool,
    /// Messages may be protected by a signature.
    pub signature: bool,
    /// Clients may do without the confirmation.
    pub implicit_confirm: bool,
    /// Keys may be made here.
    pub central_keys: bool,
    /// Registration authorities may vouch for the possession of keys (raVerified).
    pub ra_verified: bool,
    /// A certificate that is not confirmed in time is revoked.
    pub confirm_within: Period,
}

impl Default for CmpRules {
    fn default() -> Self {
        Self {
            mac: true,
            signature: true,
            implicit_confirm: true,
            central_keys: false,
            ra_verified: false,
            confirm_within: Period::hours(1),
        }
    }
}

/// Who may ask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthenticationRules {
    /// CAs whose certificates let in: names of CARA's, or certificates in PEM.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Policies whose certificates let in, beside the policy's own.
    pub trusted_policies: Vec<PolicyName>,
    /// End entities that may ask and revoke for others under this policy.
    pub registration_authorities: Vec<EndEntityName>,
    /// When and how certificates are renewed.
    pub renewal: RenewalRules,
}

/// A CA whose certificates let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedIssuer {
    /// A CA of CARA's.
    Named(crate::domain::id::IssuerName),
    /// A CA of somebody else's.
    Certificate(Box<ers_pki::certificate::Certificate>),
}

impl<'de> Deserialize<'de> for TrustedIssuer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains("-----BEGIN") {
            ers_pki::certificate::Certificate::from_pem(&text)
                .map(|certificate| Self::Certificate(Box::new(certificate)))
                .map_err(serde::de::Error::custom)
        } else {
            text.parse()
                .map(Self::Named)
                .map_err(serde::de::Error::custom)
        }
    }
}

/// When and how certificates are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RenewalRules {
    /// How long before its end a certificate may be renewed; absent: always.
    pub before: Option<Period>,
    /// The new certificate may be for the same key.
    pub same_key: bool,
    /// Subject and names may change.
    pub names_may_change: bool,
}

impl Default for RenewalRules {
    fn default() -> Self {
        Self {
            before: None,
            same_key: true,
            names_may_change: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_something_is_off() {
        let (est, scep, cmp) = (
            EstRules::default(),
            ScepRules::default(),
            CmpRules::default(),
        );
        assert!(!est.server_keys && !scep.legacy_algorithms && scep.webhook.is_none());
        assert!(
            !scep.password
                && scep.static_challenge_of.is_none()
                && !cmp.central_keys
                && !cmp.ra_verified
        );
        let rules: AuthenticationRules =
            serde_norway::from_str("{trusted_issuers: [factory], renewal: {before: 30d}}").unwrap();
        assert!(matches!(
            rules.trusted_issuers[..],
            [TrustedIssuer::Named(_)]
        ));
        assert!(rules.renewal.same_key && !rules.renewal.names_may_change);
        let error = serde_norway::from_str::<AuthenticationRules>(
            "{trusted_issuers: ['-----BEGIN CERTIFICATE-----']}",
        );
        assert!(error.is_err());
    }
}
