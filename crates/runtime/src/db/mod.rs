//! Database connections and named write transactions: SQLite, PostgreSQL and MariaDB alike.

mod arrays;
mod insert;
mod lookups;
mod schema;
mod schema_lock;
mod store_error;
mod writes;

use std::{future::Future, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::MigratorTrait;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use thiserror::Error;

pub use insert::{ArrayInsert, insert_all, insert_new, insert_new_returning};
pub use lookups::Lookups;
pub use store_error::StoreError;
pub use writes::{Write, WriteError, Writes};

use self::schema_lock::SchemaLock;
use crate::config::{ConfigError, Secret};

const ATTEMPTS: u32 = 8;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that was used a moment ago is taken to live: to ask it before each use would be a round trip for each
/// statement. One that died meanwhile makes one statement fail, like one that dies during it.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// Which database, and how many connections.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:/path/file.db`, `postgres://user:password@host/name` or `mysql://…`; a secret: also `env:NAME`, `file:/path`.
    pub url: Secret,
    /// Most connections at a time. SQLite is given one always: it has one writer at a time anyway, and a second connection
    /// makes the first one's page cache void each time that it writes.
    #[serde(default = "max_connections")]
    pub max_connections: u32,
}

fn max_connections() -> u32 {
    16
}

/// Why the database cannot be used.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The URL is not there.
    #[error("read database url")]
    Url(#[source] ConfigError),
    /// No connection.
    #[error("connect to database {url}: {problem}")]
    Connect {
        /// Without user and password.
        url: String,
        /// Why, in words that do not hold them either.
        problem: String,
    },
    /// The schema cannot be brought up to date.
    #[error("bring the schema up to date")]
    Migrate(#[source] DbErr),
}

/// Connects, and brings the schema up to date.
///
/// Whoever holds a transaction must make every statement in it: over SQLite there is one connection only, and a second
/// statement beside the transaction would wait for it in vain.
///
/// # Errors
/// [`DatabaseError`]; the URL is told without its password.
pub async fn connect<M: MigratorTrait>(
    config: &DatabaseConfig,
) -> Result<DatabaseConnection, DatabaseError> {
    let url = config.url.resolve().map_err(DatabaseError::Url)?;
    let is_sqlite = url.expose_secret().starts_with("sqlite:");
    let mut options = ConnectOptions::new(url.expose_secret().to_owned());
    options
        .max_connections(if is_sqlite { 1 } else { config.max_connections })
        .test_before_acquire_if_idle_for(ASKED_AFTER)
        .sqlx_logging(false)
        .connect_timeout(Duration::from_secs(10))
        .acquire_timeout(Duration::from_secs(10))
        .map_sqlx_sqlite_opts(|options| {
            use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            options
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: a commit that was answered survives a power cut.
                .synchronous(SqliteSynchronous::Full)
        });
    let connection = Database::connect(options)
        .await
        .map_err(|error| refused(url.expose_secret(), &error))?;
    migrate::<M>(&connection, url.expose_secret())
        .await
        .map_err(DatabaseError::Migrate)?;
    Ok(connection)
}

/// One process at a time: of several that start at once, the others wait and find it done.
async fn migrate<M: MigratorTrait>(
    connection: &DatabaseConnection,
    url: &str,
) -> Result<(), DbErr> {
    let lock = SchemaLock::take(connection, url).await?;
    let outcome = schema::bring_up_to_date::<M>(connection).await;
    lock.release().await;
    outcome
}

/// The driver quotes the URL in some of its messages.
fn refused(url: &str, error: &DbErr) -> DatabaseError {
    let shown = without_password(url);
    DatabaseError::Connect {
        problem: error.to_string().replace(url, &shown),
        url: shown,
    }
}

/// A database URL as it may be shown, also when it is malformed.
fn without_password(url: &str) -> String {
    let Some((secret, place)) = url.rsplit_once('@') else {
        return url.to_owned();
    };
    let scheme = secret.split_once("://").map_or("", |(scheme, _)| scheme);
    format!("{scheme}://…@{place}")
}

/// Begins a write transaction. On SQLite it takes the write lock at once: a transaction that began by reading could not
/// be continued when another one wrote in between.
///
/// # Errors
/// The database's.
pub async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
}

/// An error that may come from the database.
pub trait MayBeDatabase {
    /// The database's part of it.
    fn database(&self) -> Option<&DbErr>;
}

impl MayBeDatabase for DbErr {
    fn database(&self) -> Option<&DbErr> {
        Some(self)
    }
}

/// Runs a named piece of work, and again (a few times, a little later each) when the database says that another
/// transaction was in the way. The work begins its own transaction, is short, and calls nothing outside the database.
///
/// # Errors
/// The work's last.
pub async fn retry<T, E, F, Fut>(name: &'static str, mut work: F) -> Result<T, E>
where
    E: MayBeDatabase,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut attempt = 1;
    loop {
        match work().await {
            Err(error) if attempt < ATTEMPTS && error.database().is_some_and(is_conflict) => {
                tracing::debug!(transaction = name, attempt, "retried");
                tokio::time::sleep(Duration::from_millis(5 << attempt)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Whether a transaction failed only because another one was in the way (busy, deadlock, serialisation failure).
#[must_use]
pub fn is_conflict(error: &DbErr) -> bool {
    sql_state(error).is_some_and(|code| {
        matches!(
            code.as_str(),
            "40001" | "40P01" | "1213" | "1205" | "5" | "6" | "261" | "517" | "773"
        )
    })
}

/// Whether a row was refused because an equal one is there.
#[must_use]
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_))
    )
}

/// The database's own code: SQLSTATE (PostgreSQL, MariaDB) or the extended result code (SQLite).
fn sql_state(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(error) | DbErr::Query(error) | DbErr::Conn(error)) = error else {
        return None;
    };
    let sea_orm::RuntimeErr::SqlxError(error) = error else {
        return None;
    };
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoMigrations;

    impl MigratorTrait for NoMigrations {
        fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
            Vec::new()
        }
    }

    #[tokio::test]
    async fn a_database_url_that_cannot_be_used_is_told_without_its_password() {
        for url in [
            "postgresl://ers:hunter2@db/ers",
            "postgres:/ers:hunter2@db/ers",
        ] {
            let config = DatabaseConfig {
                url: Secret::literal(url),
                max_connections: 1,
            };
            let error = connect::<NoMigrations>(&config).await.unwrap_err();
            let told = crate::error::chain(&error);
            assert!(!told.contains("hunter2"), "{told}");
            assert!(told.contains("@db"), "{told}");
        }
    }
}
