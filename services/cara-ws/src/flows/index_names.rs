//! Keeping the search index up to date, behind the issuing and not in its way. It begins where it stopped, the first
//! time with the first certificate ever: filling it for what was there before is the same work.

use std::{sync::Arc, time::Duration};

use ers_pki::certificate::Certificate;
use ers_runtime::error::chain;

use super::Core;
use crate::{
    domain::{IndexedName, Origin},
    store::{Indexed, StoreError, Unindexed},
};

const LEASE: &str = "name index";
const LEASE_DURATION: Duration = Duration::from_secs(30);
/// Events of a batch.
const BATCH: u64 = 500;
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
        let Some((certificates, last)) = core.store.load_unindexed(position, BATCH).await? else {
            return Ok(());
        };
        let batch = names(&certificates);
        core.store.index_names(position, last, &batch).await?;
    }
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
