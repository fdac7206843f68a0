//! Walking along a chain, entry by entry: the one place that decides what follows and what does not. The database, a
//! file and a witness feed it alike.

use std::sync::Arc;

use super::{Checkpoint, CheckpointKeys, Fields, Head};

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The first entry that is wrong, or missing.
    pub sequence: u64,
    /// What is wrong, for a person.
    pub what: String,
}

impl Fault {
    /// A fault of an entry.
    pub fn new(sequence: u64, what: impl Into<String>) -> Self {
        Self {
            sequence,
            what: what.into(),
        }
    }

    /// An entry that should be there.
    pub fn missing(sequence: u64) -> Self {
        Self::new(sequence, "the entry is missing")
    }
}

/// A walk along one chain.
#[derive(Debug, Clone)]
pub struct ChainWalk {
    chain: Arc<str>,
    keys: Arc<CheckpointKeys>,
    /// The last entry that was found right.
    right: Head,
    /// Number of the newest key that signed a checkpoint so far.
    key: u64,
}

impl ChainWalk {
    /// From the first entry on.
    pub fn new(chain: &str, keys: Arc<CheckpointKeys>) -> Self {
        Self::after(chain, keys, Head::empty(chain))
    }

    /// From the entry after one that is known to be right.
    pub fn after(chain: &str, keys: Arc<CheckpointKeys>, right: Head) -> Self {
        Self {
            chain: Arc::from(chain),
            keys,
            right,
            key: 0,
        }
    }

    /// The last entry that was found right.
    pub fn head(&self) -> Head {
        self.right
    }

    /// The chain.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The next entry: it must follow the one before it. `entry_hash` is what stands beside it.
    ///
    /// # Errors
    /// What is wrong; the walk stays where it was.
    pub fn entry(
        &mut self,
        sequence: u64,
        fields: &Fields<'_>,
        entry_hash: &[u8],
    ) -> Result<(), Fault> {
        self.expect(sequence)?;
        let hash = fields.hash(&self.chain, sequence, &self.right.hash);
        if hash.as_bytes() != entry_hash {
            return Err(Fault::new(
                sequence,
                "the entry was altered: its hash does not follow from it and the entry before it",
            ));
        }
        if !fields.keeps_what_was_digested() {
            return Err(Fault::new(
                sequence,
                "the entry was altered: the bytes kept are not those of the digest",
            ));
        }
        self.right = Head { sequence, hash };
        Ok(())
    }

    /// The number of the next entry must be the next number.
    ///
    /// # Errors
    /// An entry is missing, or stands twice.
    pub fn expect(&self, sequence: u64) -> Result<(), Fault> {
        let expected = self.right.sequence + 1;
        if sequence < expected {
            return Err(Fault::new(
                sequence,
                "the entry stands there once more: it was inserted",
            ));
        }
        if sequence > expected {
            return Err(Fault::missing(expected));
        }
        Ok(())
    }

    /// A checkpoint of an entry that the walk has come to: it must be signed and tell of the entry that stands there.
    ///
    /// # Errors
    /// What is wrong.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        let sequence = checkpoint.sequence;
        self.signed(checkpoint)?;
        if sequence == self.right.sequence && checkpoint.head() != self.right {
            return Err(Fault::new(
                sequence,
                "the chain up to here was written anew: a signed checkpoint tells of another entry",
            ));
        }
        Ok(())
    }

    /// A checkpoint behind the end of the chain: entries are gone. One that is not signed is a forgery.
    ///
    /// # Errors
    /// Always, when it tells of an entry behind the end.
    pub fn checkpoint_behind(&mut self, checkpoint: &Checkpoint, end: u64) -> Result<(), Fault> {
        self.signed(checkpoint)?;
        if checkpoint.sequence <= end {
            return Ok(());
        }
        Err(Fault::new(
            end + 1,
            format!(
                "the chain ends here, but a signed checkpoint tells of entry {}: entries at the end were deleted",
                checkpoint.sequence
            ),
        ))
    }

    fn signed(&mut self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        let Some(key) = self.keys.signer_of(checkpoint) else {
            return Err(Fault::new(
                checkpoint.sequence,
                "the checkpoint was altered: it is not signed by a checkpoint key",
            ));
        };
        if key < self.key {
            return Err(Fault::new(
                checkpoint.sequence,
                format!("the checkpoint is signed by key {key}, which had been replaced by then"),
            ));
        }
        self.key = key;
        Ok(())
    }
}
