//! Walking a chain of the database from its first entry, in pages that are never held in memory: names the first entry
//! that is wrong. Entries missing at the end are found by the signed checkpoints.

use std::sync::Arc;

use futures::TryStreamExt;

use super::walk::{ChainWalk, Fault};
use super::{Checkpoint, CheckpointKeys};
use crate::store::{Checkpoints, JournalTable, StoreError};

/// Entries between two words of how far it is.
const PAGE: u64 = 20_000;
/// Checkpoints read at a time; there is at most one per entry, and one of number zero.
const CHECKPOINTS: u64 = PAGE + 1;

/// How far a walk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Entries found right so far.
    pub verified: u64,
    /// Entries in all, when the walk began.
    pub total: u64,
    /// What was found; the walk ends with the first one.
    pub fault: Option<Fault>,
    /// Whether the walk has ended.
    pub done: bool,
}

/// A walk along one chain.
pub struct Verification {
    table: JournalTable,
    checkpoints: Checkpoints,
    walk: ChainWalk,
    /// The least and the greatest number there were when the walk began.
    ends: Option<(i64, i64)>,
    end: u64,
    /// The first checkpoint that was not held against its entry yet.
    awaited: u64,
}

/// Why a page could not be walked to its end.
enum Stop {
    Fault(Fault),
    Store(StoreError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Verification {
    /// Prepares a walk up to the end that the chain has now.
    pub(super) async fn begin(
        table: JournalTable,
        checkpoints: Checkpoints,
        keys: Arc<CheckpointKeys>,
        chain: &str,
    ) -> Result<Self, StoreError> {
        let ends = table.ends(chain).await?;
        Ok(Self {
            walk: ChainWalk::new(chain, keys),
            end: ends.map_or(0, |(_, last)| u64::try_from(last).unwrap_or_default()),
            ends,
            table,
            checkpoints,
            awaited: 0,
        })
    }

    /// One page further.
    ///
    /// # Errors
    /// The database's.
    pub async fn advance(&mut self) -> Result<Progress, StoreError> {
        let fault = match self.step().await {
            Ok(()) => None,
            Err(Stop::Fault(fault)) => Some(fault),
            Err(Stop::Store(error)) => return Err(error),
        };
        let verified = self.walk.head().sequence;
        Ok(Progress {
            verified,
            total: self.end,
            done: fault.is_some() || verified >= self.end,
            fault,
        })
    }

    async fn step(&mut self) -> Result<(), Stop> {
        if let Some((first, _)) = self.ends
            && first < 1
        {
            return Err(Fault::new(
                0,
                format!("an entry of number {first} stands before the first one: it was inserted"),
            )
            .into());
        }
        self.walk_page().await?;
        if self.walk.head().sequence >= self.end {
            self.look_behind_the_end().await?;
        }
        Ok(())
    }

    async fn walk_page(&mut self) -> Result<(), Stop> {
        let from = self.walk.head().sequence + 1;
        let to = self.end.min(from + PAGE - 1);
        if from > to {
            return Ok(());
        }
        let stated = self
            .checkpoints
            .page_as_it_stands(self.walk.chain(), self.awaited..=to, CHECKPOINTS)
            .await?;
        self.awaited = to + 1;
        let mut stated = stated.into_iter().peekable();
        let chain = self.walk.chain().to_owned();
        let mut rows = self.table.walk(&chain, from..=to).await?;
        while let Some(row) = rows.try_next().await? {
            let next = self.walk.head().sequence + 1;
            let Some(row) = row.view() else {
                return Err(
                    Fault::new(next, "the entry was altered: a column makes no sense").into(),
                );
            };
            let sequence = u64::try_from(row.sequence).unwrap_or_default();
            self.walk.entry(sequence, &row.fields, row.entry_hash)?;
            while let Some((_, checkpoint)) = stated.next_if(|(number, _)| *number <= sequence) {
                self.walk.checkpoint(&readable(sequence, checkpoint)?)?;
            }
        }
        if self.walk.head().sequence < to {
            return Err(Fault::missing(self.walk.head().sequence + 1).into());
        }
        Ok(())
    }

    /// At the end: is there a checkpoint that tells of more? Entries may have been written since the walk began.
    async fn look_behind_the_end(&mut self) -> Result<(), Stop> {
        let chain = self.walk.chain().to_owned();
        let mut from = self.awaited;
        loop {
            let page = self
                .checkpoints
                .page_as_it_stands(&chain, from..=u64::MAX, CHECKPOINTS)
                .await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            from = last + 1;
            let ends = self.table.ends(&chain).await?;
            let end = ends.map_or(0, |(_, last)| u64::try_from(last).unwrap_or_default());
            for (number, checkpoint) in page {
                let checkpoint = readable(number, checkpoint)?;
                self.walk.checkpoint_behind(&checkpoint, end)?;
            }
        }
    }
}

fn readable(number: u64, checkpoint: Result<Checkpoint, StoreError>) -> Result<Checkpoint, Fault> {
    checkpoint.map_err(|_| {
        Fault::new(
            number,
            "the checkpoint was altered: a column makes no sense",
        )
    })
}
