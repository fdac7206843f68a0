//! Mutual TLS between the services: an authority, and an identity for each in a Secret of its own.

use std::collections::BTreeMap;

use ers_pki::{certificate::Certificate, key::PrivateKey, profile::Period};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{
    ClusterConfig, Secrets,
    secret::{Secret, SecretKind},
};
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    identity::IdentityAuthority,
    own_certificates::is_due,
};

const AUTHORITY_CERTIFICATE: &str = "authority.crt";
const AUTHORITY_KEY: &str = "authority.key";
const AUTHORITY_VALIDITY: std::time::Duration = std::time::Duration::from_secs(3650 * 86_400);

/// Whose identity is in which Secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitiesConfig {
    /// How long they are valid; they are renewed when a third of that is left.
    #[serde(default = "validity")]
    validity: Period,
    /// Name of the service by name of its Secret (`tls.crt`, `tls.key`, `ca.crt`).
    secrets: BTreeMap<String, String>,
}

fn validity() -> Period {
    Period::days(90)
}

/// Makes the authority if it is not there, and the identities that are not there or due.
pub async fn keep_identities(
    config: &ClusterConfig,
    now: OffsetDateTime,
    tell: impl Fn(&str),
) -> Outcome<()> {
    let wanted = config.identities.as_ref().ok_or_else(|| {
        Failure::new("cluster.identities is not there: somebody else makes the identities")
    })?;
    let secrets = config.secrets()?;
    let authority = authority(&secrets, &config.state_secret, now).await?;
    let believed = authority.certificate_pem();
    let valid = wanted.validity.duration();
    let valid = valid
        .try_into()
        .attempt("read cluster.identities.validity")?;
    for (name, service) in &wanted.secrets {
        let kept = secrets.load(name).await?;
        if kept.is_some_and(|kept| serves(&kept, &believed, now)) {
            tell(&format!("identity {service} (secret {name}) stays"));
            continue;
        }
        let made = authority.issue(service, valid, now)?;
        let secret = Secret::new(name, SecretKind::Tls)
            .with("tls.crt", &made.certificate)
            .with("tls.key", made.key.as_bytes())
            .with("ca.crt", &believed);
        secrets.apply(&secret).await?;
        tell(&format!("identity {service} (secret {name})"));
    }
    Ok(())
}

/// The authority that is there, or the one that is made now: of two jobs that make one, the first counts.
async fn authority(
    secrets: &Secrets,
    name: &str,
    now: OffsetDateTime,
) -> Outcome<IdentityAuthority> {
    if let Some(there) = read_authority(secrets.load(name).await?)? {
        return Ok(there);
    }
    let made = IdentityAuthority::make(AUTHORITY_VALIDITY, now)?;
    let secret = Secret::new(name, SecretKind::Opaque)
        .with(AUTHORITY_CERTIFICATE, made.certificate_pem())
        .with(AUTHORITY_KEY, made.key_pem()?.as_bytes());
    if secrets.apply_first(&secret).await? {
        return Ok(made);
    }
    let there = read_authority(secrets.load(name).await?)?;
    there.ok_or_else(|| Failure::new(format!("secret {name} holds no authority")))
}

fn read_authority(secret: Option<Secret>) -> Outcome<Option<IdentityAuthority>> {
    let Some(secret) = secret else {
        return Ok(None);
    };
    match (
        secret.text(AUTHORITY_CERTIFICATE),
        secret.text(AUTHORITY_KEY),
    ) {
        (Some(certificate), Some(key)) => IdentityAuthority::from_pem(certificate, key).map(Some),
        _ => Ok(None),
    }
}

/// Whether an identity may be used on.
fn serves(kept: &Secret, believed: &str, now: OffsetDateTime) -> bool {
    let read = || {
        let certificate = Certificate::from_pem(kept.text("tls.crt")?).ok()?;
        let key = ers_pki::pem::decode(kept.text("tls.key")?, &["PRIVATE KEY"]).ok()?;
        Some((certificate, PrivateKey::from_pkcs8_der(&key).ok()?))
    };
    let Some((certificate, key)) = read() else {
        return false;
    };
    kept.text("ca.crt") == Some(believed)
        && certificate.public_key() == key.public_key()
        && !is_due(&certificate, now)
}
