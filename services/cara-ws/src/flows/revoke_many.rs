//! Revoking many certificates: those of a list, or all that a filter finds, some hundreds per transaction. It goes on where
//! it stopped, since what is revoked stays revoked; whoever asked is told how far it is.

use std::collections::{BTreeMap, BTreeSet};

use ers_pki::{certificate::Certificate, revocation::Reason, serial::SerialNumber};
use tokio::sync::mpsc;

use super::{
    Core,
    revoke::{Cause, RevokeError, learn_blocked_keys, renew_crls, told},
};
use crate::{
    domain::{AuthorityName, CrlStream, Filter, KeyHash, Origin},
    store::{BATCH, Candidate, Change, Outcome, StoreError},
};

/// Which certificates.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These, in this order.
    List(Vec<(AuthorityName, SerialNumber)>),
    /// All of a CA that a filter finds.
    Filter(Filter),
}

/// How far an act is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many certificates were looked at.
    pub examined: u64,
    /// How many were revoked.
    pub revoked: u64,
    /// How many were revoked before.
    pub unchanged: u64,
    /// How many of a list were never issued, or have expired.
    pub left_out: u64,
    /// Serial number of the last one looked at, hex: where to go on.
    pub after: String,
}

/// An act upon many certificates.
#[derive(Debug, Clone)]
pub struct Act {
    /// Which ones.
    pub selection: Selection,
    /// Why.
    pub cause: Cause,
    /// Only count them.
    pub dry_run: bool,
}

/// Revokes, and tells after each batch how far it is. Ends early when nobody listens any more.
pub async fn revoke_many(
    core: &Core,
    act: &Act,
    listener: &mpsc::Sender<Progress>,
) -> Result<Progress, RevokeError> {
    let requester = act.cause.requester.as_str();
    if !act.dry_run {
        tracing::info!(
            target: "audit", act = "revoke many", requester, reason = %act.cause.reason, selection = ?act.selection.summary(),
            "mass revocation begins"
        );
    }
    let mut progress = Progress::default();
    let outcome = run(core, act, listener, &mut progress).await;
    let Progress {
        examined, revoked, ..
    } = progress;
    if !act.dry_run {
        tracing::info!(
            target: "audit", act = "revoke many", requester, examined, revoked, complete = outcome.is_ok(), "mass revocation ends"
        );
    }
    outcome.map(|()| progress)
}

async fn run(
    core: &Core,
    act: &Act,
    listener: &mpsc::Sender<Progress>,
    progress: &mut Progress,
) -> Result<(), RevokeError> {
    // Refused before the first one is touched.
    act.cause.revocation(core)?;
    let mut stale = BTreeSet::new();
    match &act.selection {
        Selection::List(list) => {
            for some in list.chunks(BATCH) {
                batch_of_list(core, act, some, &mut stale, progress).await?;
                if !tell(listener, progress).await {
                    break;
                }
            }
        }
        Selection::Filter(filter) => {
            progress.after.clone_from(&filter.after);
            while batch_of_filter(core, act, filter, &mut stale, progress).await? {
                if !tell(listener, progress).await {
                    break;
                }
            }
        }
    }
    renew_crls(core, stale);
    Ok(())
}

async fn tell(listener: &mpsc::Sender<Progress>, progress: &Progress) -> bool {
    listener.send(progress.clone()).await.is_ok()
}

async fn batch_of_list(
    core: &Core,
    act: &Act,
    some: &[(AuthorityName, SerialNumber)],
    stale: &mut BTreeSet<CrlStream>,
    progress: &mut Progress,
) -> Result<(), RevokeError> {
    let mut by_issuer: BTreeMap<&AuthorityName, Vec<String>> = BTreeMap::new();
    for (issuer, serial) in some {
        by_issuer.entry(issuer).or_default().push(serial.to_hex());
    }
    for (issuer, mut serials) in by_issuer {
        serials.sort();
        serials.dedup();
        apply(core, act, issuer, &serials, stale, progress).await?;
    }
    if let Some((_, serial)) = some.last() {
        progress.after = serial.to_hex();
    }
    Ok(())
}

/// Whether there may be more.
async fn batch_of_filter(
    core: &Core,
    act: &Act,
    filter: &Filter,
    stale: &mut BTreeSet<CrlStream>,
    progress: &mut Progress,
) -> Result<bool, RevokeError> {
    let candidates = core
        .store
        .list_candidates(filter, &progress.after, BATCH)
        .await
        .map_err(|source| failed(&filter.issuer, &progress.after, source))?;
    let Some(last) = candidates.last() else {
        return Ok(false);
    };
    progress.after.clone_from(&last.serial);
    let full = candidates.len() == BATCH;
    let serials: Vec<String> = candidates
        .into_iter()
        .filter(|candidate| finds(filter, candidate))
        .map(|candidate| candidate.serial)
        .collect();
    apply(core, act, &filter.issuer, &serials, stale, progress).await?;
    Ok(full)
}

async fn apply(
    core: &Core,
    act: &Act,
    issuer: &AuthorityName,
    serials: &[String],
    stale: &mut BTreeSet<CrlStream>,
    progress: &mut Progress,
) -> Result<(), RevokeError> {
    progress.examined += serials.len() as u64;
    if serials.is_empty() {
        return Ok(());
    }
    let store = |source| failed(issuer, &progress.after, source);
    let now_ms = core.context.clock.now_ms();
    let living = match core.keeps_expired(issuer) {
        true => serials.to_vec(),
        false => core
            .store
            .keep_unexpired(issuer, serials, now_ms)
            .await
            .map_err(store)?,
    };
    let mut left_out = serials.len() - living.len();
    let revocation = act.cause.revocation(core)?;
    if act.dry_run {
        progress.left_out += left_out as u64;
        progress.revoked += core
            .store
            .count_changeable(issuer, &living, &revocation)
            .await
            .map_err(store)?;
        return Ok(());
    }
    let outcomes = core
        .store
        .change_many(issuer, &living, &Change::Revoke(revocation))
        .await
        .map_err(store)?;
    if act.cause.reason == Reason::KeyCompromise {
        learn_blocked_keys(core).await.map_err(store)?;
    }
    for (serial, outcome) in living.iter().zip(outcomes) {
        match outcome {
            Outcome::Changed(stream) => {
                told(core, issuer, serial, &act.cause);
                stale.insert(stream);
                progress.revoked += 1;
            }
            Outcome::Unchanged => progress.unchanged += 1,
            Outcome::NotFound => left_out += 1,
        }
    }
    progress.left_out += left_out as u64;
    Ok(())
}

fn failed(issuer: &AuthorityName, serial: &str, source: StoreError) -> RevokeError {
    RevokeError::Store {
        issuer: issuer.clone(),
        serial: serial.to_owned(),
        source,
    }
}

impl Selection {
    fn summary(&self) -> String {
        match self {
            Self::List(list) => format!("{} listed", list.len()),
            Self::Filter(filter) => format!("{filter:?}"),
        }
    }
}

/// The database has left out some that do not fit; whether one really fits is decided here.
fn finds(filter: &Filter, candidate: &Candidate) -> bool {
    let Ok(origin) = serde_json::from_str::<Origin>(&candidate.origin) else {
        return false;
    };
    let is = |wanted: &Option<String>, found: &str| {
        wanted.as_deref().is_none_or(|wanted| wanted == found)
    };
    is(&filter.profile, &candidate.profile)
        && is(&filter.realm, &origin.realm)
        && is(&filter.policy, &origin.policy)
        && is(&filter.end_entity, &origin.end_entity)
        && filter.key.is_none_or(|key| {
            Certificate::from_der(&candidate.der)
                .is_ok_and(|certificate| KeyHash::of(certificate.public_key()) == key)
        })
}
