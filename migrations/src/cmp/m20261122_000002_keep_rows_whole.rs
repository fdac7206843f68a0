//! The answer to a message and the certificates of a transaction are some kilobytes that do not compress, of which
//! PostgreSQL tries to compress each and moves what is left to a table of its own, row by row. A row fits into its page.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000002_keep_rows_whole"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "set (toast_tuple_target = 8160)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "reset (toast_tuple_target)").await
    }
}

async fn alter(manager: &SchemaManager<'_>, setting: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let sql = format!("alter table cmp_transaction {setting}");
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}
