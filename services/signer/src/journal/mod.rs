//! The journal of every signature: hash-chained, one chain per replica, an entry durable before its signature is made.

mod checkpoint;
mod entry;
mod error;
mod fields;
mod keys;
mod open;
mod verify;
mod walk;
mod writer;

pub use checkpoint::{JournalKey, NAME as JOURNAL_KEY};
pub use entry::{Entry, EntryHash, Head, NewEntry, Position};
pub use error::{AppendError, JournalKeyError, OpenError};
pub use fields::Fields;
pub use keys::{Checkpoint, CheckpointKey, CheckpointKeys, KeysError};
pub use open::{Journal, JournalSettings, open};
pub use verify::{Progress, Verification};
pub use walk::{ChainWalk, Fault};
