//! The trail of acts becomes a chain: each event has a number and the SHA-256 over itself and the one before;
//! `audit_head` has the last of both. What the release before writes has neither and stands outside of the chain.

use sea_orm_migration::prelude::*;

use crate::{
    column::{name, number, optional_name, optional_time},
    table::{add_columns, drop_columns, drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "audit_event";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mysql =
            manager.get_database_backend() == sea_orm_migration::sea_orm::DatabaseBackend::MySql;
        let long = |column: &'static str| {
            let mut definition = ColumnDef::new(Alias::new(column));
            if mysql {
                definition.custom(Alias::new("LONGTEXT"));
            } else {
                definition.text();
            }
            definition.take()
        };
        let columns = vec![
            name("realm", 64).default("").take(),
            long("state_before"),
            long("state_after"),
            optional_time("sequence"),
            optional_name("digest", 64),
        ];
        add_columns(manager, TABLE, columns).await?;
        manager.create_index(index(TABLE, &["sequence"])).await?;
        manager.create_index(index(TABLE, &["actor"])).await?;
        manager.create_index(index(TABLE, &["object"])).await?;
        manager
            .create_table(
                table(manager, "audit_head")
                    .col(name("chain", 16).primary_key())
                    .col(number("sequence"))
                    .col(name("digest", 64))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["audit_head"]).await?;
        for column in ["object", "actor", "sequence"] {
            manager
                .drop_index(
                    Index::drop()
                        .name(format!("{TABLE}_by_{column}"))
                        .table(TABLE)
                        .to_owned(),
                )
                .await?;
        }
        let columns = ["digest", "sequence", "state_after", "state_before", "realm"];
        drop_columns(manager, TABLE, &columns).await
    }
}
