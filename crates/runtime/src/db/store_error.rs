//! What can go wrong with the tables of a service.

use sea_orm::DbErr;
use thiserror::Error;

use super::{MayBeDatabase, WriteError};

/// The database failed, or a row makes no sense.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database failed.
    #[error("{act}")]
    Database {
        /// What we failed to do.
        act: &'static str,
        /// Why.
        #[source]
        source: DbErr,
    },
    /// The process ends.
    #[error("{act}: the process ends")]
    Stopped {
        /// What we failed to do.
        act: &'static str,
    },
    /// A row holds what we never write.
    #[error("read {table} {id}: column {column} makes no sense")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The column.
        column: &'static str,
    },
}

impl StoreError {
    /// For `map_err`.
    pub fn database(act: &'static str) -> impl Fn(DbErr) -> Self {
        move |source| Self::Database { act, source }
    }

    /// For `map_err`.
    pub fn write(act: &'static str) -> impl Fn(WriteError) -> Self {
        move |error| match error {
            WriteError::Database(source) => Self::Database { act, source },
            WriteError::Stopped => Self::Stopped { act },
        }
    }

    /// For `ok_or_else`.
    pub fn inconsistent<'a>(
        table: &'static str,
        id: &'a str,
        column: &'static str,
    ) -> impl Fn() -> Self + 'a {
        move || Self::Inconsistent {
            table,
            id: id.to_owned(),
            column,
        }
    }
}

impl MayBeDatabase for StoreError {
    fn database(&self) -> Option<&DbErr> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Stopped { .. } | Self::Inconsistent { .. } => None,
        }
    }
}
