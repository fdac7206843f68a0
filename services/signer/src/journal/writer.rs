//! The one task that writes a chain. Entries that come while a commit is under way go into the next one together.

use std::sync::Arc;
use std::time::Duration;

use ers_runtime::clock::SharedClock;
use ers_runtime::error::chain as chain_of;
use ers_runtime::health::Check;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::entry::{Entry, Head, NewEntry, Position};
use super::error::AppendError;
use super::{JournalKey, JournalSettings};
use crate::store::{Checkpoints, JournalRows, StoreError};

/// Most entries of one commit, and their greatest weight: far below MariaDB's `max_allowed_packet` of 16 MiB and the
/// 32,766 parameters of an SQLite statement.
const MAX_GROUP: usize = 512;
const MAX_GROUP_BYTES: usize = 4 * 1024 * 1024;
/// Most attempts that are remembered.
const MAX_ATTEMPTS: usize = 1024;
/// So long after the last failure the journal counts as well again, if it can be read: only the next commit tells
/// whether it can be written, and none would come while the check is down.
const QUIET: Duration = Duration::from_secs(2);
/// While the database is away it is asked this often.
const RECOVERY_INTERVAL: Duration = Duration::from_millis(250);
/// After shutdown was asked for, calls under way may still come; then the last checkpoint is written.
const LAST_CALLS: Duration = Duration::from_millis(500);

/// An entry that waits, and who waits for it.
pub(super) struct Append {
    pub(super) entry: NewEntry,
    pub(super) answer: oneshot::Sender<Result<Position, AppendError>>,
}

/// The state of a chain as its writer knows it.
pub(super) struct Writer<R> {
    pub(super) rows: R,
    pub(super) checkpoints: Checkpoints,
    pub(super) key: Arc<JournalKey>,
    pub(super) clock: SharedClock,
    pub(super) check: Check,
    pub(super) settings: JournalSettings,
    pub(super) chain: Arc<str>,
    /// The last entry that is known to be committed.
    pub(super) head: Head,
    /// The last sequence that a checkpoint tells of.
    pub(super) stated: u64,
    pub(super) standing: Standing,
    /// Ends that the chain may have besides the head: commits that failed, or that nobody answered. One may become
    /// true late, when the database finishes what it was told long ago; none can once a later entry is committed.
    pub(super) attempts: Vec<Head>,
    pub(super) failed_at: Option<Instant>,
}

/// What the writer knows about the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The head is the chain's end.
    Certain,
    /// The chain ends at the head, or at one of the attempts.
    Doubtful,
    /// The chain ends somewhere else. Nothing is written any more.
    Foreign,
}

impl<R: JournalRows> Writer<R> {
    /// Writes until everybody who could append is gone, or shutdown is asked for and no call comes any more.
    pub(super) async fn run(
        mut self,
        mut appends: mpsc::Receiver<Append>,
        stop: CancellationToken,
    ) {
        let mut state_at = Instant::now() + self.settings.checkpoint_interval;
        loop {
            let wake = match self.failed_at {
                Some(_) => state_at.min(Instant::now() + RECOVERY_INTERVAL),
                None => state_at,
            };
            tokio::select! {
                append = appends.recv() => match append {
                    Some(first) => self.write(group(first, &mut appends)).await,
                    None => break,
                },
                () = tokio::time::sleep_until(wake) => {}
                () = stop.cancelled() => {
                    self.finish(&mut appends).await;
                    break;
                }
            }
            if appends.is_empty() {
                self.recover().await;
            }
            let due = self.head.sequence - self.stated.min(self.head.sequence)
                >= self.settings.checkpoint_entries;
            if due || Instant::now() >= state_at {
                self.state_head().await;
                state_at = Instant::now() + self.settings.checkpoint_interval;
            }
        }
        self.state_head().await;
    }

    async fn finish(&mut self, appends: &mut mpsc::Receiver<Append>) {
        while let Ok(Some(first)) = tokio::time::timeout(LAST_CALLS, appends.recv()).await {
            self.write(group(first, appends)).await;
        }
        appends.close();
    }

    /// One commit. Who waits is answered after it.
    #[tracing::instrument(name = "db.journal_entry.insert", level = "debug", skip_all, fields(entries = group.len()))]
    async fn write(&mut self, group: Vec<Append>) {
        if let Err(error) = self.resolve().await {
            refuse(group, error);
            return;
        }
        let before = self.head;
        let (entries, waiting) = self.chained(group);
        let Some(attempted) = entries.last().map(Entry::head) else {
            return;
        };
        let outcome = match self.rows.insert(&self.chain, &entries).await {
            Ok(()) => {
                self.head = attempted;
                self.attempts.clear();
                self.failed_at = None;
                self.check.up();
                Ok(())
            }
            Err(error) => self.settle(&error, attempted).await,
        };
        for (offset, answer) in waiting.into_iter().enumerate() {
            let sequence = before.sequence + 1 + offset as u64;
            // nobody waits any more when the caller gave up; the entry stands all the same
            let _ = answer.send(outcome.map(|()| Position {
                chain: Arc::clone(&self.chain),
                sequence,
            }));
        }
    }

    fn chained(
        &self,
        group: Vec<Append>,
    ) -> (
        Vec<Entry>,
        Vec<oneshot::Sender<Result<Position, AppendError>>>,
    ) {
        let mut head = self.head;
        let mut entries = Vec::with_capacity(group.len());
        let mut waiting = Vec::with_capacity(group.len());
        for append in group {
            let entry = append.entry.chained(&self.chain, head);
            head = entry.head();
            entries.push(entry);
            waiting.push(append.answer);
        }
        (entries, waiting)
    }

    /// After a failed commit: what does the database say? The group stands when the chain ends with it.
    async fn settle(&mut self, error: &StoreError, attempted: Head) -> Result<(), AppendError> {
        tracing::warn!(
            chain = &*self.chain,
            error = chain_of(error),
            "journal entries not written"
        );
        self.check.down("the journal's database is out of reach");
        self.standing = Standing::Doubtful;
        self.failed_at = Some(Instant::now());
        if self.attempts.len() == MAX_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.attempts.push(attempted);
        self.resolve().await?;
        if self.head == attempted {
            Ok(())
        } else {
            Err(AppendError::Unavailable)
        }
    }

    /// Where there is doubt, asks the database where the chain ends.
    async fn resolve(&mut self) -> Result<(), AppendError> {
        match self.standing {
            Standing::Certain => return Ok(()),
            Standing::Foreign => return Err(AppendError::Conflict),
            Standing::Doubtful => {}
        }
        let found = match self.rows.head(&self.chain).await {
            Ok(found) => found,
            Err(error) => {
                self.failed_at = Some(Instant::now());
                tracing::debug!(
                    chain = &*self.chain,
                    error = chain_of(&error),
                    "journal still out of reach"
                );
                return Err(AppendError::Unavailable);
            }
        };
        if found != self.head && !self.attempts.contains(&found) {
            tracing::error!(chain = &*self.chain, ours = ?self.head, ?found, "journal chain has another writer");
            self.check
                .down("another process writes the same journal chain; give every replica its own");
            self.standing = Standing::Foreign;
            return Err(AppendError::Conflict);
        }
        self.head = found;
        self.standing = Standing::Certain;
        Ok(())
    }

    /// Between calls: is the database back?
    async fn recover(&mut self) {
        let quiet = self.failed_at.is_some_and(|at| at.elapsed() >= QUIET);
        if self.resolve().await.is_ok() && quiet {
            self.failed_at = None;
            self.check.up();
        }
    }

    /// States the head; tried again with the next one when it fails.
    pub(super) async fn state_head(&mut self) {
        if self.head.sequence <= self.stated || self.standing != Standing::Certain {
            return;
        }
        let Some(checkpoint) = self.key.state(&self.chain, self.head, self.clock.now_ms()) else {
            tracing::error!(chain = &*self.chain, "journal checkpoint not signed");
            return;
        };
        let (sequence, signature) = (checkpoint.sequence, hex::encode(&checkpoint.signature));
        match self.checkpoints.insert(checkpoint).await {
            Ok(()) => {
                self.stated = sequence;
                // also to the audit log, which may leave the machine: a database cannot witness against itself
                tracing::info!(
                    target: "audit",
                    chain = &*self.chain, sequence, entry_hash = ?self.head.hash, signature, "journal checkpoint"
                );
            }
            Err(error) => tracing::warn!(
                chain = &*self.chain,
                error = chain_of(&error),
                "journal checkpoint not written"
            ),
        }
    }
}

/// The first one and whatever waits behind it, within limits.
fn group(first: Append, appends: &mut mpsc::Receiver<Append>) -> Vec<Append> {
    let mut weight = first.entry.weight();
    let mut group = vec![first];
    while group.len() < MAX_GROUP && weight < MAX_GROUP_BYTES {
        let Ok(next) = appends.try_recv() else {
            break;
        };
        weight += next.entry.weight();
        group.push(next);
    }
    group
}

fn refuse(group: Vec<Append>, error: AppendError) {
    for append in group {
        let _ = append.answer.send(Err(error));
    }
}

#[cfg(test)]
mod tests;
