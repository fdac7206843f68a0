//! CARA's tables. Everything here takes and gives domain types; the database's models stay inside.

mod act;
mod administrator;
mod authority;
mod blocked_key;
mod candidate;
mod certificate;
mod certificate_name;
mod crl;
mod entity;
mod event;
mod generation;
mod index_entity;
mod journal_position;
mod key;
mod lease;
mod lost_certificate;
mod pending_act;
mod profile;
mod recent;
mod restoration;
mod restoration_entity;
mod revocation;
mod search;
mod unadopted;
mod unadopted_entity;
mod writer;

use std::sync::{Arc, atomic::AtomicI64};

use ers_runtime::{
    clock::SharedClock,
    db::{Lookups, MayBeDatabase},
    error::{Fault, Kind},
};
use sea_orm::{DatabaseConnection, DbErr};
use thiserror::Error;
use tokio::sync::watch;

pub use act::ActFilter;
pub use administrator::AdministratorChange;
pub use authority::Authorities;
pub use candidate::Candidate;
pub use certificate_name::{Indexed, Unindexed};
pub use crl::{CrlHead, Published};
pub use key::CertificateKey;
pub use lease::Fence;
pub use profile::StoredProfile;
pub use revocation::{BATCH, Change, CrlEntry, Entries, Outcome};
pub use search::Stretch;
pub use writer::{Stored, Writer};

/// Access to CARA's database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    connection: DatabaseConnection,
    /// What every request looks for: whether it has a certificate already.
    by_request: Lookups<entity::certificate::Entity, 1>,
    clock: SharedClock,
    /// Number of the newest event that this process knows of.
    head: Arc<watch::Sender<i64>>,
    /// When the newest event that this process knows of was written.
    newest_ms: Arc<AtomicI64>,
    recent: Arc<recent::Recent>,
}

/// Why the database did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database failed.
    #[error("{act}")]
    Database {
        /// What was attempted.
        act: &'static str,
        /// Why it failed.
        #[source]
        source: DbErr,
    },
    /// A row does not say what only CARA can have written.
    #[error("read {table} {row}: inconsistent {column}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Key of the row.
        row: String,
        /// Column.
        column: &'static str,
    },
    /// The serial number is taken: draw another.
    #[error("store certificate: serial number taken")]
    SerialTaken,
    /// The writer has ended.
    #[error("store certificate: shutting down")]
    Stopped,
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Database { .. } | Self::Stopped => Kind::Unavailable,
            Self::Inconsistent { .. } | Self::SerialTaken => Kind::Internal,
        }
    }
}

impl MayBeDatabase for StoreError {
    fn database(&self) -> Option<&DbErr> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Inconsistent { .. } | Self::SerialTaken | Self::Stopped => None,
        }
    }
}

/// Names what was attempted.
fn failed(act: &'static str) -> impl FnOnce(DbErr) -> StoreError {
    move |source| StoreError::Database { act, source }
}

impl Store {
    /// On a connection whose schema is up to date.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(
        connection: DatabaseConnection,
        clock: SharedClock,
    ) -> Result<Self, StoreError> {
        let request_id = entity::certificate::Column::RequestId;
        let store = Self {
            by_request: Lookups::start(connection.clone(), [request_id]),
            connection,
            clock,
            head: Arc::new(watch::Sender::new(0)),
            newest_ms: Arc::default(),
            recent: Arc::default(),
        };
        store.refresh_head().await?;
        store.load_newest().await?;
        Ok(store)
    }
}
