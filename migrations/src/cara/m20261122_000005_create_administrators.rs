//! Who administers CARA over REST, by which client certificates, and what they did.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, counted_id, long_text, name, optional_name, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "cara_administrator")
                    .col(name("name", 64).primary_key())
                    // separated by spaces
                    .col(name("roles", 255))
                    // separated by spaces; empty: all
                    .col(long_text(manager, "authorities"))
                    .col(ColumnDef::new(Alias::new("disabled")).boolean().not_null())
                    .col(time("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "cara_administrator_certificate")
                    // SHA-256 of the DER, hex
                    .col(name("fingerprint", 64).primary_key())
                    .col(name("administrator", 64))
                    .col(bytes(manager.get_database_backend(), "certificate").not_null())
                    .col(time("added_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("cara_administrator_certificate", &["administrator"]))
            .await?;
        manager
            .create_table(
                table(manager, "cara_act")
                    .col(counted_id())
                    .col(time("at"))
                    .col(name("administrator", 128))
                    .col(optional_name("address", 64))
                    .col(name("act", 64))
                    .col(name("object", 255))
                    // 0 begun, 1 done, 2 refused
                    .col(
                        ColumnDef::new(Alias::new("outcome"))
                            .small_integer()
                            .not_null(),
                    )
                    .col(long_text(manager, "detail"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("cara_act", &["administrator"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "cara_act",
                "cara_administrator_certificate",
                "cara_administrator",
            ],
        )
        .await
    }
}
