//! Making a CRL: under a lease, so that one publisher is effective; entries are read page by page and written into the one
//! buffer that becomes the CRL.

use std::time::Duration;

use ers_pki::{
    crl::{self, CrlBuilder, Only, RevokedEntry, Scope},
    revocation::Reason,
    serial::SerialNumber,
};
use ers_runtime::{
    clock::from_ms,
    error::{Fault, Kind},
};
use ers_signer_client::{Purpose, SignCall, SignerError};
use thiserror::Error;
use time::OffsetDateTime;

use super::{Core, IssuingAuthority};
use crate::{
    domain::{CrlName, CrlStream},
    store::{CrlEntry, CrlHead, Entries, Fence, Published, StoreError},
};

const PAGE: u64 = 10_000;
/// Another replica goes on when this one has not been heard of for so long.
const LEASE: Duration = Duration::from_secs(60);
/// Pages between two renewals of the lease.
const PAGES_PER_LEASE: u64 = 20;

/// Why there is no new CRL.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The database failed.
    #[error("read or store CRL {name}")]
    Store {
        /// Which one.
        name: CrlName,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The bytes cannot be built.
    #[error("prepare CRL {name}")]
    Prepare {
        /// Which one.
        name: CrlName,
        /// Why.
        #[source]
        source: crl::CrlError,
    },
    /// The signer did not sign.
    #[error("sign CRL {name}")]
    Sign {
        /// Which one.
        name: CrlName,
        /// Why.
        #[source]
        source: SignerError,
    },
    /// The process stops.
    #[error("prepare CRL {0}: interrupted by shutdown")]
    Interrupted(CrlName),
}

impl Fault for PublishError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store { source, .. } => source.kind(),
            Self::Sign { source, .. } if source.is_retryable() => Kind::Unavailable,
            Self::Interrupted(_) => Kind::Unavailable,
            Self::Prepare { .. } | Self::Sign { .. } => Kind::Internal,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// Ours is the newest.
    Published,
    /// Another replica is at it: its CRL may have been made before the revocation that this one was to tell.
    Elsewhere,
}

/// Makes and publishes the next CRL of a name.
#[tracing::instrument(name = "cara.publish_crl", skip_all, fields(crl = %name))]
pub async fn publish_crl(
    core: &Core,
    ca: &IssuingAuthority,
    name: &CrlName,
) -> Result<Publication, PublishError> {
    if core.restored.contains(&name.stream.authority) {
        // It would take back revocations. The CRL that was published last stays the newest.
        return Ok(Publication::Published);
    }
    // A large one takes its memory once, whatever else is to be published.
    let _alone = core.publishing.lock().await;
    let store = |source| PublishError::Store {
        name: name.clone(),
        source,
    };
    // Complete and delta CRLs share their numbers, and so a lease.
    let lease = format!("crl:{}", name.stream);
    let taken = core
        .store
        .take_fence(&lease, &core.holder, LEASE)
        .await
        .map_err(store)?;
    let Some(fence) = taken else {
        return Ok(Publication::Elsewhere);
    };
    let outcome = publish_under(core, ca, name, &fence).await;
    core.store.release(&fence).await.map_err(store)?;
    outcome
}

async fn publish_under(
    core: &Core,
    ca: &IssuingAuthority,
    name: &CrlName,
    fence: &Fence,
) -> Result<Publication, PublishError> {
    let store = |source| PublishError::Store {
        name: name.clone(),
        source,
    };
    let Some(plan) = plan(core, ca, name).await.map_err(store)? else {
        // A delta without a base: the complete one comes first.
        return Ok(Publication::Published);
    };
    let Some(prepared) = build(core, ca, name, &plan, fence).await? else {
        return Ok(Publication::Elsewhere);
    };
    let (prepared, entries) = prepared;
    let request_id = format!("crl-{name}-{}", plan.head.number);
    let signed = core
        .signer
        .sign(SignCall {
            request_id: &request_id,
            key_id: &ca.authority.key_id,
            purpose: Purpose::Crl,
            signature_algorithm: prepared.signature_algorithm(),
            to_be_signed: prepared.to_be_signed(),
            context: Vec::new(),
            public_key: None,
        })
        .await
        .map_err(|source| PublishError::Sign {
            name: name.clone(),
            source,
        })?;
    // Verifying and reading a million entries takes its time.
    let crl = tokio::task::spawn_blocking(move || prepared.assemble(&signed.signature))
        .await
        .map_err(|_| PublishError::Interrupted(name.clone()))?
        .map_err(|source| PublishError::Prepare {
            name: name.clone(),
            source,
        })?;
    let mut head = plan.head;
    head.entries = entries;
    let number = head.number;
    let published = core
        .store
        .publish_crl(name, head, crl.der(), fence)
        .await
        .map_err(store)?;
    if published == Published::Overtaken {
        tracing::warn!(target: "audit", act = "publish CRL", crl = %name, number, "CRL dropped: another publisher has taken over");
        return Ok(Publication::Elsewhere);
    }
    core.metrics.published();
    let issuer_id = &name.stream.authority;
    tracing::info!(target: "audit", act = "publish CRL", %issuer_id, crl = %name, number, entries, bytes = crl.der().len(), "CRL published");
    Ok(Publication::Published)
}

/// What a CRL is to say before its entries are read.
struct Plan {
    head: CrlHead,
    scope: Scope,
    entries: Entries,
    expected: usize,
}

/// None when a delta CRL has no base yet.
async fn plan(
    core: &Core,
    ca: &IssuingAuthority,
    name: &CrlName,
) -> Result<Option<Plan>, StoreError> {
    // Before anything is read: all that happened up to this event will be seen.
    let event_sequence = core.store.refresh_head().await?;
    let stream = &name.stream;
    let complete = core
        .store
        .list_crl_heads(&stream.clone().complete())
        .await?;
    let delta = core.store.find_crl_head(&stream.clone().delta()).await?;
    let newest = || complete.first().into_iter().chain(&delta);
    let above = newest().map(|head| head.number).max().unwrap_or(0);
    let number = core
        .store
        .next_crl_number(&stream.to_string(), above)
        .await?;
    let now_ms = core.context.clock.now_ms();
    // thisUpdate must not go back when the clock does.
    let this_update_ms = newest()
        .map(|head| head.this_update_ms)
        .fold(now_ms, i64::max);
    let settings = ca.crl;
    // The last but one, where it may still be in use: whoever has one of the two is served.
    let base = complete
        .iter()
        .take(2)
        .rfind(|head| head.next_update_ms > now_ms && head.event_sequence > 0);
    let validity = if name.delta {
        settings
            .delta_validity()
            .unwrap_or_else(|| settings.validity())
    } else {
        settings.validity()
    };
    let next_update_ms =
        this_update_ms.saturating_add(i64::try_from(validity.as_millis()).unwrap_or(i64::MAX));
    let mut head = CrlHead::new(number, this_update_ms, next_update_ms);
    head.event_sequence = event_sequence;
    let (entries, before) = if name.delta {
        let Some(base) = base else {
            return Ok(None);
        };
        head.base_number = Some(base.number);
        (Entries::ChangedAfter(base.event_sequence), delta.as_ref())
    } else {
        // RFC 5280 section 3.3: an expired certificate stays for one regular CRL more.
        let interval_ms = i64::try_from(settings.interval().as_millis()).unwrap_or(i64::MAX);
        let not_expired_at_ms = if settings.keep_expired {
            i64::MIN
        } else {
            now_ms.saturating_sub(interval_ms)
        };
        (Entries::All { not_expired_at_ms }, complete.first())
    };
    let expected = before.map_or(0, |head| head.entries + head.entries / 16) + 64;
    let scope = scope(ca, name, head.base_number);
    Ok(Some(Plan {
        head,
        scope,
        entries,
        expected: usize::try_from(expected).unwrap_or(0),
    }))
}

fn scope(ca: &IssuingAuthority, name: &CrlName, base: Option<i64>) -> Scope {
    let settings = ca.crl;
    let stream = &name.stream;
    let url = |name: CrlName| vec![format!("{}/crl/{name}.crl", ca.revocation_url)];
    let partitioned = stream.partition != 0;
    Scope {
        // A delta CRL has the scope of its base: the same distribution point.
        distribution_points: match partitioned {
            true => url(stream.clone().complete()),
            false => Vec::new(),
        },
        only: match partitioned && settings.user_certificates_only {
            true => Only::UserCertificates,
            false => Only::Any,
        },
        base: base.and_then(|base| u64::try_from(base).ok()),
        freshest: match base.is_none() && settings.delta_interval().is_some() {
            true => url(stream.clone().delta()),
            false => Vec::new(),
        },
        expired_since: settings
            .keep_expired
            .then(|| ca.authority.certificate.not_before()),
    }
}

/// Writes the CRL; none when the lease was lost.
async fn build(
    core: &Core,
    ca: &IssuingAuthority,
    name: &CrlName,
    plan: &Plan,
    fence: &Fence,
) -> Result<Option<(crl::PreparedCrl, i64)>, PublishError> {
    let store = |source| PublishError::Store {
        name: name.clone(),
        source,
    };
    let prepare = |source| PublishError::Prepare {
        name: name.clone(),
        source,
    };
    let mut builder = CrlBuilder::new(
        &ca.issuer,
        u64::try_from(plan.head.number).unwrap_or(0),
        from_ms(plan.head.this_update_ms),
        from_ms(plan.head.next_update_ms),
        plan.scope.clone(),
        plan.expected,
    )
    .map_err(prepare)?
    .judged_by(ca.authority.settings.lint.clone());
    let mut after = String::new();
    let mut pages = 0;
    loop {
        let page = core
            .store
            .list_crl_entries(&name.stream, plan.entries, &after, PAGE)
            .await
            .map_err(store)?;
        for row in &page {
            let entry = read_entry(row).map_err(store)?;
            builder.push(&entry).map_err(prepare)?;
        }
        let Some(last) = page.last() else { break };
        after.clone_from(&last.serial);
        if core.context.shutdown.is_stopping() {
            return Err(PublishError::Interrupted(name.clone()));
        }
        pages += 1;
        if pages % PAGES_PER_LEASE == 0 && !core.store.renew(fence, LEASE).await.map_err(store)? {
            return Ok(None);
        }
    }
    if name.stream.partition == 0 && !name.delta {
        push_lost(core, name, &mut builder).await?;
    }
    let entries = i64::try_from(builder.entries()).unwrap_or(i64::MAX);
    let prepared = builder.finish().map_err(prepare)?;
    for finding in prepared.findings() {
        tracing::warn!(crl = %name, %finding, "linter has something against a CRL");
    }
    Ok(Some((prepared, entries)))
}

/// Certificates of which only a CRL is left stand on the CRL of all; which partition they named is not known.
async fn push_lost(
    core: &Core,
    name: &CrlName,
    builder: &mut CrlBuilder,
) -> Result<(), PublishError> {
    let store = |source| PublishError::Store {
        name: name.clone(),
        source,
    };
    let CrlStream {
        authority,
        generation,
        ..
    } = &name.stream;
    let mut after = String::new();
    loop {
        let page = core
            .store
            .list_lost(authority, *generation, &after, PAGE)
            .await
            .map_err(store)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = last.to_hex();
        for (serial, revocation) in page {
            let entry = RevokedEntry {
                serial,
                at: from_ms(revocation.at_ms),
                reason: revocation.reason,
                invalidity_date: None,
            };
            builder
                .push(&entry)
                .map_err(|source| PublishError::Prepare {
                    name: name.clone(),
                    source,
                })?;
        }
    }
}

fn read_entry(row: &CrlEntry) -> Result<RevokedEntry, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "revocation",
        row: row.serial.clone(),
        column,
    };
    let time = |ms: i64| -> OffsetDateTime { from_ms(ms) };
    Ok(RevokedEntry {
        serial: SerialNumber::from_hex(&row.serial).map_err(|_| inconsistent("serial"))?,
        at: time(row.revoked_at_ms),
        reason: u8::try_from(row.reason)
            .ok()
            .and_then(|code| Reason::from_code(code).ok())
            .ok_or_else(|| inconsistent("reason"))?,
        invalidity_date: row.invalidity_at_ms.map(time),
    })
}
