//! Revocations get a narrow table of their own: a CRL of a million entries is read from it in its order, without touching
//! the rows of the certificates. CRLs of any size are stored in pieces, since MariaDB takes 16 MiB at a time. Compromised
//! keys are remembered. A lease says how often it changed hands, so that who lost it can be told from who has it.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::{
    column::{bytes, text},
    table::drop_tables,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 3] = ["crl_piece", "blocked_key", "revocation"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in added(manager.get_database_backend()) {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        create_revocation(manager).await?;
        create_blocked_key(manager).await?;
        create_crl_piece(manager).await?;
        // The number of the newest event: the next CRL tells them all.
        manager
            .get_connection()
            .execute_unprepared(
                "insert into revocation (issuer, serial, generation, crl_partition, not_after, revoked_at, reason, changed) \
                 select issuer, serial, generation, crl_partition, not_after, revoked_at, revocation_reason, \
                 (select sequence from event_counter where id = 1) from certificate \
                 where revoked_at is not null and revocation_reason is not null",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The code before cannot read a CRL that is in pieces; it makes its own next one.
        let in_pieces = Query::delete()
            .from_table("crl")
            .cond_where(Expr::col("publication").is_not_null())
            .to_owned();
        manager.execute(in_pieces).await?;
        drop_tables(manager, &TABLES).await?;
        for (table, column) in added(manager.get_database_backend()) {
            let alter = Table::alter()
                .table(table)
                .drop_column(Alias::new(column.get_column_name()))
                .to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

fn added(backend: DatabaseBackend) -> [(&'static str, ColumnDef); 6] {
    let number = |name: &'static str| {
        ColumnDef::new(name)
            .big_integer()
            .not_null()
            .default(0)
            .take()
    };
    let optional = |name: &'static str| ColumnDef::new(name).big_integer().null().take();
    [
        // since when the key or what the certificate says is believed to be wrong
        ("certificate", optional("invalidity_at")),
        // of a delta CRL: the complete one that it goes on from
        ("crl", optional("base_number")),
        // it tells all revocations up to this event
        ("crl", number("event_sequence")),
        ("crl", number("entries")),
        // its octets are in crl_piece; null: in der
        ("crl", text(backend, "publication", 64).null().take()),
        // counts who held it
        ("lease", number("token")),
    ]
}

/// One row for each certificate that is revoked, or was on hold and is not any more.
async fn create_revocation(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("revocation")
        .col(text(backend, "issuer", 64).not_null())
        .col(text(backend, "serial", 40).not_null())
        .col(ColumnDef::new("generation").small_integer().not_null())
        .col(ColumnDef::new("crl_partition").integer().not_null())
        .col(ColumnDef::new("not_after").big_integer().not_null())
        .col(ColumnDef::new("revoked_at").big_integer().not_null())
        // RFC 5280 section 5.3.1, the number; 8, removeFromCRL: released
        .col(ColumnDef::new("reason").small_integer().not_null())
        .col(ColumnDef::new("invalidity_at").big_integer().null())
        // number of the event that told the last change
        .col(ColumnDef::new("changed").big_integer().not_null())
        .primary_key(Index::create().col("issuer").col("serial"))
        .to_owned();
    manager.create_table(table).await?;
    for (name, columns) in [
        (
            "revocation_partition",
            &["issuer", "generation", "crl_partition", "serial"][..],
        ),
        (
            "revocation_changed",
            &["issuer", "generation", "changed"][..],
        ),
    ] {
        let mut index = Index::create().name(name).table("revocation").to_owned();
        for column in columns {
            index.col(*column);
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn create_blocked_key(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("blocked_key")
        // SHA-256 of the SubjectPublicKeyInfo, hex
        .col(text(backend, "key_hash", 64).not_null().primary_key())
        .col(ColumnDef::new("blocked_at").big_integer().not_null())
        .col(text(backend, "requester", 256).not_null())
        // "issuer/serial" of the certificate whose revocation blocked it; empty: blocked by itself
        .col(text(backend, "certificate", 128).not_null())
        .to_owned();
    manager.create_table(table).await?;
    let index = Index::create()
        .name("blocked_key_blocked_at")
        .table("blocked_key")
        .col("blocked_at")
        .to_owned();
    manager.create_index(index).await
}

async fn create_crl_piece(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("crl_piece")
        .col(text(backend, "publication", 64).not_null())
        .col(ColumnDef::new("ordinal").integer().not_null())
        .col(bytes(backend, "octets").not_null())
        // pieces that nobody came to publish are deleted by their age
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .primary_key(Index::create().col("publication").col("ordinal"))
        .to_owned();
    manager.create_table(table).await
}
