//! What CARA does by itself: adopt, renew OCSP signers, publish CRLs on schedule and after revocations.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ers_runtime::{error::chain, health::Check};

use super::{
    Core, IssuingAuthority, adopt::adopt, authority::rollover, crl_schedule, ocsp_signer,
    reconcile, unadopted,
};
use crate::store::StoreError;

const ROUND: Duration = Duration::from_secs(15);
const LEASE: &str = "maintenance";
const LEASE_DURATION: Duration = Duration::from_secs(60);
/// Journal entries younger than this may belong to requests that another replica is working on.
const SETTLED_MS: i64 = 60_000;
/// Revocations within this time share a CRL.
const GATHER: Duration = Duration::from_millis(200);
const LONGEST_GATHER: Duration = Duration::from_secs(60);
/// Older revocations were completed when the tables were changed, or by rounds before.
const LOOK_BACK_MS: i64 = 86_400_000;
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
        if let Err(error) = core.profiles.refresh(&core.store).await {
            tracing::warn!(error = chain(&error), "profiles not refreshed");
        }
        if let Err(error) = reconcile::refresh(&core).await {
            tracing::warn!(error = chain(&error), "reconciliations not read");
        }
        if let Err(error) = unadopted::refresh(&core).await {
            tracing::warn!(error = chain(&error), "entries set aside not counted");
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
    if let Err(error) = core.profiles.refresh(&core.store).await {
        tracing::warn!(error = chain(&error), "profiles not refreshed");
    }
    adopt_what_is_missing(core).await;
    rollover::switch_due(core).await;
    for ca in core.registry.generations() {
        if !is_maintained(core, &ca) {
            continue;
        }
        if ocsp_signer::is_due(core, &ca)
            && let Err(error) = ocsp_signer::renew(core, &ca).await
        {
            tracing::error!(issuer_id = %ca.authority.name, error = chain(&error), "OCSP signer not renewed");
        }
        complete_revocations(core, &ca).await;
        crl_schedule::publish_due(core, &ca).await;
        look_at_crls(core, &ca).await;
        look_at_certificates(core, &ca);
    }
    forget_unblocked(core).await;
}

/// What was set aside first: a CA that was made again may be what other entries wait for too.
async fn adopt_what_is_missing(core: &Arc<Core>) {
    let settled_ms = core.context.clock.now_ms() - SETTLED_MS;
    for outcome in [
        unadopted::try_again(core).await,
        adopt(core, settled_ms).await,
    ] {
        match outcome {
            Ok(0) => {}
            Ok(adopted) => tracing::warn!(adopted, "certificates adopted from the journal"),
            Err(error) => tracing::error!(error = chain(&error), "adoption failed"),
        }
    }
    if let Err(error) = unadopted::refresh(core).await {
        tracing::warn!(error = chain(&error), "entries set aside not counted");
    }
}

/// What this code did not write into `revocation`: see there.
async fn complete_revocations(core: &Core, ca: &IssuingAuthority) {
    let name = &ca.authority.name;
    let since_ms = core.context.clock.now_ms() - LOOK_BACK_MS;
    match core.store.complete_revocations(name, since_ms).await {
        Ok(0) => {}
        Ok(found) => tracing::info!(issuer_id = %name, found, "revocations completed"),
        Err(error) => {
            tracing::error!(issuer_id = %name, error = chain(&error), "revocations not completed");
        }
    }
}

/// A CA whose key is ours, until its certificate has ended: then nobody asks any more.
fn is_maintained(core: &Core, ca: &IssuingAuthority) -> bool {
    ca.has_key() && ca.authority.certificate.not_after() > core.context.clock.now()
}

/// The alarm before a CRL ends: the last quarter of its time should never begin.
async fn look_at_crls(core: &Core, ca: &IssuingAuthority) {
    let authority = &ca.authority;
    let crls = match core.store.list_crls(&authority.name).await {
        Ok(crls) => crls,
        Err(error) => {
            return tracing::error!(issuer_id = %authority.name, error = chain(&error), "CRLs not listed");
        }
    };
    let now_ms = core.context.clock.now_ms();
    let deltas = ca.crl.delta_interval().is_some();
    let ends = crls
        .iter()
        .filter(|(name, _)| name.stream.generation == authority.generation)
        .filter(|(name, _)| deltas || !name.delta)
        .min_by_key(|(_, head)| head.next_update_ms);
    let Some((crl, head)) = ends else { return };
    let left_ms = head.next_update_ms - now_ms;
    core.metrics.crl_left(&ca.file_name(), left_ms);
    if left_ms * 4 < head.next_update_ms - head.this_update_ms {
        tracing::error!(%crl, left_seconds = left_ms / 1000, "CRL is about to end and no new one could be made");
    }
}

/// When the certificates of a CA and of its OCSP signer end; the latter as it was at the beginning of this round.
fn look_at_certificates(core: &Core, ca: &IssuingAuthority) {
    let now = core.context.clock.now();
    let left = ca.authority.certificate.not_after() - now;
    core.metrics.authority_left(&ca.file_name(), left);
    if let Some(signer) = &ca.ocsp_signer {
        let left = signer.certificate.not_after() - now;
        core.metrics.ocsp_signer_left(&ca.file_name(), left);
    }
}

async fn forget_unblocked(core: &Core) {
    let now_ms = core.context.clock.now_ms();
    if let Err(error) = core.blocked_keys.forget(&core.store, now_ms).await {
        tracing::error!(error = chain(&error), "blocked keys not looked up");
    }
}

async fn crl_on_revocation(core: Arc<Core>) {
    let mut pause = GATHER;
    loop {
        tokio::select! {
            () = core.crl_bell.notified() => {}
            () = core.context.shutdown.cancelled() => return,
        }
        tokio::time::sleep(pause).await;
        let stale = std::mem::take(&mut *core.stale_crls.lock());
        let begun = Instant::now();
        let left = crl_schedule::publish_changed(&core, stale).await;
        // A large CRL is not made again and again while revocations go on.
        pause = GATHER.max(begun.elapsed() * 2).min(LONGEST_GATHER);
        if !left.is_empty() {
            core.stale_crls.lock().extend(left);
            core.crl_bell.notify_one();
        }
    }
}

async fn event_head(core: Arc<Core>, database: Check) {
    let mut known = 0;
    loop {
        let looked = async {
            let head = core.store.refresh_head().await?;
            if head != known {
                let now_ms = core.context.clock.now_ms();
                core.blocked_keys.learn(&core.store, now_ms).await?;
                known = head;
            }
            Ok::<_, StoreError>(())
        };
        match looked.await {
            Ok(()) => database.up(),
            Err(error) => database.down(chain(&error)),
        }
        if !core.context.shutdown.sleep(LOOK_AT_DATABASE).await {
            return;
        }
    }
}
