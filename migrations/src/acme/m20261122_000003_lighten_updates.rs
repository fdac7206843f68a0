//! A challenge changes its state once or twice in its life. The index for unfinished validations began with the state, so
//! that each change made new entries in every index of the table; it is over the end of the claim now, which only
//! validations that take long have. On PostgreSQL pages keep room for a row's next version, so that a change of state stays
//! in its page.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000003_lighten_updates"
    }
}

const TABLE: &str = "acme_challenge";
const BEFORE: &str = "acme_challenge_claim";
const NOW: &str = "acme_challenge_claimed_until";
const TABLES: [&str; 3] = ["acme_order", "acme_authorization", "acme_challenge"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        exchange(manager, BEFORE, NOW, &["claimed_until"]).await?;
        fill(manager, "set (fillfactor = 70)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        exchange(manager, NOW, BEFORE, &["state", "claimed_until"]).await?;
        fill(manager, "reset (fillfactor)").await
    }
}

async fn exchange(
    manager: &SchemaManager<'_>,
    old: &str,
    new: &str,
    columns: &[&str],
) -> Result<(), DbErr> {
    let table = Alias::new(TABLE);
    let mut index = Index::create().name(new).table(table.clone()).to_owned();
    for column in columns {
        index.col(Alias::new(*column));
    }
    manager.create_index(index).await?;
    let old = Index::drop().name(old).table(table).to_owned();
    manager.drop_index(old).await
}

async fn fill(manager: &SchemaManager<'_>, setting: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    for table in TABLES {
        let sql = format!("alter table {table} {setting}");
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}
