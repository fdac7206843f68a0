//! The `scep` database: transactions, and certificates of the registration authority. Domain types go in and out, rows
//! stay here.

mod authority;
mod error;
mod model;
mod transaction;

pub use authority::Authority;
pub use error::StoreError;
pub use transaction::{Transaction, TransactionState};

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
