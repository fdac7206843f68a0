//! Orders name their authorizations, so that a proven one can serve several (and some are made before any order), the
//! certificate that they replace (RFC 9773) and by which name it is known there; authorizations say how, when and for
//! which account key they were proven, and when CAA was last looked at.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::column::{optional_time, text};

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000002_extend_acme"
    }
}

const INDEX: &str = "acme_order_certificate_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in added(manager.get_database_backend()) {
            let alter = Table::alter()
                .table(Alias::new(table))
                .add_column(column)
                .to_owned();
            manager.alter_table(alter).await?;
        }
        let index = Index::create()
            .name(INDEX)
            .table(Alias::new("acme_order"))
            .col(Alias::new("certificate_id"))
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name(INDEX)
            .table(Alias::new("acme_order"))
            .to_owned();
        manager.drop_index(index).await?;
        for (table, column) in added(manager.get_database_backend()) {
            let alter = Table::alter()
                .table(Alias::new(table))
                .drop_column(Alias::new(column.get_column_name()))
                .to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

fn added(backend: DatabaseBackend) -> [(&'static str, ColumnDef); 9] {
    let optional = |name, length| text(backend, name, length).null().take();
    let ids = ColumnDef::new(Alias::new("authorizations"))
        .text()
        .null()
        .take();
    [
        // JSON array of ids, in the order of the identifiers; null: those that name the order. Never changes
        ("acme_order", ids),
        // what the client chose of the directory's profiles. Never changes
        ("acme_order", optional("profile", 64)),
        // RFC 9773 section 4.1: the certificate that this one shall follow. Never changes
        ("acme_order", optional("replaces", 128)),
        // the same of the certificate that the order got
        ("acme_order", optional("certificate_id", 128)),
        // the newest order that replaces its certificate
        ("acme_order", optional("replaced_by", 64)),
        // kind of the challenge
        ("acme_authorization", optional("proven_by", 16)),
        ("acme_authorization", optional_time("proven_at")),
        // thumbprint of the account key at that time
        ("acme_authorization", optional("proven_for", 64)),
        ("acme_authorization", optional_time("caa_checked_at")),
    ]
}
