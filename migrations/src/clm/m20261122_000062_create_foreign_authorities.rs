//! CA certificates of others, kept so that the chain of an imported certificate can be shown. `name` is that of the CA as
//! inventory rows have it in `issuer`: made of a digest over its subject, which several certificates may share.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, name, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "foreign_authority")
                    .col(name("fingerprint", 64).primary_key())
                    .col(name("name", 64))
                    .col(bytes(manager.get_database_backend(), "der").not_null())
                    .col(time("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("foreign_authority", &["name"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["foreign_authority"]).await
    }
}
