//! Follows CARA's events and drops what they make untrue: a revocation is told within moments, on every replica.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use ers_proto::cara::v1::{Event, SubscribeRequest, event::What, events_client::EventsClient};
use ers_runtime::{Context, error::chain, grpc::Channel};
use parking_lot::Mutex;
use tonic::Status;

use crate::{answer::Answerer, sources::Sources};

const RECONNECT: Duration = Duration::from_millis(500);
/// Longer than any answer is under way.
const REMEMBERED_MS: i64 = 120_000;

/// How well rev-info knows what CARA knows.
pub struct Freshness {
    /// Epoch milliseconds until which events were arriving; `i64::MAX` while they arrive.
    seen_until_ms: AtomicI64,
    blind_ms: i64,
    /// Revocations of the last minutes: (issuer, serial) and when they were heard of.
    revoked: Mutex<HashMap<(String, String), i64>>,
}

impl Freshness {
    /// Nothing was heard yet.
    pub fn new(blind_seconds: u32) -> Self {
        Self {
            seen_until_ms: AtomicI64::new(0),
            blind_ms: i64::from(blind_seconds) * 1000,
            revoked: Mutex::default(),
        }
    }

    /// Whether kept answers may be given.
    pub fn is_fresh(&self, context: &Context) -> bool {
        context
            .clock
            .now_ms()
            .saturating_sub(self.seen_until_ms.load(Ordering::Relaxed))
            < self.blind_ms
    }

    /// Whether a revocation was heard of lately.
    pub fn revoked_meanwhile(&self, issuer: &str, serial: &str) -> bool {
        let revoked = self.revoked.lock();
        !revoked.is_empty() && revoked.contains_key(&(issuer.to_owned(), serial.to_owned()))
    }

    /// The answer that is made from now on knows of it.
    pub fn forget(&self, issuer: &str, serial: &str) {
        self.revoked
            .lock()
            .remove(&(issuer.to_owned(), serial.to_owned()));
    }

    fn heard(&self, issuer: &str, serial: &str, now_ms: i64) {
        let mut revoked = self.revoked.lock();
        revoked.retain(|_, at_ms| now_ms - *at_ms < REMEMBERED_MS);
        revoked.insert((issuer.to_owned(), serial.to_owned()), now_ms);
    }
}

/// Follows until shutdown.
pub async fn follow(
    context: Context,
    cara: Channel,
    sources: Arc<Sources>,
    answerer: Arc<Answerer>,
    freshness: Arc<Freshness>,
    check: ers_runtime::health::Check,
) {
    // The number behind the last event that was applied; before the first connection only new ones count.
    let mut next = None;
    loop {
        let outcome = tokio::select! {
            outcome = follow_once(&context, &cara, &sources, &answerer, &freshness, &mut next, &check) => outcome,
            () = context.shutdown.cancelled() => return,
        };
        let now_ms = context.clock.now_ms();
        // Keep the time at which events stopped arriving, not that of the latest failure to reconnect.
        if freshness.seen_until_ms.load(Ordering::Relaxed) == i64::MAX {
            freshness.seen_until_ms.store(now_ms, Ordering::Relaxed);
        }
        if let Err(error) = outcome {
            check.down(format!("events of CARA do not arrive: {}", chain(&error)));
        }
        if !context.shutdown.sleep(RECONNECT).await {
            return;
        }
    }
}

async fn follow_once(
    context: &Context,
    cara: &Channel,
    sources: &Sources,
    answerer: &Answerer,
    freshness: &Freshness,
    next: &mut Option<u64>,
    check: &ers_runtime::health::Check,
) -> Result<(), Status> {
    let request = SubscribeRequest {
        from_sequence: next.unwrap_or(0),
        only_new: next.is_none(),
    };
    let mut events = EventsClient::new(cara.clone())
        .subscribe(request)
        .await?
        .into_inner();
    let refreshed = async || {
        sources
            .refresh()
            .await
            .map_err(|error| Status::unavailable(chain(&error)))
    };
    refreshed().await?;
    while let Some(event) = events.message().await? {
        let Event { sequence, what, .. } = event;
        match what {
            Some(What::Revoked(certificate)) => {
                freshness.heard(
                    &certificate.issuer,
                    &certificate.serial,
                    context.clock.now_ms(),
                );
                answerer
                    .drop_certificate(&certificate.issuer, &certificate.serial)
                    .await;
            }
            Some(What::CrlPublished(crl)) => sources.forget_crl(&crl.issuer),
            Some(What::AuthorityChanged(_)) => {
                refreshed().await?;
                answerer.drop_all();
            }
            Some(What::UpToDate(_)) => {
                freshness.seen_until_ms.store(i64::MAX, Ordering::Relaxed);
                check.up();
            }
            // That a certificate is unknown is never kept, so nothing becomes untrue when one is issued.
            Some(What::Issued(_)) | None => {}
        }
        *next = Some(sequence + 1);
    }
    Err(Status::unavailable("CARA has ended the stream"))
}
