//! What an end entity has is counted before it is removed, and listed.

use sea_orm_migration::prelude::*;

use crate::table::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "inventory_certificate";
const COLUMNS: [&str; 2] = ["end_entity", "realm"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index(TABLE, &COLUMNS)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("inventory_certificate_by_end_entity_realm")
            .table(Alias::new(TABLE))
            .to_owned();
        manager.drop_index(index).await
    }
}
