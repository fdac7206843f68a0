//! Ending well: one token that everybody watches, and the tasks that must end before the process may.

use std::{future::Future, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

/// Tells when to stop and waits for tracked tasks.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// Nothing runs yet, nothing is to stop.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The token that is cancelled when the process shall stop.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Starts a task that the process waits for when it stops; it should watch [`Self::token`].
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let span = tracing::debug_span!("task", task = name);
        self.tasks.spawn(task.instrument(span));
    }

    /// Asks everybody to stop.
    pub fn stop(&self) {
        self.token.cancel();
    }

    /// Whether stopping has been asked for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until stopping is asked for.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Sleeps; returns false at once when stopping is asked for.
    pub async fn sleep(&self, duration: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.token.cancelled() => false,
        }
    }

    /// Waits until all tracked tasks have ended, at most so long. Returns whether they did.
    pub async fn drained(&self, at_most: Duration) -> bool {
        self.tasks.close();
        tokio::time::timeout(at_most, self.tasks.wait())
            .await
            .is_ok()
    }
}
