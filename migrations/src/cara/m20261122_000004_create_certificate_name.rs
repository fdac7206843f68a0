//! What certificates are searched by: a narrow table beside `certificate`, filled from the events behind the issuing.
//! A replica of the release before, which knows nothing of it, issues all the same: its events are read later.

use sea_orm_migration::prelude::*;

use crate::{
    column::{name, number, text, time},
    table::{drop_tables, key, table},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 5] = [
    "reconciliation",
    "crl_number",
    "certificate_count",
    "name_position",
    "certificate_name",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(certificate_name(manager)).await?;
        create_name_position(manager).await?;
        let mut count = table(manager, "certificate_count");
        count
            .col(name("issuer", 64).primary_key())
            // how many issued certificates the events up to `name_position` tell of
            .col(number("issued"));
        manager.create_table(count).await?;
        let mut crl_number = table(manager, "crl_number");
        crl_number
            // of one series of CRLs; what its signing requests begin with
            .col(name("series", 128).primary_key())
            // the highest that was ever asked to be signed, kept before it is
            .col(number("number"));
        manager.create_table(crl_number).await?;
        let mut reconciliation = table(manager, "reconciliation");
        reconciliation
            // a CA whose rows are known to be older than what it has signed
            .col(name("authority", 64).primary_key())
            .col(time("found_at"))
            // the highest CRL number known to be signed; 0: not known
            .col(number("crl_number"))
            .col(name("reason", 512));
        manager.create_table(reconciliation).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &TABLES).await
    }
}

fn certificate_name(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut value = text(manager.get_database_backend(), "value", 200);
    if manager.get_database_backend() == sea_orm_migration::sea_orm::DatabaseBackend::Postgres {
        // by bytes: names that begin alike must stand together
        value.custom("varchar(200) collate \"C\"");
    }
    table(manager, "certificate_name")
        .col(ColumnDef::new("kind").small_integer().not_null())
        .col(value.not_null())
        // minus the number of the event that tells of the certificate: ascending is newest first, also where an index
        // cannot descend
        .col(number("place"))
        .primary_key(&mut key(&["kind", "value", "place"]))
        .take()
}

/// One row: the last event whose certificate is in `certificate_name`.
async fn create_name_position(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut position = table(manager, "name_position");
    position
        .col(ColumnDef::new("id").integer().not_null().primary_key())
        .col(number("sequence"));
    manager.create_table(position).await?;
    let first = Query::insert()
        .into_table("name_position")
        .columns(["id", "sequence"])
        .values_panic([1.into(), 0_i64.into()])
        .to_owned();
    manager.execute(first).await
}
