//! After CARA's database was restored from an older backup: what it says of a certificate may be older than what was told
//! before. That is found out (a CRL in the signer's journal has a number that was never given here; a consumer knows
//! events that have not happened here) or said by the administrator. Until a CA is reconciled none of its certificates
//! is told as good, and the CRL that relying parties have stays the newest. What was issued comes back from the journal,
//! by itself or from an export; what was revoked comes back from the newest CRL.

use std::{collections::BTreeMap, sync::Arc};

use ers_pki::{
    crl::{Crl, CrlError, Only, RevokedEntry},
    revocation::Reason,
};
use ers_runtime::{
    clock::to_ms,
    error::{Fault, Kind, chain},
};
use ers_signer_client::{JournalEntry, Purpose};
use parking_lot::RwLock;
use thiserror::Error;

use super::{Core, IssuingAuthority, authority::state::note_revoked};
use crate::{
    domain::{
        AuthorityName, CrlName, CrlStream, Restoration, Revocation, SeriesApplied, authority_of,
        numbered_crl,
    },
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

    /// What is known of one.
    fn find(&self, authority: &AuthorityName) -> Option<Restoration> {
        self.authorities.read().get(authority).cloned()
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
        "reconcile: CA {authority} is known to have signed number {wanted} of CRL {series}, the newest applied is {applied}"
    )]
    Older {
        /// The CA.
        authority: AuthorityName,
        /// Name of the CRL.
        series: String,
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
            Self::Crl(_) | Self::Foreign(_) => Some("octets"),
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
        crls: Vec::new(),
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
            // First that it is wanted: an interruption finds it again, as long as its number counts as not given.
            core.store
                .change_series(&authority, series, |known| SeriesApplied {
                    wanted: known.wanted.max(number),
                    ..known
                })
                .await?;
            let reason = format!(
                "the signer has signed number {number} of CRL {series}, the highest number given here is {given}"
            );
            begin(core, &authority, number, &reason).await?;
            core.store.raise_crl_number(series, number).await
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
    /// Whether it is a complete CRL of all certificates; another one tells of some revocations only.
    pub is_complete: bool,
    /// Whether the CA is reconciled by it.
    pub is_finished: bool,
}

/// Takes over the revocations of a CRL that one of the CAs has signed. When a complete one was applied, and nothing that is
/// known to be signed is missing, the CA is reconciled. A delta CRL and that of a partition say what is revoked too, and
/// not that nothing else is.
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
    let name = &ca.authority.name;
    let number = number_of(crl.number());
    let taken = take_over(core, ca, &crl)
        .await
        .map_err(ReconcileError::Store)?;
    tracing::warn!(
        target: "audit", act = "apply CRL", issuer_id = %name, number, is_complete = crl.scope().is_complete(),
        entries = taken.entries, revoked = taken.revoked, lost = taken.lost, "revocations taken over from a CRL"
    );
    note_applied(core, ca, &crl)
        .await
        .map_err(ReconcileError::Store)?;
    // Each generation has CRLs of its own: with several the administrator says when all are there.
    let mut all = generations
        .iter()
        .filter(|other| other.authority.name == *name);
    let is_only = all.next().is_some() && all.next().is_none();
    let is_current = crl.next_update() > core.context.clock.now();
    let is_finished = is_only
        && core
            .restored
            .find(name)
            .is_some_and(|restoration| restoration.is_applied(&ca.file_name(), is_current));
    if is_finished {
        finish(core, name, true).await?;
    } else if taken.revoked + taken.lost > 0 {
        renew_crls(core, name);
    }
    Ok(Applied {
        authority: name.clone(),
        number,
        entries: taken.entries,
        revoked: taken.revoked,
        lost: taken.lost,
        is_complete: crl.scope().is_complete(),
        is_finished,
    })
}

fn number_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Remembers how far the CRLs of its numbering were applied, and gives no number up to its own again.
async fn note_applied(core: &Core, ca: &IssuingAuthority, crl: &Crl) -> Result<(), StoreError> {
    let Some(series) = series_of(ca, crl) else {
        return Ok(());
    };
    let name = &ca.authority.name;
    let number = number_of(crl.number());
    core.store.raise_crl_number(&series, number).await?;
    if !core.restored.contains(name) {
        return Ok(());
    }
    let base = crl.scope().base.map(number_of);
    core.store
        .change_series(name, &series, |known| known.with(number, base))
        .await?;
    refresh(core).await
}

/// The numbering that a CRL of the CA is of: that of all its certificates, or that of the partition whose distribution point it
/// names. None: limited in a way that is not ours.
fn series_of(ca: &IssuingAuthority, crl: &Crl) -> Option<String> {
    let scope = crl.scope();
    if scope.distribution_points.is_empty() {
        return (scope.only == Only::Any).then(|| ca.file_name());
    }
    scope.distribution_points.iter().find_map(|url| {
        let file = url.rsplit('/').next()?.strip_suffix(".crl")?;
        let stream = file.parse::<CrlName>().ok()?.stream;
        let is_own = stream.authority == ca.authority.name
            && stream.generation == ca.authority.generation
            && stream.partition > 0;
        is_own.then(|| stream.to_string())
    })
}

/// What was taken over.
#[derive(Debug, Default)]
struct Taken {
    entries: u64,
    revoked: u64,
    lost: u64,
    is_key_compromised: bool,
}

async fn take_over(
    core: &Arc<Core>,
    ca: &IssuingAuthority,
    crl: &Crl,
) -> Result<Taken, StoreError> {
    // A delta CRL also names what is not revoked any more. Here it may be on hold still, which is the safe side.
    let entries: Vec<RevokedEntry> = crl
        .entries()
        .filter(|entry| entry.reason != Reason::RemoveFromCrl)
        .collect();
    let mut taken = Taken {
        entries: count(entries.len()),
        ..Taken::default()
    };
    for page in entries.chunks(PAGE) {
        take_over_page(core, ca, page, &mut taken).await?;
    }
    if taken.is_key_compromised {
        super::revoke::learn_blocked_keys(core).await?;
    }
    Ok(taken)
}

async fn take_over_page(
    core: &Arc<Core>,
    ca: &IssuingAuthority,
    page: &[RevokedEntry],
    taken: &mut Taken,
) -> Result<(), StoreError> {
    let name = &ca.authority.name;
    let serials: Vec<_> = page.iter().map(|entry| entry.serial).collect();
    let known = core.store.find_revoked(name, &serials).await?;
    let mut lost = Vec::new();
    for entry in page {
        let revocation = Revocation {
            at_ms: to_ms(entry.at),
            reason: entry.reason,
            requester: REQUESTER.into(),
            invalidity_at_ms: entry.invalidity_date.map(to_ms),
        };
        match known.get(&entry.serial.to_hex()) {
            None => lost.push((entry.serial, revocation)),
            Some(before) if before.is_some_and(|before| !revocation.replaces_reason(before)) => {}
            Some(_) => {
                if revoke(core, name, entry, revocation).await? {
                    taken.revoked += 1;
                    taken.is_key_compromised |= entry.reason == Reason::KeyCompromise;
                }
            }
        }
    }
    taken.lost += count(lost.len());
    core.store
        .insert_lost(name, ca.authority.generation, &lost)
        .await
}

/// Whether anything changed. A CA whose certificate it is stops, as it did before the backup was restored.
async fn revoke(
    core: &Core,
    name: &AuthorityName,
    entry: &RevokedEntry,
    revocation: Revocation,
) -> Result<bool, StoreError> {
    let change = Change::Revoke(revocation);
    let changed = core.store.change(name, &entry.serial, &change).await?;
    let Some((record, Outcome::Changed(_))) = changed else {
        return Ok(false);
    };
    let serial = entry.serial.to_hex();
    tracing::warn!(
        target: "audit", act = "revoke", issuer_id = %name, serial, reason = %entry.reason, requester = REQUESTER,
        "certificate revoked"
    );
    if let Err(error) = note_revoked(core, &record, REQUESTER).await {
        tracing::error!(issuer_id = %name, serial, error = chain(&error), "CA not stopped that was revoked");
    }
    Ok(true)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A CA is reconciled: it answers again, and publishes a CRL with a number above all that are known. Unless `is_sure`, only
/// when all that are known were applied.
pub async fn finish(
    core: &Core,
    authority: &AuthorityName,
    is_sure: bool,
) -> Result<(), ReconcileError> {
    if core.registry.find(authority).is_none() {
        return Err(ReconcileError::UnknownAuthority(authority.clone()));
    }
    let missing = core
        .restored
        .find(authority)
        .and_then(|restoration| restoration.missing().next().cloned());
    if let Some(missing) = missing.filter(|_| !is_sure) {
        return Err(ReconcileError::Older {
            authority: authority.clone(),
            series: missing.series,
            wanted: missing.wanted,
            applied: missing.applied,
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
) -> Result<super::adopt::Outcome, super::adopt::AdoptError> {
    for entry in entries.iter().filter(|entry| entry.purpose == Purpose::Crl) {
        notice_crl(core, entry)
            .await
            .map_err(super::adopt::AdoptError::Store)?;
    }
    super::adopt::adopt_missing(core, entries, super::adopt::Outage::Stop).await
}
