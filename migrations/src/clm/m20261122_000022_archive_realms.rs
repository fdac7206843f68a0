//! Realms get a title that may change, and can be archived. Rows of the release before have no title.

use sea_orm_migration::prelude::*;

use crate::{
    column::{name, optional_time},
    table::{add_columns, drop_columns},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "realm";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            name("title", 255).default("").take(),
            optional_time("archived_at"),
        ];
        add_columns(manager, TABLE, columns).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, TABLE, &["archived_at", "title"]).await
    }
}
