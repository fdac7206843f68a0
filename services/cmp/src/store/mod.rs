//! The `cmp` database. Domain types go in and out, rows stay here. A change is an UPDATE that names the version it comes
//! from, so that of two replicas one wins.

mod error;
mod model;
mod own_certificate;
mod transaction;

pub use error::StoreError;
pub use own_certificate::StoredCertificate;

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
