//! Keeping the search index up to date, behind the issuing and not in its way. It begins where it stopped, the first
//! time with the first certificate ever: filling it for what was there before is the same work.

use std::{sync::Arc, time::Duration};

use ers_pki::certificate::Certificate;
use ers_runtime::error::chain;

use super::Core;
use crate::{
    domain::{Event, IndexedName, Origin, What},
    store::{Indexed, StoreError, Unindexed},
};

const LEASE: &str = "name index";
const LEASE_DURATION: Duration = Duration::from_secs(30);
/// Events of a batch.
const BATCH: usize = 500;
/// What is issued within this time shares a batch.
const GATHER: Duration = Duration::from_millis(250);
/// Also when nothing is told: another replica may have died with work left.
const AT_LEAST: Duration = Duration::from_secs(10);

/// Indexes what is new, again and again.
pub async fn run(core: Arc<Core>) {
    let mut head = core.store.head();
    loop {
        match catch_up(&core).await {
            Ok(()) => {}
            Err(error) => tracing::warn!(error = chain(&error), "certificates not indexed yet"),
        }
        tokio::select! {
            changed = head.changed() => if changed.is_err() { return },
            () = core.index_bell.notified() => continue,
            () = tokio::time::sleep(AT_LEAST) => {}
            () = core.context.shutdown.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(GATHER) => {}
            () = core.index_bell.notified() => {}
        }
    }
}

/// Indexes all events that there are, unless another replica is at it.
async fn catch_up(core: &Core) -> Result<(), StoreError> {
    loop {
        let position = core.store.load_name_position().await?;
        if position >= core.store.known_head() || core.context.shutdown.is_stopping() {
            return Ok(());
        }
        if !core
            .store
            .take_lease(LEASE, &core.holder, LEASE_DURATION)
            .await?
        {
            return Ok(());
        }
        let (batch, last) = match names_told(&core.store.recent_events(position + 1, BATCH)) {
            Some(told) => told,
            None => match core.store.load_unindexed(position, BATCH as u64).await? {
                Some((certificates, last)) => (names(&certificates), last),
                None => return Ok(()),
            },
        };
        core.store.index_names(position, last, &batch).await?;
    }
}

/// Of events that are still in memory, and the number of the last; none: there are none.
fn names_told(events: &[Event]) -> Option<(Indexed, i64)> {
    let last = events.last()?.sequence;
    let mut batch = Indexed::default();
    for event in events {
        if let What::Issued(record) = &event.what {
            let issuer = record.issuer.to_string();
            *batch.issued.entry(issuer).or_default() += 1;
            let of = IndexedName::of(&record.certificate, &record.origin);
            batch
                .names
                .extend(of.into_iter().map(|name| (name, event.sequence)));
        }
    }
    batch.names.sort_unstable();
    Some((batch, last))
}

fn names(certificates: &[Unindexed]) -> Indexed {
    let mut batch = Indexed::default();
    for Unindexed {
        sequence,
        der,
        origin,
        key,
    } in certificates
    {
        let certificate = der.as_deref().map(Certificate::from_der);
        let Some(Ok(certificate)) = certificate else {
            tracing::error!(
                issuer_id = key.issuer,
                serial = key.serial,
                "certificate of an event cannot be read; it is not indexed"
            );
            continue;
        };
        *batch.issued.entry(key.issuer.clone()).or_default() += 1;
        let origin: Origin = serde_json::from_str(origin).unwrap_or_default();
        let of = IndexedName::of(&certificate, &origin);
        batch
            .names
            .extend(of.into_iter().map(|name| (name, *sequence)));
    }
    // In the order of the index: neighbours are written together.
    batch.names.sort_unstable();
    batch
}

/// Waits a little until all events up to a number are indexed. Returns up to which they are.
pub async fn wait_for(core: &Core, sequence: i64, longest: Duration) -> Result<i64, StoreError> {
    const STEP: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        let position = core.store.load_name_position().await?;
        if position >= sequence || waited >= longest {
            return Ok(position);
        }
        core.index_bell.notify_one();
        tokio::time::sleep(STEP).await;
        waited += STEP;
    }
}
