//! The `cmp` database. Domain types go in and out, rows stay here. A change is an UPDATE that names the version it comes
//! from, so that of two replicas one wins.

mod model;
mod own_certificate;
mod transaction;

pub use ers_runtime::db::StoreError;
pub use own_certificate::StoredCertificate;

use ers_runtime::db::{Lookups, Writes};
use ers_runtime::shutdown::Shutdown;
use sea_orm::DatabaseConnection;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    transactions: Lookups<model::transaction::Entity, 1>,
    writes: Writes,
}

impl Store {
    /// Over a connection whose schema is up to date; writes until shutdown.
    pub fn start(db: DatabaseConnection, shutdown: &Shutdown) -> Self {
        Self {
            transactions: Lookups::start(db.clone(), [model::transaction::Column::Id]),
            writes: Writes::start("cmp writer", db.clone(), shutdown),
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
