//! The journal of every signature: hash-chained, one chain per replica, an entry durable before its signature is made.

mod checkpoint;
mod entry;
mod error;
mod open;
mod verify;
mod writer;

pub use checkpoint::JournalKey;
pub use entry::{Entry, EntryHash, Head, NewEntry, Position};
pub use error::{AppendError, OpenError};
pub use open::{Journal, JournalSettings, open};
pub use verify::{Progress, Verification};
