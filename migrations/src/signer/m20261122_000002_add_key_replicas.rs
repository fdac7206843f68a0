//! A key on several tokens, keys that were begun and not finished, and keys that sign nothing until somebody looked.
//! Code of before this reads and writes `signer_key` as it did: the new columns may be absent.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, text},
    table::{drop_tables, table},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait's own signature, which async_trait needs letter by letter"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        // one at a time: SQLite adds no two columns in one statement
        let quarantined_at = ColumnDef::new("quarantined_at").big_integer().null().take();
        add(manager, quarantined_at).await?;
        let reason = text(backend, "quarantine_reason", 256).null().take();
        add(manager, reason).await?;
        create_key_replica(manager).await?;
        create_key_in_making(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["key_in_making", "key_replica"]).await?;
        for column in ["quarantine_reason", "quarantined_at"] {
            let drop = Table::alter()
                .table("signer_key")
                .drop_column(Alias::new(column))
                .take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, column: ColumnDef) -> Result<(), DbErr> {
    let alter = Table::alter().table("signer_key").add_column(column).take();
    manager.alter_table(alter).await
}

/// Where else a key lives; its first token stands in `signer_key`.
async fn create_key_replica(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let statement = table(manager, "key_replica")
        .col(text(backend, "key_id", 36).not_null())
        .col(text(backend, "token", 128).not_null())
        // CKA_ID of the copy
        .col(bytes(backend, "material").not_null())
        .col(text(backend, "attached_by", 128).not_null())
        .col(ColumnDef::new("attached_at").big_integer().not_null())
        .primary_key(Index::create().col("key_id").col("token"))
        .take();
    manager.create_table(statement).await
}

/// Written before a token is asked for a key pair, gone when the pair has its row in `signer_key`.
async fn create_key_in_making(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let statement = table(manager, "key_in_making")
        .col(text(backend, "key_id", 36).not_null().primary_key())
        .col(text(backend, "token", 128).not_null())
        // CKA_ID that the pair will have
        .col(bytes(backend, "material").not_null())
        // the journal chain of the process that makes it
        .col(text(backend, "chain", 128).not_null())
        // ers.signer.v1.Key without its public half
        .col(bytes(backend, "described").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .take();
    manager.create_table(statement).await
}
