//! Revoking: the row and its event first, then a new CRL as soon as possible.

use ers_pki::{revocation::Reason, serial::SerialNumber};
use ers_runtime::error::{Fault, Kind};
use thiserror::Error;

use super::Core;
use crate::{
    domain::{AuthorityName, Record, Revocation},
    store::{RevokeOutcome, StoreError},
};

/// Why nothing was revoked.
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
            Self::NoReason(_) => Kind::InvalidArgument,
            Self::Store { source, .. } => source.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoReason(_) => Some("reason"),
            Self::NotFound { .. } | Self::Store { .. } => None,
        }
    }
}

/// Revokes. Returns the certificate and whether it had been revoked before.
pub async fn revoke(
    core: &Core,
    issuer: &AuthorityName,
    serial: &SerialNumber,
    reason: Reason,
    requester: &str,
) -> Result<(Record, bool), RevokeError> {
    if reason == Reason::RemoveFromCrl {
        return Err(RevokeError::NoReason(reason));
    }
    let new = Revocation {
        at_ms: core.context.clock.now_ms(),
        reason,
        requester: requester.to_owned(),
    };
    let outcome = core
        .store
        .revoke(issuer, serial, &new)
        .await
        .map_err(|source| RevokeError::Store {
            issuer: issuer.clone(),
            serial: serial.to_hex(),
            source,
        })?;
    match outcome {
        RevokeOutcome::NotFound => Err(RevokeError::NotFound {
            issuer: issuer.clone(),
            serial: serial.to_hex(),
        }),
        RevokeOutcome::AlreadyRevoked(record) => Ok((*record, true)),
        RevokeOutcome::Revoked(record) => {
            core.metrics.revoked();
            tracing::info!(
                target: "audit", act = "revoke", issuer_id = %issuer, serial = serial.to_hex(), reason = %reason, requester,
                "certificate revoked"
            );
            let stale = (issuer.clone(), record.generation);
            core.stale_crls.lock().insert(stale);
            core.crl_bell.notify_one();
            Ok((*record, false))
        }
    }
}
