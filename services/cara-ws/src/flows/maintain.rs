//! What CARA does by itself: adopt, renew OCSP signers, publish CRLs on schedule and after revocations.

use std::{sync::Arc, time::Duration};

use ers_runtime::{error::chain, health::Check};

use super::{Core, IssuingAuthority, adopt::adopt, ocsp_signer, publish_crl::publish_crl};
use crate::store::StoreError;

const ROUND: Duration = Duration::from_secs(15);
const LEASE: &str = "maintenance";
const LEASE_DURATION: Duration = Duration::from_secs(60);
/// Journal entries younger than this may belong to requests that another replica is working on.
const SETTLED_MS: i64 = 60_000;
/// Revocations within this time share a CRL.
const GATHER: Duration = Duration::from_millis(200);
/// Another replica's writes are noticed after this time.
const LOOK_AT_DATABASE: Duration = Duration::from_millis(250);

/// Starts the tasks.
pub fn start(core: &Arc<Core>) {
    let shutdown = &core.context.shutdown;
    shutdown.spawn("maintenance", maintenance(Arc::clone(core)));
    shutdown.spawn("CRL on revocation", crl_on_revocation(Arc::clone(core)));
    shutdown.spawn("name index", super::index_names::run(Arc::clone(core)));
    let database = core.context.health.check("cara.database");
    shutdown.spawn("event head", event_head(Arc::clone(core), database));
}

async fn maintenance(core: Arc<Core>) {
    while core.context.shutdown.sleep(ROUND).await {
        if let Err(error) = core.registry.refresh(&core.store, &core.issuing).await {
            tracing::warn!(error = chain(&error), "CAs not refreshed");
            continue;
        }
        match core
            .store
            .take_lease(LEASE, &core.holder, LEASE_DURATION)
            .await
        {
            Ok(true) => round(&core).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(error = chain(&error), "maintenance lease not taken"),
        }
    }
}

/// One round of everything that is due.
pub async fn round(core: &Arc<Core>) {
    match adopt(core, core.context.clock.now_ms() - SETTLED_MS).await {
        Ok(0) => {}
        Ok(adopted) => tracing::warn!(adopted, "certificates adopted from the journal"),
        Err(error) => tracing::error!(error = chain(&error), "adoption failed"),
    }
    for ca in core.registry.generations() {
        if !is_maintained(core, &ca) {
            continue;
        }
        if ocsp_signer::is_due(core, &ca)
            && let Err(error) = ocsp_signer::renew(core, &ca).await
        {
            tracing::error!(issuer_id = %ca.authority.name, error = chain(&error), "OCSP signer not renewed");
        }
        match crl_is_due(core, &ca).await {
            Ok(true) => {
                publish(core, &ca).await;
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(issuer_id = %ca.authority.name, error = chain(&error), "CRL not looked up")
            }
        }
    }
}

/// A CA whose key is ours, until its certificate has ended: then nobody asks any more.
fn is_maintained(core: &Core, ca: &IssuingAuthority) -> bool {
    ca.has_key() && ca.authority.certificate.not_after() > core.context.clock.now()
}

/// By age; or a revocation happened after the newest CRL and whoever saw it has died.
async fn crl_is_due(core: &Core, ca: &IssuingAuthority) -> Result<bool, StoreError> {
    let (name, generation) = (&ca.authority.name, ca.authority.generation);
    let Some(head) = core.store.find_crl_head(name, generation).await? else {
        return Ok(true);
    };
    let now_ms = core.context.clock.now_ms();
    let interval_ms = i64::try_from(ca.crl.interval().as_millis()).unwrap_or(i64::MAX);
    let half_life_ms = (head.next_update_ms - head.this_update_ms) / 2;
    if now_ms >= head.this_update_ms + interval_ms.min(half_life_ms) {
        return Ok(true);
    }
    core.store
        .is_revoked_since(name, generation, head.this_update_ms)
        .await
}

/// Whether ours was published; what failed is tried again in the next round.
async fn publish(core: &Core, ca: &IssuingAuthority) -> bool {
    publish_crl(core, ca).await.unwrap_or_else(|error| {
        tracing::error!(issuer_id = %ca.authority.name, error = chain(&error), "CRL not published");
        true
    })
}

async fn crl_on_revocation(core: Arc<Core>) {
    loop {
        tokio::select! {
            () = core.crl_bell.notified() => {}
            () = core.context.shutdown.cancelled() => return,
        }
        tokio::time::sleep(GATHER).await;
        let stale = std::mem::take(&mut *core.stale_crls.lock());
        for (name, generation) in stale {
            let Some(ca) = core.registry.find_generation(&name, generation) else {
                continue;
            };
            if !publish(&core, &ca).await {
                core.stale_crls.lock().insert((name, generation));
                core.crl_bell.notify_one();
            }
        }
    }
}

async fn event_head(core: Arc<Core>, database: Check) {
    loop {
        match core.store.refresh_head().await {
            Ok(_) => database.up(),
            Err(error) => database.down(chain(&error)),
        }
        if !core.context.shutdown.sleep(LOOK_AT_DATABASE).await {
            return;
        }
    }
}
