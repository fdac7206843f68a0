//! A certificate revoked. Who may ask was checked by the caller; which reasons a requester may give, says the policy.

use ers_pki::{certificate::Certificate, revocation::Reason};
use ers_runtime::error::{Fault, Kind, chain};

use super::{Act, Actor, Flows};
use crate::{
    clients::CaraError,
    domain::{id::Requester, inventory::InventoryCertificate},
    store::StoreError,
};

/// Which certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one with these octets, DER.
    Certificate(Vec<u8>),
    /// The one of this CA with this serial, hex.
    IssuerAndSerial {
        /// Name of the CA.
        issuer: String,
        /// Hex.
        serial: String,
    },
}

/// A revocation asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Which certificate.
    pub which: Which,
    /// RFC 5280 name; empty: unspecified.
    pub reason: String,
    /// Who asks.
    pub requester: Requester,
    /// The administrator who does it; absent: an edge, held to the policy's reasons.
    pub administrator: Option<Actor>,
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The octets are no certificate.
    #[error("revoke: {0}")]
    NotACertificate(String),
    /// No such reason, or one that this requester may not give.
    #[error("revoke: {0}")]
    Reason(String),
    /// No such certificate.
    #[error("revoke: there is no such certificate")]
    Unknown,
    /// It was imported.
    #[error("revoke: it was imported: only the CA that issued it can revoke it")]
    Imported,
    /// CARA did not do it.
    #[error("revoke")]
    Cara(#[source] CaraError),
    /// The database.
    #[error("revoke: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Revokes; true when the certificate was revoked before.
    #[tracing::instrument(name = "clm.revoke", skip_all, fields(requester = %call.requester))]
    pub async fn revoke(&self, call: &Revoke) -> Result<bool, RevokeError> {
        let reason = read_reason(&call.reason)?;
        let Some(certificate) = self.find_revocable(&call.which).await? else {
            return Err(self.why_not_there(&call.which).await?);
        };
        match &call.administrator {
            Some(actor) => {
                let object = format!("{} {}", certificate.issuer, certificate.serial);
                let realm = certificate.origin.realm.parse().ok();
                let act = Act {
                    realm: realm.as_ref(),
                    detail: format!("reason {reason}"),
                    ..Act::on("certificate.revoke", &object)
                };
                self.note_act(actor, act).await?;
            }
            None => self.check_reason(&certificate, reason)?,
        }
        let (issuer, serial, requester) = (
            &certificate.issuer,
            &certificate.serial,
            call.requester.as_str(),
        );
        let (revoked, already_revoked) = self
            .cara
            .revoke(issuer, serial, reason.as_str(), requester)
            .await
            .map_err(|error| match error {
                CaraError::NotFound(_) => RevokeError::Unknown,
                error => RevokeError::Cara(error),
            })?;
        tracing::info!(target: "audit", act = "certificate.revoked", issuer, serial, reason = reason.as_str(),
            requester, already_revoked, "certificate revoked");
        self.metrics.revoked();
        // The event says the same in a moment; who revoked it shall see it now.
        if let Err(error) = self.store.mark_revoked(&revoked, self.clock.now_ms()).await {
            tracing::warn!(
                error = chain(&error),
                "revocation not shown before its event"
            );
        }
        Ok(already_revoked)
    }

    /// From the inventory, or from CARA: its event may still be on the way.
    async fn find_revocable(
        &self,
        which: &Which,
    ) -> Result<Option<InventoryCertificate>, RevokeError> {
        match which {
            Which::Certificate(der) => {
                let certificate = Certificate::from_der(der)
                    .map_err(|error| RevokeError::NotACertificate(chain(&error)))?;
                let fingerprint = certificate.fingerprint();
                match self
                    .store
                    .find_certificate_by_fingerprint(&hex::encode(fingerprint))
                    .await?
                {
                    Some(found) => Ok(Some(found)),
                    None => self
                        .cara
                        .find_by_fingerprint(fingerprint)
                        .await
                        .map_err(RevokeError::Cara),
                }
            }
            Which::IssuerAndSerial { issuer, serial } => {
                let serial = serial.to_ascii_lowercase();
                match self
                    .store
                    .find_certificate_by_serial(issuer, &serial)
                    .await?
                {
                    Some(found) => Ok(Some(found)),
                    None => self
                        .cara
                        .find_by_serial(issuer, &serial)
                        .await
                        .map_err(RevokeError::Cara),
                }
            }
        }
    }

    async fn why_not_there(&self, which: &Which) -> Result<RevokeError, StoreError> {
        let is_foreign = match which {
            Which::Certificate(der) => {
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
                self.store
                    .is_foreign(("", ""), &hex::encode(digest))
                    .await?
            }
            Which::IssuerAndSerial { issuer, serial } => {
                let serial = serial.to_ascii_lowercase();
                self.store.is_foreign((issuer, &serial), "").await?
            }
        };
        Ok(if is_foreign {
            RevokeError::Imported
        } else {
            RevokeError::Unknown
        })
    }

    fn check_reason(
        &self,
        certificate: &InventoryCertificate,
        reason: Reason,
    ) -> Result<(), RevokeError> {
        let policy = certificate
            .origin
            .policy
            .parse()
            .ok()
            .and_then(|name| self.policies.find(&name));
        // A policy that is gone says nothing: what every policy allows unless it says otherwise.
        let usual = crate::domain::policy::RevocationRules::default();
        let rules = policy
            .as_ref()
            .map_or(&usual, |policy| &policy.definition.rules().revocation);
        if rules.reasons.contains(&reason) {
            return Ok(());
        }
        let allowed: Vec<&str> = rules.reasons.iter().map(|reason| reason.as_str()).collect();
        Err(RevokeError::Reason(format!(
            "{reason} is not allowed, only {}",
            allowed.join(", ")
        )))
    }
}

fn read_reason(text: &str) -> Result<Reason, RevokeError> {
    let reason = match text {
        "" => Reason::Unspecified,
        text => text
            .parse()
            .map_err(|error: ers_pki::revocation::UnknownReason| {
                RevokeError::Reason(error.to_string())
            })?,
    };
    match reason {
        Reason::RemoveFromCrl => Err(RevokeError::Reason(
            "removeFromCRL is not a reason to revoke".to_owned(),
        )),
        reason => Ok(reason),
    }
}

impl Fault for RevokeError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotACertificate(_) | Self::Reason(_) => Kind::InvalidArgument,
            Self::Unknown => Kind::NotFound,
            Self::Imported => Kind::FailedPrecondition,
            Self::Cara(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotACertificate(_) => Some("certificate"),
            Self::Reason(_) => Some("reason"),
            Self::Unknown | Self::Imported | Self::Cara(_) | Self::Store(_) => None,
        }
    }
}
