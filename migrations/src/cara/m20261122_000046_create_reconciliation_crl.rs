//! The CRLs that a reconciliation waits for, one row for each numbering: a delta CRL, or that of one partition, tells of some
//! revocations only. And since when a certificate that was lost is believed to be wrong.

use sea_orm_migration::prelude::*;

use crate::{
    column::{name, number, optional_time},
    table::{add_columns, drop_tables, key, table},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "reconciliation_crl";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut wanted = table(manager, TABLE);
        wanted
            .col(name("authority", 64))
            // <ca>[.g<generation>][.p<partition>]
            .col(name("series", 96))
            // the highest that is known to be signed; 0: not known
            .col(number("wanted"))
            // the highest complete one that was applied; 0: none
            .col(number("complete"))
            // so far the revocations of the series were taken over
            .col(number("applied"))
            .primary_key(&mut key(&["authority", "series"]));
        manager.create_table(wanted).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "insert into reconciliation_crl (authority, series, wanted, complete, applied) \
                 select authority, authority, crl_number, 0, 0 from reconciliation where crl_number > 0",
            )
            .await?;
        add_columns(
            manager,
            "lost_certificate",
            vec![optional_time("invalidity_at")],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("lost_certificate")
            .drop_column("invalidity_at")
            .to_owned();
        manager.alter_table(column).await?;
        drop_tables(manager, &[TABLE]).await
    }
}
