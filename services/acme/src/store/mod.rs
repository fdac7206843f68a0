//! The `acme` database: one file per table group, each an `impl Store`. Domain types go in and out, rows stay here. A
//! change of state is an UPDATE that names the state it comes from, so that of two replicas one wins.

mod account;
mod authorization;
mod challenge;
mod error;
mod known_accounts;
mod model;
mod order;
mod writer;

pub use account::{Inserted, KeyChange};
pub use challenge::{Claim, PendingValidation};
pub use error::StoreError;
pub use order::{IssuedChain, Predecessor};

use ers_runtime::shutdown::Shutdown;
use sea_orm::DatabaseConnection;

use known_accounts::KnownAccounts;
use writer::Writer;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    writer: Writer,
    accounts: KnownAccounts,
}

/// Whether other processes work on the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// This one alone: accounts are kept in memory.
    One,
    /// Several: accounts are read each time.
    Many,
}

impl Store {
    /// Over a connection whose schema is up to date; writes until shutdown.
    pub fn start(db: DatabaseConnection, replicas: Replicas, shutdown: &Shutdown) -> Self {
        Self {
            writer: Writer::start(db.clone(), shutdown),
            accounts: KnownAccounts::new(replicas),
            db,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db
            .ping()
            .await
            .map_err(StoreError::database("reach the database"))
    }
}
