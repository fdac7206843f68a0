//! Revoking and releasing one certificate: the rows and their event first, then new CRLs as soon as possible.

use ers_pki::{revocation::Reason, serial::SerialNumber};
use ers_runtime::error::{Fault, Kind};
use thiserror::Error;

use super::{
    Core,
    authority::state::note_revoked,
    search::{SearchError, search},
};
use crate::{
    domain::{
        AuthorityName, Criteria, CrlStream, IndexedName, KeyHash, Record, Revocation, WantedName,
    },
    store::{Change, Outcome, StoreError},
};

/// Certificates with the same key, read at a time.
const SIBLINGS: usize = 500;

/// Why nothing was revoked or released.
#[derive(Debug, Error)]
pub enum RevokeError {
    /// CARA never issued it.
    #[error("revoke: CA {issuer} has issued no certificate {serial}")]
    NotFound {
        /// The CA.
        issuer: AuthorityName,
        /// Hex.
        serial: String,
    },
    /// removeFromCRL is no reason to revoke.
    #[error("revoke: {0} is no reason to revoke a certificate")]
    NoReason(Reason),
    /// It is over, and CRLs do not list what is over.
    #[error(
        "revoke: certificate {serial} of CA {issuer} has expired, and crl.keep_expired is not set"
    )]
    Expired {
        /// The CA.
        issuer: AuthorityName,
        /// Hex.
        serial: String,
    },
    /// What has not been yet is not invalid yet.
    #[error("revoke: the invalidity date must not be in the future")]
    InvalidityDate,
    /// Only a hold can be taken back.
    #[error("release: certificate {serial} of CA {issuer} is not on hold")]
    NotOnHold {
        /// The CA.
        issuer: AuthorityName,
        /// Hex.
        serial: String,
    },
    /// The database failed.
    #[error("revoke certificate {serial} of CA {issuer}")]
    Store {
        /// The CA.
        issuer: AuthorityName,
        /// Hex.
        serial: String,
        /// Why.
        #[source]
        source: StoreError,
    },
}

impl Fault for RevokeError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } => Kind::NotFound,
            Self::NoReason(_) | Self::InvalidityDate => Kind::InvalidArgument,
            Self::Expired { .. } | Self::NotOnHold { .. } => Kind::FailedPrecondition,
            Self::Store { source, .. } => source.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoReason(_) => Some("reason"),
            Self::InvalidityDate => Some("invalidity_date"),
            Self::Expired { .. } | Self::NotOnHold { .. } => Some("serial"),
            Self::NotFound { .. } | Self::Store { .. } => None,
        }
    }
}

/// What is to be said of a revoked certificate.
#[derive(Debug, Clone)]
pub struct Cause {
    /// Why.
    pub reason: Reason,
    /// Since when the key or what the certificate says is believed to be wrong, epoch milliseconds.
    pub invalidity_at_ms: Option<i64>,
    /// Who asks.
    pub requester: String,
}

impl Cause {
    /// The revocation, now.
    pub(super) fn revocation(&self, core: &Core) -> Result<Revocation, RevokeError> {
        let at_ms = core.context.clock.now_ms();
        if self.reason == Reason::RemoveFromCrl {
            return Err(RevokeError::NoReason(self.reason));
        }
        if self.invalidity_at_ms.is_some_and(|since| since > at_ms) {
            return Err(RevokeError::InvalidityDate);
        }
        Ok(Revocation {
            at_ms,
            reason: self.reason,
            requester: self.requester.clone(),
            invalidity_at_ms: self.invalidity_at_ms,
        })
    }
}

/// A certificate, after it was asked to be changed.
#[derive(Debug)]
pub struct Revoked {
    /// As it is now.
    pub record: Record,
    /// Whether it was so before.
    pub unchanged: bool,
}

/// Revokes. A revoked certificate stays as it is, but for a worse reason ([`Revocation::replaces`]). With keyCompromise no
/// certificate is issued for its key any more.
pub async fn revoke(
    core: &Core,
    issuer: &AuthorityName,
    serial: &SerialNumber,
    cause: &Cause,
) -> Result<Revoked, RevokeError> {
    let new = cause.revocation(core)?;
    let store = |source| RevokeError::Store {
        issuer: issuer.clone(),
        serial: serial.to_hex(),
        source,
    };
    let not_found = || RevokeError::NotFound {
        issuer: issuer.clone(),
        serial: serial.to_hex(),
    };
    let found = core
        .store
        .find_certificate(issuer, serial)
        .await
        .map_err(store)?
        .ok_or_else(not_found)?;
    if !may_be_revoked(core, &found) {
        return Err(RevokeError::Expired {
            issuer: issuer.clone(),
            serial: serial.to_hex(),
        });
    }
    let (record, outcome) = core
        .store
        .change(issuer, serial, &Change::Revoke(new))
        .await
        .map_err(store)?
        .ok_or_else(not_found)?;
    let unchanged = !matches!(outcome, Outcome::Changed(_));
    if let Outcome::Changed(stream) = outcome {
        told(core, issuer, &serial.to_hex(), cause);
        if let Err(error) = note_revoked(core, &record, &cause.requester).await {
            let error = ers_runtime::error::chain(&error);
            tracing::error!(issuer_id = %issuer, serial = serial.to_hex(), error, "CA not stopped that was revoked");
        }
        if cause.reason == Reason::KeyCompromise {
            learn_blocked_keys(core).await.map_err(store)?;
        }
        renew_crls(core, [stream]);
    }
    Ok(Revoked { record, unchanged })
}

/// Takes a hold back. May be repeated: what is not revoked is returned as it is.
pub async fn release(
    core: &Core,
    issuer: &AuthorityName,
    serial: &SerialNumber,
    requester: &str,
) -> Result<Revoked, RevokeError> {
    let (record, outcome) = core
        .store
        .change(issuer, serial, &Change::Release)
        .await
        .map_err(|source| RevokeError::Store {
            issuer: issuer.clone(),
            serial: serial.to_hex(),
            source,
        })?
        .ok_or_else(|| RevokeError::NotFound {
            issuer: issuer.clone(),
            serial: serial.to_hex(),
        })?;
    match outcome {
        Outcome::Changed(stream) => {
            core.metrics.released();
            tracing::info!(
                target: "audit", act = "release", issuer_id = %issuer, serial = serial.to_hex(), requester, "certificate released"
            );
            renew_crls(core, [stream]);
            Ok(Revoked {
                record,
                unchanged: false,
            })
        }
        _ if record.revocation.is_none() => Ok(Revoked {
            record,
            unchanged: true,
        }),
        _ => Err(RevokeError::NotOnHold {
            issuer: issuer.clone(),
            serial: serial.to_hex(),
        }),
    }
}

/// What has expired is refused unless CRLs keep it; what is revoked already may be told again.
fn may_be_revoked(core: &Core, record: &Record) -> bool {
    core.keeps_expired(&record.issuer)
        || record.revocation.is_some()
        || record.certificate.not_after() >= core.context.clock.now()
}

/// Other certificates for the same key, whoever issued them: all that the search index knows. The key is blocked before, so
/// that no more come.
pub async fn siblings(
    core: &Core,
    record: &Record,
) -> Result<Vec<(AuthorityName, SerialNumber)>, SearchError> {
    let key = KeyHash::of(record.certificate.public_key());
    let criteria = Criteria {
        names: vec![WantedName {
            name: IndexedName::public_key(key.as_bytes()),
            is_prefix: false,
        }],
        ..Criteria::default()
    };
    let mut siblings = Vec::new();
    let mut after = None;
    loop {
        let found = search(core, &criteria, after, SIBLINGS).await?;
        if !found.is_complete {
            tracing::warn!(%key, "certificates with a compromised key looked for before all were indexed: look again");
        }
        siblings.extend(
            found
                .records
                .iter()
                .filter(|other| KeyHash::of(other.certificate.public_key()) == key)
                .map(|other| (other.issuer.clone(), other.serial))
                .filter(|(issuer, serial)| (issuer, serial) != (&record.issuer, &record.serial)),
        );
        match found.next {
            Some(next) => after = Some(next),
            None => return Ok(siblings),
        }
    }
}

/// Counts and audits.
pub(super) fn told(core: &Core, issuer: &AuthorityName, serial: &str, cause: &Cause) {
    core.metrics.revoked();
    tracing::info!(
        target: "audit", act = "revoke", issuer_id = %issuer, serial, reason = %cause.reason, requester = cause.requester,
        "certificate revoked"
    );
}

/// Before the answer is given: who was told that a key is blocked can rely on it.
pub(super) async fn learn_blocked_keys(core: &Core) -> Result<(), StoreError> {
    let now_ms = core.context.clock.now_ms();
    core.blocked_keys.learn(&core.store, now_ms).await
}

/// The CRLs of all certificates, and of these partitions, are out of date.
pub(super) fn renew_crls(core: &Core, streams: impl IntoIterator<Item = CrlStream>) {
    let mut stale = core.stale_crls.lock();
    for stream in streams {
        stale.insert(stream.partition(0));
        stale.insert(stream);
    }
    drop(stale);
    core.crl_bell.notify_one();
}
