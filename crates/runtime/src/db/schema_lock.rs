//! Of the processes that want to bring a schema up to date, one does at a time.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};

const BETWEEN: Duration = Duration::from_millis(100);
/// How often it is tried: another process may take ten minutes.
const TRIES: u32 = 6000;

/// Held by a connection of its own: it ends with the process at the latest.
pub(super) struct SchemaLock(Option<DatabaseConnection>);

impl SchemaLock {
    /// Waits for it. On SQLite there is none: its file has one process.
    pub(super) async fn take(connection: &DatabaseConnection, url: &str) -> Result<Self, DbErr> {
        let backend = connection.get_database_backend();
        let sql = match backend {
            // Advisory locks are each database's own. It is not waited for in a statement: an index that is made
            // concurrently waits for the end of all statements, so each would wait for the other.
            DbBackend::Postgres => {
                "SELECT CASE WHEN pg_try_advisory_lock(4993363) THEN 1 ELSE 0 END::BIGINT AS taken"
            }
            // names of locks are the server's
            DbBackend::MySql => {
                "SELECT CAST(GET_LOCK(CONCAT('ers ', LEFT(DATABASE(), 60)), 0) AS SIGNED) AS taken"
            }
            _ => return Ok(Self(None)),
        };
        let mut options = ConnectOptions::new(url.to_owned());
        options.max_connections(1).sqlx_logging(false);
        let own = Database::connect(options).await?;
        for _ in 0..TRIES {
            let asked = Statement::from_string(backend, sql);
            let taken: Option<i64> = match own.query_one_raw(asked).await? {
                Some(row) => row.try_get("", "taken")?,
                None => None,
            };
            if taken == Some(1) {
                return Ok(Self(Some(own)));
            }
            tokio::time::sleep(BETWEEN).await;
        }
        Err(DbErr::Custom(
            "another process has been bringing the schema up to date for too long".to_owned(),
        ))
    }

    /// Lets the next one.
    pub(super) async fn release(self) {
        if let Some(connection) = self.0
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "connection of the schema lock not closed");
        }
    }
}
