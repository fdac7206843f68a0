//! What an outside witness needs to judge a copy of the journal, without the database and without a secret: the hash of
//! an entry, the line of checkpoint keys, and the file that a journal is exported to (docs/journal-export.md).

mod check;
mod line;

pub use crate::journal::{
    ChainWalk, Checkpoint, CheckpointKey, CheckpointKeys, EntryHash, Fault, Fields, Head, KeysError,
};
pub use check::{ChainReport, CheckError, Report, check};
pub use line::{ChainLine, CheckpointKeyLine, CheckpointLine, EntryLine, FORMAT, Line};
