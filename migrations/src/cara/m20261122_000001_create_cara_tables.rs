//! The first tables of CARA. A row of `certificate` is never deleted; of its columns only those of the revocation change.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, text},
    table::drop_tables,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 8] = [
    "lease",
    "journal_position",
    "event",
    "event_counter",
    "crl",
    "ocsp_signer",
    "certificate",
    "authority",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_authority(manager).await?;
        create_certificate(manager).await?;
        create_ocsp_signer(manager).await?;
        create_crl(manager).await?;
        create_event(manager).await?;
        create_journal_position(manager).await?;
        create_lease(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &TABLES).await
    }
}

async fn create_authority(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("authority")
        .col(text(backend, "name", 64).not_null().primary_key())
        .col(text(backend, "subject", 1024).not_null())
        // null for a root
        .col(text(backend, "issuer", 64).null())
        .col(bytes(backend, "certificate").not_null())
        .col(text(backend, "key_id", 64).not_null())
        .col(text(backend, "signature_algorithm", 32).not_null())
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn create_certificate(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("certificate")
        .col(text(backend, "issuer", 64).not_null())
        // lower-case hex without leading zeros
        .col(text(backend, "serial", 40).not_null())
        .col(text(backend, "request_id", 160).not_null())
        // SHA-256 of what was asked for, to tell a repetition from another request under the same id
        .col(text(backend, "request_digest", 64).not_null())
        .col(text(backend, "profile", 64).not_null())
        .col(bytes(backend, "der").not_null())
        .col(text(backend, "fingerprint", 64).not_null())
        .col(text(backend, "origin", 2048).not_null())
        .col(ColumnDef::new("issued_at").big_integer().not_null())
        .col(ColumnDef::new("not_before").big_integer().not_null())
        .col(ColumnDef::new("not_after").big_integer().not_null())
        .col(ColumnDef::new("adopted").boolean().not_null())
        .col(ColumnDef::new("revoked_at").big_integer().null())
        // RFC 5280 section 5.3.1, the number
        .col(ColumnDef::new("revocation_reason").small_integer().null())
        .col(text(backend, "revocation_requester", 256).null())
        .primary_key(Index::create().col("issuer").col("serial"))
        .to_owned();
    manager.create_table(table).await?;
    for (name, columns, unique) in [
        ("certificate_request_id", &["request_id"][..], true),
        ("certificate_fingerprint", &["fingerprint"][..], true),
        ("certificate_issued_at", &["issued_at", "serial"][..], false),
        (
            "certificate_revoked_at",
            &["issuer", "revoked_at"][..],
            false,
        ),
    ] {
        let mut index = Index::create().name(name).table("certificate").to_owned();
        for column in columns {
            index.col(*column);
        }
        if unique {
            index.unique();
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn create_ocsp_signer(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("ocsp_signer")
        .col(text(backend, "authority", 64).not_null().primary_key())
        // counts renewals
        .col(ColumnDef::new("generation").integer().not_null())
        .col(text(backend, "key_id", 64).not_null())
        .col(bytes(backend, "certificate").not_null())
        .col(ColumnDef::new("not_after").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn create_crl(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("crl")
        .col(text(backend, "authority", 64).not_null())
        .col(ColumnDef::new("number").big_integer().not_null())
        .col(bytes(backend, "der").not_null())
        .col(ColumnDef::new("this_update").big_integer().not_null())
        .col(ColumnDef::new("next_update").big_integer().not_null())
        .primary_key(Index::create().col("authority").col("number"))
        .to_owned();
    manager.create_table(table).await
}

async fn create_event(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let event = Table::create()
        .table("event")
        .col(
            ColumnDef::new("sequence")
                .big_integer()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("at").big_integer().not_null())
        .col(ColumnDef::new("kind").small_integer().not_null())
        .col(text(backend, "issuer", 64).not_null())
        // of the certificate; empty for other kinds
        .col(text(backend, "serial", 40).not_null())
        // of the CRL; zero for other kinds
        .col(ColumnDef::new("number").big_integer().not_null())
        .to_owned();
    manager.create_table(event).await?;
    // One row, locked by each writer until it commits: so events become visible in the order of their numbers.
    let counter = Table::create()
        .table("event_counter")
        .col(ColumnDef::new("id").integer().not_null().primary_key())
        .col(ColumnDef::new("sequence").big_integer().not_null())
        .to_owned();
    manager.create_table(counter).await?;
    let first = Query::insert()
        .into_table("event_counter")
        .columns(["id", "sequence"])
        .values_panic([1.into(), 0_i64.into()])
        .to_owned();
    manager.execute(first).await
}

async fn create_journal_position(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("journal_position")
        .col(text(backend, "chain", 128).not_null().primary_key())
        // the last entry of the signer's journal whose certificate is known to be stored
        .col(ColumnDef::new("sequence").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn create_lease(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("lease")
        .col(text(backend, "name", 64).not_null().primary_key())
        .col(text(backend, "holder", 64).not_null())
        .col(ColumnDef::new("expires_at").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}
