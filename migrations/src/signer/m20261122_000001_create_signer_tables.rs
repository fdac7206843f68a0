//! The first tables. A row of `journal_entry` never changes and is never deleted; the other rows are small and few.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, short_bytes, text},
    table::drop_tables,
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
        create_signer_secret(manager).await?;
        create_signer_key(manager).await?;
        create_journal_entry(manager).await?;
        create_journal_checkpoint(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "journal_checkpoint",
                "journal_entry",
                "signer_key",
                "signer_secret",
            ],
        )
        .await
    }
}

/// The data key under the master password, and what is sealed by the data key for the signer itself.
async fn create_signer_secret(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("signer_secret")
        .col(text(backend, "name", 64).not_null().primary_key())
        .col(text(backend, "derivation", 256).not_null())
        .col(bytes(backend, "sealed").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn create_signer_key(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("signer_key")
        .col(text(backend, "id", 36).not_null().primary_key())
        .col(text(backend, "label", 128).not_null().unique_key())
        .col(text(backend, "key_algorithm", 32).not_null())
        .col(text(backend, "purposes", 256).not_null())
        .col(text(backend, "token", 128).not_null())
        .col(bytes(backend, "issuer_name").null())
        .col(ColumnDef::new("max_path_length").big_integer().null())
        .col(ColumnDef::new("longest_validity_s").big_integer().null())
        .col(
            ColumnDef::new("may_sign_ca_certificates")
                .boolean()
                .not_null(),
        )
        .col(bytes(backend, "public_key").not_null())
        // sealed PKCS #8 of a software key; CKA_ID of a key on a token
        .col(bytes(backend, "material").not_null())
        .col(text(backend, "creator", 128).not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn create_journal_entry(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("journal_entry")
        .col(text(backend, "chain", 128).not_null())
        .col(ColumnDef::new("sequence").big_integer().not_null())
        .col(ColumnDef::new("at").big_integer().not_null())
        .col(text(backend, "caller", 128).not_null())
        .col(text(backend, "request_id", 128).not_null())
        .col(text(backend, "key_id", 36).not_null())
        .col(ColumnDef::new("purpose").small_integer().not_null())
        .col(text(backend, "signature_algorithm", 32).not_null())
        .col(bytes(backend, "to_be_signed").null())
        .col(short_bytes(backend, "digest", 32).not_null())
        .col(bytes(backend, "context").not_null())
        .col(short_bytes(backend, "entry_hash", 32).not_null())
        .primary_key(Index::create().col("chain").col("sequence"))
        .to_owned();
    manager.create_table(table).await
}

async fn create_journal_checkpoint(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("journal_checkpoint")
        .col(text(backend, "chain", 128).not_null())
        .col(ColumnDef::new("sequence").big_integer().not_null())
        .col(short_bytes(backend, "entry_hash", 32).not_null())
        .col(ColumnDef::new("at").big_integer().not_null())
        .col(short_bytes(backend, "signature", 256).not_null())
        .primary_key(Index::create().col("chain").col("sequence"))
        .to_owned();
    manager.create_table(table).await
}
