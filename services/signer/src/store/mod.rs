//! The signer's tables; domain types go in and come out. All times are epoch milliseconds, all names DER.

mod checkpoint_keys;
mod checkpoints;
mod error;
mod journal;
mod journal_walk;
mod keys;
mod making;
mod replicas;
mod secrets;

pub use checkpoint_keys::CheckpointKeyTable;
pub use checkpoints::Checkpoints;
pub use error::StoreError;
pub use journal::{JournalRows, JournalTable};
pub use keys::{KeyTable, StoredKey};
pub use making::KeyInMaking;
pub use replicas::Replica;
pub use secrets::{Secrets, StoredSecret};
