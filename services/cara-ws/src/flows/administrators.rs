//! Who administers CARA: made, changed, removed, shown by certificates; and who a certificate shows.

use ers_pki::certificate::Certificate;
use ers_runtime::error::{Fault, Kind};
use thiserror::Error;

use super::Core;
use crate::{
    domain::{Administrator, AdministratorCertificate, AdministratorName},
    store::{AdministratorChange, StoreError},
};

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum AdministratorError {
    /// Nobody has that name.
    #[error("there is no administrator {0}, or no such certificate of theirs")]
    NotFound(AdministratorName),
    /// Administrators without roles may do nothing.
    #[error("change administrator: at least one role is required")]
    NoRoles,
    /// The last one stays.
    #[error("change administrator {0}: nobody would be left who administers administrators")]
    NobodyLeft(AdministratorName),
    /// One certificate shows one person.
    #[error("add certificate of administrator: it shows another administrator")]
    Taken,
    /// It is of no use any more.
    #[error("add certificate of administrator: it has expired")]
    Expired,
    /// A CA's certificate is no person's.
    #[error("add certificate of administrator: it is a CA certificate")]
    CaCertificate,
    /// The database failed.
    #[error("change administrators")]
    Store(#[source] StoreError),
}

impl Fault for AdministratorError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound(_) => Kind::NotFound,
            Self::NoRoles | Self::Expired | Self::CaCertificate => Kind::InvalidArgument,
            Self::NobodyLeft(_) => Kind::FailedPrecondition,
            Self::Taken => Kind::AlreadyExists,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound(_) => Some("name"),
            Self::NoRoles => Some("roles"),
            Self::Taken | Self::Expired | Self::CaCertificate => Some("certificate"),
            Self::NobodyLeft(_) | Self::Store(_) => None,
        }
    }
}

/// An administrator with what shows who they are.
pub struct Known {
    /// Who.
    pub administrator: Administrator,
    /// Their certificates, oldest first.
    pub certificates: Vec<AdministratorCertificate>,
}

/// Makes or changes an administrator.
pub async fn put(
    core: &Core,
    new: Administrator,
    actor: &str,
) -> Result<Known, AdministratorError> {
    if new.roles.is_empty() {
        return Err(AdministratorError::NoRoles);
    }
    let outcome = core
        .store
        .put_administrator(&new)
        .await
        .map_err(AdministratorError::Store)?;
    made(outcome, &new.name)?;
    tracing::info!(
        target: "audit", act = "put administrator", administrator = %new.name, roles = ?new.roles, disabled = new.disabled,
        requester = actor, "administrator made or changed"
    );
    load(core, &new.name).await
}

/// Removes an administrator.
pub async fn delete(
    core: &Core,
    name: &AdministratorName,
    actor: &str,
) -> Result<(), AdministratorError> {
    let outcome = core
        .store
        .delete_administrator(name)
        .await
        .map_err(AdministratorError::Store)?;
    made(outcome, name)?;
    tracing::info!(
        target: "audit", act = "delete administrator", administrator = %name, requester = actor, "administrator removed"
    );
    Ok(())
}

/// From now on the certificate shows that administrator.
pub async fn add_certificate(
    core: &Core,
    name: &AdministratorName,
    certificate: Certificate,
    actor: &str,
) -> Result<Known, AdministratorError> {
    if certificate.is_ca() {
        return Err(AdministratorError::CaCertificate);
    }
    if certificate.not_after() < core.context.clock.now() {
        return Err(AdministratorError::Expired);
    }
    let serial = certificate.serial().to_hex();
    let new = AdministratorCertificate {
        administrator: name.clone(),
        certificate,
        added_at_ms: core.context.clock.now_ms(),
    };
    let outcome = core
        .store
        .add_administrator_certificate(&new)
        .await
        .map_err(AdministratorError::Store)?;
    made(outcome, name)?;
    tracing::info!(
        target: "audit", act = "add certificate of administrator", administrator = %name, serial, requester = actor,
        "certificate shows administrator"
    );
    load(core, name).await
}

/// From now on that certificate shows nobody.
pub async fn remove_certificate(
    core: &Core,
    name: &AdministratorName,
    fingerprint: &[u8],
    actor: &str,
) -> Result<Known, AdministratorError> {
    let outcome = core
        .store
        .remove_administrator_certificate(name, fingerprint)
        .await
        .map_err(AdministratorError::Store)?;
    made(outcome, name)?;
    tracing::info!(
        target: "audit", act = "remove certificate of administrator", administrator = %name,
        fingerprint = hex::encode(fingerprint), requester = actor, "certificate shows nobody any more"
    );
    load(core, name).await
}

/// One administrator.
pub async fn load(core: &Core, name: &AdministratorName) -> Result<Known, AdministratorError> {
    let administrator = core
        .store
        .find_administrator(name)
        .await
        .map_err(AdministratorError::Store)?
        .ok_or_else(|| AdministratorError::NotFound(name.clone()))?;
    let certificates = core
        .store
        .list_administrator_certificates(Some(name))
        .await
        .map_err(AdministratorError::Store)?;
    Ok(Known {
        administrator,
        certificates,
    })
}

/// All administrators by name.
pub async fn list(core: &Core) -> Result<Vec<Known>, AdministratorError> {
    let administrators = core
        .store
        .list_administrators()
        .await
        .map_err(AdministratorError::Store)?;
    let certificates = core
        .store
        .list_administrator_certificates(None)
        .await
        .map_err(AdministratorError::Store)?;
    let known = |administrator: Administrator| Known {
        certificates: certificates
            .iter()
            .filter(|shown| shown.administrator == administrator.name)
            .cloned()
            .collect(),
        administrator,
    };
    Ok(administrators.into_iter().map(known).collect())
}

/// Whom a certificate shows now. The peer has proven to have its key. Nobody, when it is out of its time, or revoked by
/// a CA of ours.
pub async fn shown_by(
    core: &Core,
    certificate: &Certificate,
) -> Result<Option<Administrator>, StoreError> {
    let now = core.context.clock.now();
    if now < certificate.not_before() || now > certificate.not_after() {
        return Ok(None);
    }
    let fingerprint = certificate.fingerprint();
    let revoked = core
        .store
        .find_by_fingerprint(&fingerprint)
        .await?
        .is_some_and(|record| record.revocation.is_some());
    if revoked {
        return Ok(None);
    }
    core.store
        .find_administrator_by_certificate(&fingerprint)
        .await
}

fn made(outcome: AdministratorChange, name: &AdministratorName) -> Result<(), AdministratorError> {
    match outcome {
        AdministratorChange::Made => Ok(()),
        AdministratorChange::NotFound => Err(AdministratorError::NotFound(name.clone())),
        AdministratorChange::NobodyLeft => Err(AdministratorError::NobodyLeft(name.clone())),
        AdministratorChange::Taken => Err(AdministratorError::Taken),
    }
}
