//! Why a table could not be read or written.

use ers_runtime::error::{Fault, Kind};
use sea_orm::DbErr;

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("{act}")]
    Database {
        /// What was attempted.
        act: &'static str,
        /// What the database said.
        #[source]
        source: DbErr,
    },
    /// The database did not answer in time; whether it did what it was told is unknown.
    #[error("{act}: no answer in time")]
    TimedOut {
        /// What was attempted.
        act: &'static str,
    },
    /// A row that cannot be.
    #[error("read row {row} of {table}: column {column} makes no sense")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// The column.
        column: &'static str,
    },
}

impl StoreError {
    pub(crate) fn during(act: &'static str) -> impl Fn(DbErr) -> Self + Send {
        move |source| Self::Database { act, source }
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Database { .. } | Self::TimedOut { .. } => Kind::Unavailable,
            Self::Inconsistent { .. } => Kind::Internal,
        }
    }
}
