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

use crate::{answer::Answerer, crls::Crls, signers::Watch, sources::Sources};

const RECONNECT: Duration = Duration::from_millis(500);
/// Longer than any answer is under way.
const REMEMBERED_MS: i64 = 120_000;
/// Old revocations are looked for only when there are so many, so that a mass revocation costs no walk for each.
const LOOK_FOR_OLD: usize = 1024;

/// How well rev-info knows what CARA knows.
pub struct Freshness {
    /// Epoch milliseconds until which events were arriving; `i64::MAX` while they arrive.
    seen_until_ms: AtomicI64,
    blind_ms: i64,
    heard: Mutex<Heard>,
}

/// A moment between two things that were heard of CARA. What was asked for after it knows all that was heard before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

struct Heard {
    now: Moment,
    /// Whatever was asked for before it may be untrue.
    all_anew: Moment,
    /// Revocations of the last minutes by issuer and serial number, and the time.
    revoked: HashMap<(String, String), (Moment, i64)>,
    look_for_old: usize,
}

impl Freshness {
    /// Nothing was heard yet.
    pub fn new(blind_seconds: u32) -> Self {
        Self {
            seen_until_ms: AtomicI64::new(0),
            blind_ms: i64::from(blind_seconds) * 1000,
            heard: Mutex::new(Heard {
                now: Moment(0),
                all_anew: Moment(0),
                revoked: HashMap::new(),
                look_for_old: LOOK_FOR_OLD,
            }),
        }
    }

    /// Whether what is kept may be given.
    pub fn is_fresh(&self, context: &Context) -> bool {
        context
            .clock
            .now_ms()
            .saturating_sub(self.seen_until_ms.load(Ordering::Relaxed))
            < self.blind_ms
    }

    /// To be taken before CARA is asked.
    pub fn moment(&self) -> Moment {
        self.heard.lock().now
    }

    /// Whether something was heard since that moment that may make an answer about this certificate untrue.
    pub fn is_outdated(&self, asked: Moment, issuer: &str, serial: &str) -> bool {
        let heard = self.heard.lock();
        if asked < heard.all_anew {
            return true;
        }
        !heard.revoked.is_empty()
            && heard
                .revoked
                .get(&(issuer.to_owned(), serial.to_owned()))
                .is_some_and(|(at, _)| asked < *at)
    }

    fn revoked(&self, issuer: &str, serial: &str, now_ms: i64) {
        let mut heard = self.heard.lock();
        let at = heard.now.next();
        heard.now = at;
        heard
            .revoked
            .insert((issuer.to_owned(), serial.to_owned()), (at, now_ms));
        if heard.revoked.len() >= heard.look_for_old {
            // Both ways: the clock may have been put back.
            heard
                .revoked
                .retain(|_, (_, at_ms)| (now_ms - *at_ms).abs() < REMEMBERED_MS);
            heard.look_for_old = LOOK_FOR_OLD.max(heard.revoked.len() * 2);
        }
    }

    /// Something happened that was not heard of, or that concerns all certificates.
    fn all_anew(&self) {
        let mut heard = self.heard.lock();
        heard.now = heard.now.next();
        heard.all_anew = heard.now;
        heard.revoked.clear();
    }
}

impl Moment {
    fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What events make untrue.
pub struct Kept {
    /// CAs and their OCSP signers.
    pub sources: Arc<Sources>,
    /// CRLs.
    pub crls: Arc<Crls>,
    /// Signed answers.
    pub answerer: Arc<Answerer>,
    /// How well CARA is heard.
    pub freshness: Arc<Freshness>,
    /// Whether the OCSP signers are well.
    pub watch: Arc<Watch>,
}

/// Follows until shutdown.
pub async fn follow(
    context: Context,
    cara: Channel,
    kept: Kept,
    check: ers_runtime::health::Check,
) {
    let freshness = &kept.freshness;
    // The number behind the last event that was applied; before the first connection only new ones count.
    let mut next = None;
    loop {
        let outcome = tokio::select! {
            outcome = follow_once(&context, &cara, &kept, &mut next, &check) => outcome,
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
    kept: &Kept,
    next: &mut Option<u64>,
    check: &ers_runtime::health::Check,
) -> Result<(), Status> {
    let Kept {
        sources,
        crls,
        answerer,
        freshness,
        watch,
    } = kept;
    let request = SubscribeRequest {
        from_sequence: next.unwrap_or(0),
        only_new: next.is_none(),
        // That a certificate is unknown is never kept, so nothing becomes untrue when one is issued.
        without_issued: true,
    };
    let mut events = EventsClient::new(cara.clone())
        .subscribe(request)
        .await?
        .into_inner();
    let refreshed = async || {
        sources
            .refresh()
            .await
            .map_err(|error| Status::unavailable(chain(&error)))?;
        watch.look(context.clock.now());
        Ok::<_, Status>(())
    };
    refreshed().await?;
    if next.is_none() {
        // What was asked for before events could arrive missed those of that time.
        freshness.all_anew();
        answerer.drop_all();
        crls.forget_all();
    }
    while let Some(event) = events.message().await? {
        let Event { sequence, what, .. } = event;
        match what {
            Some(What::Revoked(certificate)) => {
                freshness.revoked(
                    &certificate.issuer,
                    &certificate.serial,
                    context.clock.now_ms(),
                );
                answerer
                    .drop_certificate(&certificate.issuer, &certificate.serial)
                    .await;
            }
            // A CARA of the release before knows no names.
            Some(What::CrlPublished(crl)) if crl.name.is_empty() => crls.forget(&crl.issuer),
            Some(What::CrlPublished(crl)) => crls.forget(&crl.name),
            Some(What::AuthorityChanged(_)) => {
                refreshed().await?;
                freshness.all_anew();
                answerer.drop_all();
            }
            Some(What::UpToDate(_)) => {
                freshness.seen_until_ms.store(i64::MAX, Ordering::Relaxed);
                check.up();
            }
            // A CARA of the release before tells of those that were issued.
            Some(What::Issued(_)) | None => {}
        }
        *next = Some(sequence + 1);
    }
    Err(Status::unavailable("CARA has ended the stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_asked_for_before_a_revocation_was_heard_of_is_outdated_for_everybody_who_waited() {
        let freshness = Freshness::new(60);
        let before = freshness.moment();
        freshness.revoked("sub", "ab", 0);
        let after = freshness.moment();
        for _waiting in 0..2 {
            assert!(freshness.is_outdated(before, "sub", "ab"));
        }
        assert!(!freshness.is_outdated(after, "sub", "ab"));
        assert!(!freshness.is_outdated(before, "sub", "cd"));
        assert!(!freshness.is_outdated(before, "root", "ab"));
    }

    #[test]
    fn whatever_was_asked_for_before_events_arrived_is_outdated() {
        let freshness = Freshness::new(60);
        let before = freshness.moment();
        freshness.all_anew();
        assert!(freshness.is_outdated(before, "sub", "ab"));
        assert!(!freshness.is_outdated(freshness.moment(), "sub", "ab"));
    }

    #[test]
    fn old_revocations_are_forgotten_and_young_ones_are_not() {
        let freshness = Freshness::new(60);
        let before = freshness.moment();
        for number in 1..LOOK_FOR_OLD {
            freshness.revoked("sub", &format!("{number:x}"), 0);
        }
        freshness.revoked("sub", "young", REMEMBERED_MS);
        assert_eq!(freshness.heard.lock().revoked.len(), 1);
        assert!(freshness.is_outdated(before, "sub", "young"));
    }
}
