//! What automation shows to be let in. `digest` is the SHA-256 of a token: none can be read here. An empty realm means all.

use sea_orm_migration::prelude::*;

use crate::{
    column::{long_text, name, optional_time, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "access_token")
                    .col(name("id", 64).primary_key())
                    .col(name("client", 64))
                    .col(name("description", 1000))
                    .col(name("digest", 64).unique_key())
                    .col(long_text(manager, "permissions"))
                    .col(name("realm", 64))
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .col(time("expires_at"))
                    .col(optional_time("last_used_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("access_token", &["client"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["access_token"]).await
    }
}
