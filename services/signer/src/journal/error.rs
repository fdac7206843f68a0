//! Why an entry was not written, or a chain not opened.

use ers_runtime::error::{Fault, Kind};

use super::KeysError;
use crate::store::StoreError;
use crate::vault;

/// Why an entry was not written, as far as is known. No signature may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// More entries wait than may.
    #[error("write journal entry: too many wait")]
    Busy,
    /// The database is out of reach.
    #[error("write journal entry: the journal's database is out of reach")]
    Unavailable,
    /// Somebody else wrote to the chain.
    #[error(
        "write journal entry: another process writes the same chain; give every replica its own journal.chain"
    )]
    Conflict,
    /// The signer is ending.
    #[error("write journal entry: the signer is ending")]
    Ending,
}

impl Fault for AppendError {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::ResourceExhausted,
            Self::Unavailable | Self::Conflict | Self::Ending => Kind::Unavailable,
        }
    }
}

/// Why a chain was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error("open journal chain {chain}: read it")]
    Store {
        /// The chain.
        chain: String,
        /// The database's.
        #[source]
        source: StoreError,
    },
    /// The last entry does not hash to what stands beside it.
    #[error(
        "open journal chain {chain}: its last entry (number {sequence}) was altered; keep the database as it is, \
         start with another journal.chain, and let `ers audit verify` say what happened"
    )]
    Altered {
        /// The chain.
        chain: String,
        /// Number of the last entry.
        sequence: u64,
    },
    /// Entries at the end are gone.
    #[error(
        "open journal chain {chain}: it ends at number {sequence}, but number {checkpoint} was signed; keep the \
         database as it is, start with another journal.chain, and let `ers audit verify` say what happened"
    )]
    Truncated {
        /// The chain.
        chain: String,
        /// Number of the last entry.
        sequence: u64,
        /// Number that the last checkpoint tells of.
        checkpoint: u64,
    },
    /// The journal key.
    #[error("open journal chain {chain}: load the key that signs its checkpoints")]
    Key {
        /// The chain.
        chain: String,
        /// Why.
        #[source]
        source: JournalKeyError,
    },
}

/// Why the journal key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalKeyError {
    /// The database.
    #[error("load journal key")]
    Store(#[source] StoreError),
    /// It does not open under the data key.
    #[error("unseal journal key")]
    Sealed(#[source] vault::OpenError),
    /// It is no key, or could not be made.
    #[error("make or parse journal key")]
    Key(#[source] ers_pki::key::PrivateKeyError),
    /// The public keys beside it do not follow from one another.
    #[error("check the line of checkpoint keys")]
    Line(#[source] KeysError),
    /// It is not the newest of the public keys, or is gone.
    #[error("load journal key: it is not the newest of the table journal_key")]
    Foreign,
}

impl Fault for JournalKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Sealed(_) | Self::Key(_) | Self::Line(_) | Self::Foreign => Kind::Internal,
        }
    }
}
