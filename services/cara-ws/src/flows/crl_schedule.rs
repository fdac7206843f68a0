//! Which CRLs are due: by age, or because a revocation is not told yet.

use std::{collections::BTreeSet, time::Duration};

use ers_runtime::error::chain;

use super::{
    Core, IssuingAuthority,
    publish_crl::{Publication, PublishError, publish_crl},
};
use crate::{
    domain::{CrlName, CrlStream},
    store::{CrlHead, StoreError},
};

/// Publishes what is due of a CA's generation.
pub(super) async fn publish_due(core: &Core, ca: &IssuingAuthority) {
    match due_of(core, ca).await {
        Ok(due) => {
            for name in due {
                publish(core, ca, &name).await;
            }
        }
        Err(error) => {
            tracing::error!(issuer_id = %ca.authority.name, error = chain(&error), "CRLs not looked up");
        }
    }
}

/// Makes all CRLs of a CA's generation anew, or only its delta CRLs: an administrator's wish. Gives how many.
///
/// # Errors
/// The first that cannot be made.
pub async fn publish_all(
    core: &Core,
    ca: &IssuingAuthority,
    delta_only: bool,
) -> Result<usize, PublishError> {
    let streams = streams(core, ca)
        .await
        .map_err(|source| PublishError::Store {
            name: whole(ca).complete(),
            source,
        })?;
    let mut count = 0;
    for stream in streams {
        let complete = (!delta_only).then(|| stream.clone().complete());
        let delta = ca.crl.delta_interval().map(|_| stream.delta());
        for name in complete.into_iter().chain(delta) {
            if publish_crl(core, ca, &name).await? == Publication::Published {
                count += 1;
            }
        }
    }
    Ok(count)
}

/// All certificates of a CA's generation.
pub(super) fn whole(ca: &IssuingAuthority) -> CrlStream {
    CrlStream::whole(&ca.authority.name, ca.authority.generation)
}

/// Publishes what tells a revocation in these streams: all of the generation, and the certificate's partition. Gives those
/// that another replica was at.
pub(super) async fn publish_changed(
    core: &Core,
    stale: BTreeSet<CrlStream>,
) -> BTreeSet<CrlStream> {
    let mut left = BTreeSet::new();
    for stream in stale {
        let Some(ca) = core
            .registry
            .find_generation(&stream.authority, stream.generation)
            .filter(|ca| ca.has_key())
        else {
            continue;
        };
        let name = match ca.crl.delta_interval() {
            Some(_) => stream.clone().delta(),
            None => stream.clone().complete(),
        };
        if publish(core, &ca, &name).await == Some(Publication::Elsewhere) {
            left.insert(stream);
        }
    }
    left
}

/// What failed is tried again in the next round.
async fn publish(core: &Core, ca: &IssuingAuthority, name: &CrlName) -> Option<Publication> {
    match publish_crl(core, ca, name).await {
        Ok(publication) => Some(publication),
        Err(error) => {
            core.metrics.crl_failed();
            tracing::error!(crl = %name, error = chain(&error), "CRL not published");
            None
        }
    }
}

async fn due_of(core: &Core, ca: &IssuingAuthority) -> Result<Vec<CrlName>, StoreError> {
    let mut due = Vec::new();
    for stream in streams(core, ca).await? {
        let complete = core.store.find_crl_head(&stream.clone().complete()).await?;
        let mut complete_is_due = is_old(core, complete.as_ref(), ca.crl.interval());
        let deltas = ca.crl.delta_interval();
        if let (None, Some(head)) = (deltas, &complete) {
            complete_is_due |= is_changed(core, &stream, head).await?;
        }
        if complete_is_due {
            due.push(stream.clone().complete());
        }
        if let Some(interval) = deltas {
            let delta = core.store.find_crl_head(&stream.clone().delta()).await?;
            let is_due = is_old(core, delta.as_ref(), interval)
                || match &delta {
                    Some(head) => is_changed(core, &stream, head).await?,
                    None => true,
                };
            // A new complete one makes a new base.
            if is_due || complete_is_due {
                due.push(stream.delta());
            }
        }
    }
    Ok(due)
}

/// A revocation happened after it was made, and whoever saw that has died.
async fn is_changed(core: &Core, stream: &CrlStream, head: &CrlHead) -> Result<bool, StoreError> {
    core.store
        .is_changed_after(stream, head.event_sequence)
        .await
}

fn is_old(core: &Core, head: Option<&CrlHead>, interval: Duration) -> bool {
    let Some(head) = head else { return true };
    let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
    let half_life_ms = (head.next_update_ms - head.this_update_ms) / 2;
    core.context.clock.now_ms() >= head.this_update_ms + interval_ms.min(half_life_ms)
}

/// The CRLs of a generation: all certificates, then each partition that is filled now or was filled once.
async fn streams(core: &Core, ca: &IssuingAuthority) -> Result<Vec<CrlStream>, StoreError> {
    let whole = whole(ca);
    let configured = i32::try_from(ca.crl.partitions).unwrap_or(i32::MAX);
    let mut partitions: BTreeSet<i32> = (0..=configured).collect();
    partitions.extend(core.store.list_crl_partitions(&whole).await?);
    Ok(partitions
        .into_iter()
        .map(|partition| whole.partition(partition))
        .collect())
}
