//! Everything that CLM keeps, one file per group of tables. Returns domain types, never rows.

mod access_token;
mod account;
mod active_claim;
mod attempt;
mod audit_event;
mod bulk_act;
mod certificate;
mod certificate_condition;
mod certificate_key;
mod certificate_page;
mod certificate_search;
mod challenge;
mod client;
mod delivery;
mod end_entity;
mod ending;
mod entity;
mod external_account_key;
mod feed;
mod foreign;
mod key_recovery;
mod note;
mod plan_text;
mod policy;
mod reach;
mod realm;
mod renewal_advice;
mod reply;
mod request;
mod request_row;
mod role;
mod role_binding;
mod server_key;
mod statistics;
mod subscription;

use ers_runtime::{
    db::{Lookups, MayBeDatabase, WriteError, Writes, is_duplicate},
    error::{Fault, Kind},
};
use sea_orm::{DatabaseConnection, DbErr};

pub use audit_event::AuditEvent;
pub use bulk_act::BulkStep;
pub use certificate::Found;
pub use certificate_key::cursor_of;
pub use certificate_search::MOST_COUNTED;
pub use delivery::{Delivery, DeliveryBacklog, DeliveryFilter, DeliveryState, NewDelivery};
pub use feed::ApplyError;
pub use key_recovery::Decided;
pub use policy::NewPolicyVersion;
pub use role_binding::Unbound;
pub use subscription::ends_mark;

/// The database of CLM. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    connection: DatabaseConnection,
    // what every request looks for
    end_entities: Lookups<entity::end_entity::Entity, 2>,
    attempts: Lookups<entity::attempt::Entity, 1>,
    challenges: Lookups<entity::challenge::Entity, 1>,
    certificates: Lookups<entity::certificate::Entity, 1>,
    writes: Writes,
}

/// The database did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It failed, or is out of reach.
    #[error("{act}")]
    Database {
        /// What was attempted.
        act: &'static str,
        /// What it said.
        #[source]
        source: DbErr,
    },
    /// A row says what no code of ours writes.
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

/// What became of inserting a row that may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is new.
    Yes,
    /// It was there.
    AlreadyThere,
}

/// What became of changing a row that may be gone, or another version by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is changed.
    Yes,
    /// There is none.
    Unknown,
    /// Somebody else was faster.
    Overtaken,
}

impl Inserted {
    /// Tells an equal row from a failure. Not "on conflict do nothing": MariaDB's count of rows cannot tell the two
    /// outcomes apart.
    fn of(outcome: Result<u64, DbErr>) -> Result<Self, DbErr> {
        match outcome {
            Ok(_) => Ok(Self::Yes),
            Err(error) if is_duplicate(&error) => Ok(Self::AlreadyThere),
            Err(error) => Err(error),
        }
    }
}

impl Store {
    /// Over a connection whose schema is up to date.
    pub fn start(connection: DatabaseConnection) -> Self {
        use entity::{attempt, certificate, challenge, end_entity};
        let db = || connection.clone();
        Self {
            end_entities: Lookups::start(
                db(),
                [end_entity::Column::Realm, end_entity::Column::Name],
            ),
            attempts: Lookups::start(db(), [attempt::Column::Id]),
            challenges: Lookups::start(db(), [challenge::Column::Digest]),
            certificates: Lookups::start(db(), [certificate::Column::Fingerprint]),
            writes: Writes::start_apart("clm writer", db()),
            connection,
        }
    }

    /// Whether the database answers.
    #[tracing::instrument(name = "db.ping", skip_all)]
    pub async fn ping(&self) -> Result<(), StoreError> {
        let ping = self.connection.ping().await;
        ping.map_err(StoreError::at("ask whether the database answers"))
    }
}

/// Names as they stand in a column.
fn names_text(names: &[String]) -> String {
    serde_json::json!(names).to_string()
}

fn read_names(column: &str) -> Option<Vec<String>> {
    serde_json::from_str(column).ok()
}

impl StoreError {
    /// For `map_err`: what was attempted when the database failed.
    fn at(act: &'static str) -> impl Fn(DbErr) -> Self {
        move |source| Self::Database { act, source }
    }

    /// For `map_err`: what was to be written when that failed.
    fn write(act: &'static str) -> impl Fn(WriteError) -> Self {
        move |error| Self::Database {
            act,
            source: match error {
                WriteError::Database(source) => source,
                WriteError::Stopped => DbErr::Custom(error.to_string()),
            },
        }
    }

    /// Of a row that says what no code of ours writes.
    pub(crate) fn inconsistent(
        table: &'static str,
        id: impl Into<String>,
        column: &'static str,
    ) -> Self {
        Self::Inconsistent {
            table,
            id: id.into(),
            column,
        }
    }
}

impl MayBeDatabase for StoreError {
    fn database(&self) -> Option<&DbErr> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Inconsistent { .. } => None,
        }
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Database {
                source: DbErr::Conn(_) | DbErr::ConnectionAcquire(_),
                ..
            } => Kind::Unavailable,
            Self::Database { .. } | Self::Inconsistent { .. } => Kind::Internal,
        }
    }
}
