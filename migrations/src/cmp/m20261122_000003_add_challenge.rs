//! What was asked for by a request whose key is proven by challenge and response, until the response comes: any replica may
//! get that.

use sea_orm_migration::prelude::*;

use crate::column::bytes;

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000003_add_challenge"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // JSON: the message, and SHA-256 of each number that is to come back; null but between challenge and response
        let column = bytes(manager.get_database_backend(), "challenge");
        let table = Table::alter()
            .table("cmp_transaction")
            .add_column(column)
            .to_owned();
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("cmp_transaction")
            .drop_column("challenge")
            .to_owned();
        manager.alter_table(table).await
    }
}
