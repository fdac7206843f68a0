//! Entries of the signer's journal that were set aside because they could not be adopted: tried again in every round until
//! what hinders them is gone, and told of as long as there are any.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ers_runtime::health::Check;
use ers_signer_client::{JournalEntry, Purpose, SignerError};
use futures::StreamExt as _;

use super::{
    Core,
    adopt::{AdoptError, Outage, Outcome, adopt_missing},
};
use crate::{domain::Unadopted, store::StoreError};

/// Entries tried again in a round.
const AT_A_TIME: u64 = 100;

/// How the comparison with the signer's journal stands: the check `cara.journal`.
pub struct Journal {
    check: Check,
    is_compared: AtomicBool,
}

impl Journal {
    /// Not compared yet.
    pub fn new(check: Check) -> Self {
        Self {
            check,
            is_compared: AtomicBool::new(false),
        }
    }

    /// It could not be compared, and why. Once it was, later rounds that fail do not take the process out of service.
    pub fn failed(&self, reason: String) {
        self.check.down(reason);
    }

    /// It was compared to its end, once since the start of this process.
    pub fn compared(&self) {
        self.is_compared.store(true, Ordering::Relaxed);
    }

    fn count(&self, unadopted: u64) {
        if !self.is_compared.load(Ordering::Relaxed) {
            return;
        }
        match unadopted {
            0 => self.check.up(),
            1 => self
                .check
                .warn("1 journal entry cannot be adopted: see `ers restore unadopted`"),
            many => self.check.warn(format!(
                "{many} journal entries cannot be adopted: see `ers restore unadopted`"
            )),
        }
    }
}

/// Counts anew what is set aside.
pub async fn refresh(core: &Core) -> Result<(), StoreError> {
    let unadopted = core.store.count_unadopted().await?;
    core.metrics.unadopted(unadopted);
    core.journal.count(unadopted);
    Ok(())
}

/// Tries those again that were tried longest ago. Returns how many certificates were adopted.
#[tracing::instrument(name = "cara.try_unadopted", skip_all)]
pub async fn try_again(core: &Arc<Core>) -> Result<usize, AdoptError> {
    let aside = core
        .store
        .load_unadopted(AT_A_TIME)
        .await
        .map_err(AdoptError::Store)?;
    if aside.is_empty() {
        return Ok(0);
    }
    let (mut entries, mut left) = (Vec::new(), Vec::new());
    for before in &aside {
        match find(core, before).await? {
            Some(entry) => entries.push(entry),
            None => left.push(Unadopted {
                reason: GONE.to_owned(),
                last_tried_at_ms: core.context.clock.now_ms(),
                ..before.clone()
            }),
        }
    }
    let outcome = adopt_missing(core, &entries, Outage::PassBy).await?;
    left.extend(outcome.left);
    keep(core, &aside, &left).await?;
    Ok(outcome.adopted)
}

const GONE: &str = "the journal does not have the entry any more: `ers restore adopt-journal` takes it from an export";

/// Entries that were given by hand: those that were set aside before and are adopted now are set aside no more.
pub async fn settle(
    core: &Core,
    entries: &[JournalEntry],
    outcome: &Outcome,
) -> Result<(), AdoptError> {
    let given: HashMap<_, _> = entries
        .iter()
        .filter(|entry| entry.purpose == Purpose::Certificate)
        .map(|entry| ((entry.chain.as_str(), entry.sequence), entry))
        .collect();
    let mut aside = core
        .store
        .find_unadopted(given.keys().copied())
        .await
        .map_err(AdoptError::Store)?;
    aside.retain(|row| {
        let entry = given.get(&(row.chain.as_str(), row.sequence));
        entry.is_some_and(|entry| is_same(row, entry))
    });
    let places: HashSet<_> = aside.iter().map(place).collect();
    let left = outcome.left.iter();
    let left: Vec<_> = left
        .filter(|left| places.contains(&place(left)))
        .cloned()
        .collect();
    keep(core, &aside, &left).await
}

fn place(entry: &Unadopted) -> (&str, u64) {
    (&entry.chain, entry.sequence)
}

/// The entry in the journal, when what stands there is what was set aside: a journal that went back with its database
/// has others in its place.
async fn find(core: &Core, aside: &Unadopted) -> Result<Option<JournalEntry>, AdoptError> {
    let signer = |source| AdoptError::Signer {
        act: "read journal",
        source,
    };
    let read = core
        .signer
        .read_journal(&aside.chain, aside.sequence, &[Purpose::Certificate])
        .await;
    let mut entries = match read {
        Ok(entries) => entries,
        Err(SignerError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(signer(error)),
    };
    let entry = match entries.next().await {
        Some(Ok(entry)) => entry,
        Some(Err(SignerError::NotFound { .. })) | None => return Ok(None),
        Some(Err(error)) => return Err(signer(error)),
    };
    Ok(is_same(aside, &entry).then_some(entry))
}

fn is_same(aside: &Unadopted, entry: &JournalEntry) -> bool {
    let facts = ers_pki::inspect::certificate(&entry.to_be_signed).ok();
    aside.sequence == entry.sequence
        && aside.request_id == entry.request_id
        && aside.key_id == entry.key_id.as_str()
        && (aside.serial.is_none() || aside.serial == facts.map(|facts| facts.serial))
}

/// Keeps why those that are left were not adopted, and forgets the others.
async fn keep(core: &Core, tried: &[Unadopted], left: &[Unadopted]) -> Result<(), AdoptError> {
    let stays: HashSet<_> = left.iter().map(place).collect();
    let adopted: Vec<_> = tried
        .iter()
        .filter(|entry| !stays.contains(&place(entry)))
        .collect();
    let gone: Vec<_> = adopted
        .iter()
        .map(|entry| (entry.chain.clone(), entry.sequence))
        .collect();
    core.store
        .keep_tried(left, &gone)
        .await
        .map_err(AdoptError::Store)?;
    for entry in adopted {
        tracing::warn!(
            target: "audit", act = "adopt set aside", chain = entry.chain, sequence = entry.sequence,
            request_id = entry.request_id, tries = entry.tries,
            "journal entry that was set aside is adopted"
        );
    }
    Ok(())
}
