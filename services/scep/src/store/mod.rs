//! The `scep` database: transactions, and certificates of the registration authority. Domain types go in and out, rows
//! stay here.

mod authority;
mod model;
mod transaction;

pub use authority::Authority;
pub use ers_runtime::db::StoreError;
pub use transaction::Transaction;

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
            writes: Writes::start("scep writer", db.clone(), shutdown),
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
