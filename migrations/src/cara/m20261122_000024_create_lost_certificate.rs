//! Revoked certificates of which no more is left than their entry in a CRL: issued after the backup that CARA's tables were
//! restored from, and not in any journal either. They stay on CRLs and are told as revoked.

use sea_orm_migration::prelude::*;

use crate::{
    column::{name, number, text, time},
    table::{drop_tables, key, table},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut serial = text(manager.get_database_backend(), "serial", 40);
        let mut lost = table(manager, "lost_certificate");
        lost.col(name("issuer", 64))
            .col(serial.not_null())
            // of the CA that issued it
            .col(ColumnDef::new("generation").small_integer().not_null())
            .col(time("revoked_at"))
            // RFC 5280 section 5.3.1, the number
            .col(number("reason"))
            .primary_key(&mut key(&["issuer", "serial"]));
        manager.create_table(lost).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["lost_certificate"]).await
    }
}
