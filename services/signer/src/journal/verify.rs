//! Walking a chain from its first entry, in pages: names the first entry that is wrong. Entries missing at the end
//! are found by the signed checkpoints.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use super::JournalKey;
use super::entry::{Entry, Head};
use crate::store::{Checkpoint, Checkpoints, JournalRows, JournalTable, StoreError};

const PAGE: u64 = 256;

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The first entry that is wrong, or missing.
    pub sequence: u64,
    /// What is wrong, for a person.
    pub what: String,
}

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
    key: Arc<JournalKey>,
    chain: String,
    end: u64,
    /// The last entry that was found right.
    right: Head,
    /// The first checkpoint that was not held against its entry yet.
    awaited: u64,
}

impl Verification {
    pub(super) fn new(
        table: JournalTable,
        checkpoints: Checkpoints,
        key: Arc<JournalKey>,
        chain: &str,
        head: Head,
    ) -> Self {
        let right = Head::empty(chain);
        Self {
            table,
            checkpoints,
            key,
            chain: chain.to_owned(),
            end: head.sequence,
            right,
            awaited: 0,
        }
    }

    /// One page further.
    ///
    /// # Errors
    /// The database's.
    pub async fn advance(&mut self) -> Result<Progress, StoreError> {
        let fault = match self.walk_page().await? {
            None if self.right.sequence >= self.end => self.find_missing_tail().await?,
            fault => fault,
        };
        Ok(Progress {
            verified: self.right.sequence,
            total: self.end,
            done: fault.is_some() || self.right.sequence >= self.end,
            fault,
        })
    }

    async fn walk_page(&mut self) -> Result<Option<Fault>, StoreError> {
        let from = self.right.sequence + 1;
        if from > self.end {
            return Ok(None);
        }
        let entries = self
            .table
            .page_as_it_stands(&self.chain, from..=self.end, PAGE)
            .await?;
        if entries.is_empty() {
            return Ok(Some(missing(from)));
        }
        let last = entries.last().map_or(from, |(sequence, _)| *sequence);
        let mut stated = self.checkpoints_up_to(last).await?.into_iter().peekable();
        for (sequence, entry) in entries {
            if let Some(fault) = self.check(sequence, entry.ok()) {
                return Ok(Some(fault));
            }
            while let Some(checkpoint) =
                stated.next_if(|checkpoint| checkpoint.sequence <= sequence)
            {
                if let Some(fault) = self.compare(&checkpoint) {
                    return Ok(Some(fault));
                }
            }
        }
        Ok(None)
    }

    /// An entry must follow the one before it.
    fn check(&mut self, sequence: u64, entry: Option<Entry>) -> Option<Fault> {
        let expected = self.right.sequence + 1;
        if sequence != expected {
            return Some(missing(expected));
        }
        let altered = |what: &str| {
            Some(Fault {
                sequence,
                what: what.to_owned(),
            })
        };
        let Some(entry) = entry else {
            return altered("the entry was altered: a column makes no sense");
        };
        if entry.content.hash(&self.chain, sequence, &self.right.hash) != entry.hash {
            return altered(
                "the entry was altered: its hash does not follow from it and the entry before it",
            );
        }
        let kept = entry.content.to_be_signed.as_deref();
        if kept.is_some_and(|kept| digest(&SHA256, kept).as_ref() != entry.content.digest) {
            return altered("the entry was altered: the bytes kept are not those of the digest");
        }
        self.right = entry.head();
        None
    }

    /// A checkpoint must tell of the entry that stands there.
    fn compare(&self, checkpoint: &Checkpoint) -> Option<Fault> {
        let sequence = checkpoint.sequence;
        let wrong = |what: &str| {
            Some(Fault {
                sequence,
                what: what.to_owned(),
            })
        };
        if !self.key.signed(checkpoint) {
            return wrong("the checkpoint was altered: it is not signed by the journal key");
        }
        let stated = Head {
            sequence,
            hash: checkpoint.entry_hash,
        };
        if sequence == self.right.sequence && stated != self.right {
            return wrong(
                "the chain up to here was written anew: a signed checkpoint tells of another entry",
            );
        }
        None
    }

    async fn checkpoints_up_to(&mut self, last: u64) -> Result<Vec<Checkpoint>, StoreError> {
        // at most one per entry, so that a page of entries never has more than a page of checkpoints, and number 0
        let mut page = self
            .checkpoints
            .page(&self.chain, self.awaited, PAGE + 1)
            .await?;
        page.retain(|checkpoint| checkpoint.sequence <= last);
        self.awaited = last + 1;
        Ok(page)
    }

    /// At the end: is there a checkpoint that tells of more?
    async fn find_missing_tail(&self) -> Result<Option<Fault>, StoreError> {
        let last = self.checkpoints.find_last(&self.chain).await?;
        // entries may have been written since the walk began
        let missing =
            last.filter(|checkpoint| checkpoint.sequence > self.end && self.key.signed(checkpoint));
        let Some(checkpoint) = missing else {
            return Ok(None);
        };
        let head = self.table.head(&self.chain).await?;
        let what = format!(
            "the chain ends here, but a signed checkpoint tells of entry {}: entries at the end were deleted",
            checkpoint.sequence
        );
        Ok((head.sequence < checkpoint.sequence).then_some(Fault {
            sequence: head.sequence + 1,
            what,
        }))
    }
}

fn missing(sequence: u64) -> Fault {
    Fault {
        sequence,
        what: "the entry is missing".to_owned(),
    }
}
