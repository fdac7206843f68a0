//! After CARA's database was restored from an older backup: what it says of a certificate may be older than what was told
//! before. That is found out (a CRL in the signer's journal has a number that was never given here; a consumer knows
//! events that have not happened here) or said by the administrator. Until a CA is reconciled none of its certificates
//! is told as good, and the CRL that relying parties have stays the newest. What was issued comes back from the journal,
//! by itself or from an export; what was revoked comes back from the newest CRL.

use std::{collections::BTreeMap, sync::Arc};

use ers_pki::crl::{Crl, CrlError, RevokedEntry};
use ers_runtime::{
    clock::to_ms,
    error::{Fault, Kind},
};
use ers_signer_client::{JournalEntry, Purpose};
use parking_lot::RwLock;
use thiserror::Error;

use super::{Core, IssuingAuthority};
use crate::{
    domain::{AuthorityName, CrlStream, Restoration, Revocation, authority_of, numbered_crl},
    store::{Change, Outcome, StoreError},
};

/// Entries of a CRL that are looked up at a time.
const PAGE: usize = 500;
/// Who is told as having revoked what is taken over from a CRL.
const REQUESTER: &str = "restored from CRL";

/// CAs that are to be reconciled, in memory.
#[derive(Default)]
pub struct Restored {
    authorities: RwLock<BTreeMap<AuthorityName, Restoration>>,
}

impl Restored {
    /// Whether a CA is to be reconciled before its certificates are told as good.
    pub fn contains(&self, authority: &AuthorityName) -> bool {
        self.authorities.read().contains_key(authority)
    }

    /// All of them.
    pub fn all(&self) -> Vec<Restoration> {
        self.authorities.read().values().cloned().collect()
    }
}

/// Why a reconciliation does not go on.
#[derive(Debug, Error)]
pub enum ReconcileError {
    /// The octets are no CRL.
    #[error("reconcile: read CRL")]
    Crl(#[source] CrlError),
    /// None of our CAs has signed it.
    #[error("reconcile: the CRL of \"{0}\" is signed by none of the CAs")]
    Foreign(String),
    /// No such CA.
    #[error("reconcile: there is no CA {0}")]
    UnknownAuthority(AuthorityName),
    /// There are newer ones.
    #[error(
        "reconcile: CA {authority} is known to have signed CRL number {wanted}, the newest applied is {applied}"
    )]
    Older {
        /// The CA.
        authority: AuthorityName,
        /// Number of the newest known.
        wanted: i64,
        /// Number of the newest applied.
        applied: i64,
    },
    /// The database failed.
    #[error("reconcile")]
    Store(#[source] StoreError),
}

impl Fault for ReconcileError {
    fn kind(&self) -> Kind {
        match self {
            Self::Crl(_) | Self::Foreign(_) => Kind::InvalidArgument,
            Self::UnknownAuthority(_) => Kind::NotFound,
            Self::Older { .. } => Kind::FailedPrecondition,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Crl(_) | Self::Foreign(_) => Some("der"),
            Self::UnknownAuthority(_) | Self::Older { .. } => Some("issuer"),
            Self::Store(_) => None,
        }
    }
}

/// Reads anew which CAs are to be reconciled, and says so as long as there are any.
pub async fn refresh(core: &Core) -> Result<(), StoreError> {
    let restorations = core.store.load_restorations().await?;
    core.metrics.to_be_reconciled(restorations.len());
    for restoration in &restorations {
        tracing::error!(
            issuer_id = %restoration.authority, crl_number = restoration.crl_number, reason = restoration.reason,
            "database was restored from an older state: no certificate of this CA is told as good until it is reconciled (docs/operations.md)"
        );
    }
    *core.restored.authorities.write() = restorations
        .into_iter()
        .map(|restoration| (restoration.authority.clone(), restoration))
        .collect();
    Ok(())
}

/// Takes a CA for restored.
pub async fn begin(
    core: &Core,
    authority: &AuthorityName,
    crl_number: i64,
    reason: &str,
) -> Result<(), StoreError> {
    let restoration = Restoration {
        authority: authority.clone(),
        found_at_ms: core.context.clock.now_ms(),
        crl_number,
        reason: reason.to_owned(),
    };
    core.store.put_restoration(&restoration).await?;
    tracing::error!(target: "audit", act = "begin reconciliation", issuer_id = %authority, crl_number, reason, "CA is to be reconciled");
    refresh(core).await
}

/// A CRL in the journal with a number that was never given here was signed by a database that is no more.
pub(super) async fn notice_crl(core: &Core, entry: &JournalEntry) -> Result<(), StoreError> {
    let Some((series, number)) = numbered_crl(&entry.request_id) else {
        return Ok(());
    };
    let Some(authority) = authority_of(series).filter(|name| core.registry.find(name).is_some())
    else {
        return Ok(());
    };
    match core.store.find_crl_number(series).await? {
        Some(given) if number > given => {
            core.store.raise_crl_number(series, number).await?;
            let reason = format!(
                "the signer has signed its CRL {number}, the highest number given here is {given}"
            );
            begin(core, &authority, number, &reason).await
        }
        Some(_) => Ok(()),
        // CRLs of the release before, which did not keep the numbers that it gave
        None => core.store.raise_crl_number(series, number).await,
    }
}

/// A consumer that knows later events than there are has heard of them from a database that is no more.
pub async fn notice_consumer(core: &Core, who: &str, known: i64) -> Result<(), StoreError> {
    let head = core.store.refresh_head().await?;
    if known <= head {
        return Ok(());
    }
    core.store.raise_event_counter(known).await?;
    core.store.refresh_head().await?;
    let reason = format!("{who} knows of event {known}, the newest here is {head}");
    for ca in core.registry.all() {
        begin(core, &ca.authority.name, 0, &reason).await?;
    }
    Ok(())
}

/// What came of a CRL.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The CA.
    pub authority: AuthorityName,
    /// CRL number.
    pub number: i64,
    /// How many entries it has.
    pub entries: u64,
    /// How many certificates were revoked because of it.
    pub revoked: u64,
    /// How many are not stored; they are revoked all the same.
    pub lost: u64,
    /// Whether the CA is reconciled by it.
    pub is_finished: bool,
}

/// Takes over the revocations of a CRL that one of the CAs has signed. When it is as new as the newest that is known, the
/// CA is reconciled.
#[tracing::instrument(name = "cara.reconcile", skip_all)]
pub async fn apply_crl(core: &Arc<Core>, der: Vec<u8>) -> Result<Applied, ReconcileError> {
    let crl = tokio::task::spawn_blocking(move || Crl::from_der(&der))
        .await
        .map_err(|_| ReconcileError::Store(StoreError::Stopped))?
        .map_err(ReconcileError::Crl)?;
    let generations = core.registry.generations();
    let ca = generations
        .iter()
        .find(|ca| crl.verify_signed_by(&ca.authority.certificate).is_ok())
        .ok_or_else(|| ReconcileError::Foreign(crl.issuer().to_string()))?;
    let number = i64::try_from(crl.number()).unwrap_or(i64::MAX);
    let (mut revoked, mut lost) = (0, 0);
    let entries: Vec<RevokedEntry> = crl.entries().collect();
    for page in entries.chunks(PAGE) {
        let (more_revoked, more_lost) = apply_page(core, ca, page)
            .await
            .map_err(ReconcileError::Store)?;
        revoked += more_revoked;
        lost += more_lost;
    }
    let name = &ca.authority.name;
    tracing::warn!(
        target: "audit", act = "apply CRL", issuer_id = %name, number, entries = entries.len(), revoked, lost,
        "revocations taken over from a CRL"
    );
    let wanted = core
        .restored
        .authorities
        .read()
        .get(name)
        .map(|restoration| restoration.crl_number);
    // Each generation has CRLs of its own: with several the administrator says when all are there.
    let is_only = generations
        .iter()
        .filter(|other| other.authority.name == *name)
        .count()
        == 1;
    let is_finished = is_only && wanted.is_some_and(|wanted| number >= wanted);
    core.store
        .raise_crl_number(&ca.file_name(), number)
        .await
        .map_err(ReconcileError::Store)?;
    if is_finished {
        finish(core, name, true).await?;
    } else if revoked + lost > 0 {
        renew_crls(core, name);
    }
    Ok(Applied {
        authority: name.clone(),
        number,
        entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        revoked,
        lost,
        is_finished,
    })
}

async fn apply_page(
    core: &Core,
    ca: &IssuingAuthority,
    page: &[RevokedEntry],
) -> Result<(u64, u64), StoreError> {
    let name = &ca.authority.name;
    let serials: Vec<_> = page.iter().map(|entry| entry.serial).collect();
    let known = core.store.find_revoked(name, &serials).await?;
    let (mut revoked, mut lost) = (0, Vec::new());
    for entry in page {
        let revocation = Revocation {
            at_ms: to_ms(entry.at),
            reason: entry.reason,
            requester: REQUESTER.into(),
            invalidity_at_ms: entry.invalidity_date.map(to_ms),
        };
        match known.get(&entry.serial.to_hex()) {
            Some(true) => {}
            Some(false) => {
                let change = Change::Revoke(revocation);
                let outcome = core.store.change(name, &entry.serial, &change).await?;
                if matches!(outcome, Some((_, Outcome::Changed(_)))) {
                    revoked += 1;
                    tracing::warn!(
                        target: "audit", act = "revoke", issuer_id = %name, serial = entry.serial.to_hex(), reason = %entry.reason,
                        requester = REQUESTER, "certificate revoked"
                    );
                }
            }
            None => lost.push((entry.serial, revocation)),
        }
    }
    core.store
        .insert_lost(name, ca.authority.generation, &lost)
        .await?;
    Ok((revoked, u64::try_from(lost.len()).unwrap_or(u64::MAX)))
}

/// A CA is reconciled: it answers again, and publishes a CRL with a number above all that are known. Unless `is_sure`, only
/// when a CRL as new as the newest that is known was applied.
pub async fn finish(
    core: &Core,
    authority: &AuthorityName,
    is_sure: bool,
) -> Result<(), ReconcileError> {
    if core.registry.find(authority).is_none() {
        return Err(ReconcileError::UnknownAuthority(authority.clone()));
    }
    let wanted = core
        .restored
        .authorities
        .read()
        .get(authority)
        .map_or(0, |restoration| restoration.crl_number);
    if !is_sure && wanted > 0 {
        return Err(ReconcileError::Older {
            authority: authority.clone(),
            wanted,
            applied: 0,
        });
    }
    core.store
        .delete_restoration(authority)
        .await
        .map_err(ReconcileError::Store)?;
    refresh(core).await.map_err(ReconcileError::Store)?;
    tracing::warn!(target: "audit", act = "finish reconciliation", issuer_id = %authority, "CA is reconciled");
    renew_crls(core, authority);
    Ok(())
}

fn renew_crls(core: &Core, authority: &AuthorityName) {
    let generations = core.registry.generations();
    let streams = generations
        .iter()
        .filter(|ca| ca.authority.name == *authority)
        .map(|ca| CrlStream::whole(authority, ca.authority.generation));
    super::revoke::renew_crls(core, streams);
}

/// Adopts what stands in entries of an exported journal and not in the tables.
pub async fn adopt_entries(
    core: &Arc<Core>,
    entries: &[JournalEntry],
) -> Result<usize, super::adopt::AdoptError> {
    for entry in entries.iter().filter(|entry| entry.purpose == Purpose::Crl) {
        notice_crl(core, entry)
            .await
            .map_err(super::adopt::AdoptError::Store)?;
    }
    super::adopt::adopt_missing(core, entries).await
}
