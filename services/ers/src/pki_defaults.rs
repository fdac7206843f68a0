//! The PKI that a first start makes: a root, a CA below it that issues, and a root of its own for administrators.

use std::path::Path;

use ers_proto::cara::v1::{CreateAuthorityRequest, LoadAuthorityRequest};
use serde::Deserialize;

use crate::{
    commands::duration,
    failure::{Outcome, answered},
    key_store::{pem, write_public},
    remote::Remote,
};

/// Which CAs a first start makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PkiConfig {
    /// The root.
    pub root: CaConfig,
    /// The CA that issues, signed by the root.
    pub sub: CaConfig,
    /// The root for administrators' certificates.
    pub management: CaConfig,
    /// The token that holds the keys; absent: the signer's default.
    pub token: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaConfig {
    /// Its name: 1 to 64 of a-z 0-9 -
    pub name: String,
    /// Its subject, RFC 4514.
    pub subject: String,
    /// Its key: RSA-2048 to RSA-8192, RSA-PSS-2048 to RSA-PSS-8192, P-256, P-384, P-521, brainpoolP256r1, brainpoolP384r1,
    /// brainpoolP512r1, Ed25519 or Ed448.
    pub key_algorithm: String,
    /// How it signs, e.g. SHA384withRSA; absent: what suits the key.
    #[serde(default)]
    pub signature_algorithm: Option<String>,
    /// How long it is valid, e.g. 30y.
    pub validity: String,
}

impl Default for PkiConfig {
    fn default() -> Self {
        let ca = |name: &str, common_name: &str, key_algorithm: &str, validity: &str| CaConfig {
            name: name.into(),
            subject: format!("CN={common_name},O=ERS"),
            key_algorithm: key_algorithm.into(),
            signature_algorithm: None,
            validity: validity.into(),
        };
        Self {
            root: ca("default-root", "Default Root CA", "P-384", "30y"),
            sub: ca("default-sub", "Default Sub CA", "P-256", "25y"),
            management: ca(
                "management-root",
                "Default Management RA Root",
                "P-384",
                "15y",
            ),
            token: None,
        }
    }
}

/// Makes what is not there yet; tells each step.
pub async fn create(remote: &Remote, pki: &PkiConfig, tell: impl Fn(&str)) -> Outcome<()> {
    let mut authorities = remote.authorities();
    for (ca, issuer, path_length) in [
        (&pki.root, "", None),
        (&pki.sub, pki.root.name.as_str(), Some(0)),
        (&pki.management, "", Some(0)),
    ] {
        let request = CreateAuthorityRequest {
            name: ca.name.clone(),
            subject: ca.subject.clone(),
            key_algorithm: ca.key_algorithm.clone(),
            signature_algorithm: ca.signature_algorithm.clone().unwrap_or_default(),
            issuer: issuer.to_owned(),
            validity: Some(duration(&ca.validity)?),
            path_length,
            token: pki.token.clone().unwrap_or_default(),
            ..CreateAuthorityRequest::default()
        };
        authorities.create(request).await.map_err(answered)?;
        tell(&format!(
            "CA {} ({}, {})",
            ca.name, ca.subject, ca.key_algorithm
        ));
    }
    Ok(())
}

/// The root certificate, DER.
pub async fn root_certificate(remote: &Remote, pki: &PkiConfig) -> Outcome<Vec<u8>> {
    let request = LoadAuthorityRequest {
        name: pki.root.name.clone(),
    };
    let root = remote.authorities().load(request).await.map_err(answered)?;
    Ok(root.into_inner().certificate)
}

/// Writes the root certificate to where people find it.
pub async fn write_root(remote: &Remote, pki: &PkiConfig, path: &Path) -> Outcome<()> {
    let root = root_certificate(remote, pki).await?;
    write_public(path, pem("CERTIFICATE", &root).as_bytes())
}
