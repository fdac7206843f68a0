//! The `acme` database: one file per table group, each an `impl Store`. Domain types go in and out, rows stay here. A
//! change of state is an UPDATE that names the state it comes from, so that of two replicas one wins.

mod account;
mod authorization;
mod challenge;
mod error;
mod model;
mod order;

pub use account::{Inserted, KeyChange};
pub use challenge::{Claim, PendingValidation};
pub use error::StoreError;
pub use order::IssuedChain;

use sea_orm::DatabaseConnection;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
}

impl Store {
    /// Over a connection whose schema is up to date.
    pub fn new(db: DatabaseConnection) -> Self {
        Self { db }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db
            .ping()
            .await
            .map_err(StoreError::database("reach the database"))
    }
}
