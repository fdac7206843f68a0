//! The inventory follows CARA: from the event after the last one applied, then on and on. When the connection, CARA or
//! the database is lost it begins again there, a little later each time.

use std::time::Duration;

use ers_runtime::{error::chain, health::Check, shutdown::Shutdown};
use futures::StreamExt as _;
use tokio::time::Instant;
use tonic::Status;

use super::Flows;
use crate::{
    clients::CaraError,
    domain::inventory::Told,
    store::{ApplyError, StoreError},
};

const LARGEST_BATCH: usize = 256;
/// Batches follow each other no sooner: under load a batch is many events and one transaction, and alone an event waits
/// for nothing.
const BETWEEN_BATCHES: Duration = Duration::from_millis(50);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Why following stopped for now.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error("subscribe to events")]
    Subscribe(#[source] CaraError),
    #[error("read events")]
    Read(#[source] Box<Status>),
    #[error("CARA ended the events")]
    Ended,
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("load position")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Follows until shutdown.
    pub(crate) async fn follow_inventory(&self, check: &Check, shutdown: &Shutdown) {
        let mut pause = FIRST_PAUSE;
        loop {
            let mut heard = false;
            let error = tokio::select! {
                error = self.follow_once(check, &mut heard) => error,
                () = shutdown.cancelled() => return,
            };
            if heard {
                pause = FIRST_PAUSE;
            }
            match &error {
                // The other replica does the work; look again now and then, in case it dies.
                FollowError::Apply(ApplyError::Overtaken(_)) => {
                    tracing::debug!("another replica applies the events");
                    check.up();
                    pause = LONGEST_PAUSE;
                }
                error => check.down(chain(error)),
            }
            if !shutdown.sleep(pause).await {
                return;
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    async fn follow_once(&self, check: &Check, heard: &mut bool) -> FollowError {
        match self.try_follow(check, heard).await {
            Ok(()) => FollowError::Ended,
            Err(error) => error,
        }
    }

    async fn try_follow(&self, check: &Check, heard: &mut bool) -> Result<(), FollowError> {
        let mut position = self.store.load_feed_position(self.clock.now_ms()).await?;
        let events = self
            .cara
            .subscribe(position.saturating_add(1))
            .await
            .map_err(FollowError::Subscribe)?;
        check.up();
        tracing::info!(position, "inventory follows CARA");
        // As many as are there at the moment make one transaction.
        let mut batches = events.ready_chunks(LARGEST_BATCH);
        let mut next = Instant::now();
        while let Some(batch) = batches.next().await {
            let mut told: Vec<Told> = Vec::with_capacity(batch.len());
            let mut broken = None;
            for event in batch {
                match event {
                    Ok(event) => told.extend(self.cara.read_event(event).await),
                    Err(status) => broken = Some(status),
                }
            }
            // What was applied before is not told again, but if it were, it would count once.
            told.retain(|event| event.sequence > position);
            let count = told.len();
            let notices = self.deliveries_of(self.heard_of(&told)).await?;
            position = self
                .store
                .apply_events(position, &told, &notices, self.clock.now_ms())
                .await?;
            self.metrics.heard(count, position);
            *heard = true;
            if let Some(status) = broken {
                return Err(FollowError::Read(Box::new(status)));
            }
            tokio::time::sleep_until(next).await;
            next = Instant::now() + BETWEEN_BATCHES;
        }
        Ok(())
    }
}
