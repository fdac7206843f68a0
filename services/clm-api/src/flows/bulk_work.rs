//! Acts on many certificates, done a stretch at a time by whichever replica has claimed them. A stretch that was begun and
//! not written down is done again: each act on one certificate may be repeated.

use std::time::Duration;

use ers_runtime::{
    error::{Fault, Kind, chain},
    shutdown::Shutdown,
};

use super::{
    Actor, Flows,
    bulk::{change_of, filter_of},
    renewals::advice_within,
    revoke::{Revoke, Which},
    show::ShowCertificateError,
};
use crate::{
    domain::{
        bulk::{BulkAct, BulkFailure, BulkKind, BulkProgress},
        id::CertificateId,
        inventory::{CertificateState, Entry},
        inventory_filter::Source,
        page::PageRequest,
        renewal::Advice,
    },
    store::{BulkStep, StoreError, cursor_of},
};

const LOOK: Duration = Duration::from_secs(1);
/// Certificates of one stretch.
const STRETCH: u32 = 50;
/// By then a stretch is done, or who began it is dead.
const CLAIM_MS: i64 = 120_000;
/// What was out of reach is tried again after this time.
const PAUSE_MS: i64 = 10_000;

/// What became of one certificate.
enum Done {
    Yes,
    Unchanged,
    /// It cannot be done to this one.
    No(String),
    /// It could be done later.
    Later(String),
}

/// A part of an act.
struct Stretch {
    entries: Vec<Result<Entry, BulkFailure>>,
    /// Where the next one begins; absent: there is none.
    next: Option<String>,
}

impl Flows {
    /// Works until shutdown.
    pub(crate) async fn work_on_bulk_acts(&self, shutdown: &Shutdown) {
        while shutdown.sleep(LOOK).await {
            loop {
                match self.work_on_one(shutdown).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(error = chain(&error), "work on a bulk act");
                        break;
                    }
                }
            }
        }
    }

    /// Takes an act that waits as far as it goes; false when there is none.
    async fn work_on_one(&self, shutdown: &Shutdown) -> Result<bool, StoreError> {
        let now_ms = self.clock.now_ms();
        let Some(mut act) = self.store.find_idle_bulk_act(now_ms).await? else {
            return Ok(false);
        };
        let until_ms = now_ms.saturating_add(CLAIM_MS);
        if !self.store.claim_bulk_act(&act, until_ms).await? {
            return Ok(true);
        }
        act.claimed_until_ms = until_ms;
        while let Some(next) = self.work_on_stretch(&act, shutdown).await? {
            act = next;
        }
        Ok(true)
    }

    /// Does one stretch; gives the act as it is now, when it goes on at once.
    async fn work_on_stretch(
        &self,
        act: &BulkAct,
        shutdown: &Shutdown,
    ) -> Result<Option<BulkAct>, StoreError> {
        let stretch = self.next_stretch(act).await?;
        let mut step = BulkStep {
            position: stretch.next,
            ..BulkStep::default()
        };
        for (number, entry) in stretch.entries.into_iter().enumerate() {
            let id = match &entry {
                Ok(entry) => entry.certificate.fingerprint.clone(),
                Err(failure) => failure.certificate.clone(),
            };
            let before = match &entry {
                // Up to here and not including this one.
                Ok(entry) if act.wish.ids.is_empty() => {
                    format!("{}", entry.number.saturating_add(1))
                }
                _ => index_of(act).saturating_add(number).to_string(),
            };
            match self.do_one(act, entry).await {
                Done::Yes => step.progress.done += 1,
                Done::Unchanged => step.progress.unchanged += 1,
                Done::No(reason) => {
                    step.progress.failed += 1;
                    step.failures.push(BulkFailure {
                        certificate: id,
                        reason,
                    });
                }
                Done::Later(problem) => {
                    tracing::warn!(bulk_act = act.id, problem, "bulk act waits");
                    step.position = Some(before);
                    step.claimed_until_ms = self.clock.now_ms().saturating_add(PAUSE_MS);
                    self.store
                        .write_bulk_step(act, &step, self.clock.now_ms())
                        .await?;
                    return Ok(None);
                }
            }
        }
        let now_ms = self.clock.now_ms();
        let goes_on = step.position.is_some() && !shutdown.is_stopping();
        if goes_on {
            step.claimed_until_ms = now_ms
                .saturating_add(CLAIM_MS)
                .max(act.claimed_until_ms + 1);
        }
        let is_written = self.store.write_bulk_step(act, &step, now_ms).await?;
        let Some(position) = step.position.filter(|_| goes_on && is_written) else {
            return Ok(None);
        };
        let (so_far, more) = (act.progress, step.progress);
        Ok(Some(BulkAct {
            position,
            claimed_until_ms: step.claimed_until_ms,
            progress: BulkProgress {
                done: so_far.done + more.done,
                unchanged: so_far.unchanged + more.unchanged,
                failed: so_far.failed + more.failed,
            },
            ..act.clone()
        }))
    }

    async fn next_stretch(&self, act: &BulkAct) -> Result<Stretch, StoreError> {
        if !act.wish.ids.is_empty() {
            return self.next_ids(act).await;
        }
        let (Ok(filter), Ok(after)) = (filter_of(&act.wish), act.position.parse()) else {
            return Err(StoreError::inconsistent(
                "bulk_act",
                act.id.to_string(),
                "position",
            ));
        };
        let page = PageRequest {
            size: STRETCH,
            after: Some(after),
        };
        let mut found = self
            .store
            .read_certificates(&filter, &act.maker.reach, &page, &*self.clock)
            .await?;
        let size = usize::try_from(STRETCH).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        let next = found
            .last()
            .filter(|_| more)
            .map(|entry| cursor_of(entry, filter.order).to_string());
        Ok(Stretch {
            entries: found.into_iter().map(Ok).collect(),
            next,
        })
    }

    async fn next_ids(&self, act: &BulkAct) -> Result<Stretch, StoreError> {
        let from = index_of(act);
        let size = usize::try_from(STRETCH).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        for text in act.wish.ids.iter().skip(from).take(size) {
            let failure = |reason: String| BulkFailure {
                certificate: text.clone(),
                reason,
            };
            let found = match CertificateId::from_typed(text) {
                Ok(id) => self.find_certificate(&id, &act.maker.reach).await,
                Err(error) => {
                    entries.push(Err(failure(error.to_string())));
                    continue;
                }
            };
            entries.push(match found {
                Ok(entry) => Ok(entry),
                Err(ShowCertificateError::Store(error)) => return Err(error),
                Err(error) => Err(failure(error.to_string())),
            });
        }
        let next = from.saturating_add(size);
        Ok(Stretch {
            entries,
            next: (next < act.wish.ids.len()).then(|| next.to_string()),
        })
    }

    async fn do_one(&self, act: &BulkAct, entry: Result<Entry, BulkFailure>) -> Done {
        let entry = match entry {
            Ok(entry) => entry,
            Err(failure) => return Done::No(failure.reason),
        };
        match &act.wish.act {
            BulkKind::Revoke { reason } => self.revoke_one(act, &entry, reason).await,
            BulkKind::Renew {
                within_seconds,
                explanation_url,
            } => {
                let within = time::Duration::seconds(*within_seconds);
                let begin = ers_runtime::clock::from_ms(act.created_at_ms);
                let advice = advice_within(begin, within, explanation_url.clone());
                self.renew_one(act, &entry, &advice).await
            }
            change => match change_of(change) {
                Ok(change) => self.change_one(act, entry, &change).await,
                Err(error) => Done::No(error.to_string()),
            },
        }
    }

    async fn revoke_one(&self, act: &BulkAct, entry: &Entry, reason: &str) -> Done {
        if entry.certificate.revocation.is_some() {
            return Done::Unchanged;
        }
        let call = Revoke {
            which: Which::IssuerAndSerial {
                issuer: entry.certificate.issuer.clone(),
                serial: entry.certificate.serial.clone(),
            },
            reason: reason.to_owned(),
            requester: act.maker.requester.clone(),
            administrator: Some(actor_of(act)),
        };
        match self.revoke(&call).await {
            Ok(false) => Done::Yes,
            Ok(true) => Done::Unchanged,
            Err(error) => outcome_of(&error),
        }
    }

    async fn renew_one(&self, act: &BulkAct, entry: &Entry, advice: &Advice) -> Done {
        let certificate = &entry.certificate;
        if certificate.origin.source() == Source::Imported {
            return Done::No("it was imported: nobody here renews it".to_owned());
        }
        match certificate.state(self.clock.now_ms()) {
            CertificateState::Valid => {}
            state => return Done::No(format!("it is {}", state.as_str())),
        }
        let fingerprints = [certificate.fingerprint.clone()];
        match self.advise(&fingerprints, advice, &actor_of(act)).await {
            Ok(()) => Done::Yes,
            Err(error) => outcome_of(&error),
        }
    }

    async fn change_one(
        &self,
        act: &BulkAct,
        entry: Entry,
        change: &crate::domain::note::NoteChange,
    ) -> Done {
        let version = entry.note.version;
        match self.write_note(entry, change, &actor_of(act)).await {
            Ok(Some(entry)) if entry.note.version == version => Done::Unchanged,
            Ok(Some(_)) => Done::Yes,
            Ok(None) => Done::Later("it was changed at the same moment".to_owned()),
            Err(error) => outcome_of(&error),
        }
    }
}

fn index_of(act: &BulkAct) -> usize {
    act.position.parse().unwrap_or(0)
}

fn actor_of(act: &BulkAct) -> Actor {
    Actor {
        name: act.maker.actor.clone(),
        address: act.maker.address.clone(),
    }
}

/// What may be better in a moment is no failure of this certificate.
fn outcome_of(error: &impl Fault) -> Done {
    match error.kind() {
        Kind::Unavailable | Kind::ResourceExhausted => Done::Later(chain(error)),
        Kind::Internal => {
            tracing::error!(error = chain(error), "bulk act on one certificate");
            Done::No("internal error".to_owned())
        }
        Kind::InvalidArgument
        | Kind::Unauthenticated
        | Kind::PermissionDenied
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::FailedPrecondition => Done::No(chain(error)),
    }
}
