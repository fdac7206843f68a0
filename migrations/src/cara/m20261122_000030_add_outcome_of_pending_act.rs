//! What became of an act that a second administrator has approved.

use sea_orm_migration::prelude::*;

use crate::column::text;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "pending_act";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // 0 begun, or nothing yet; 1 done; 2 refused
        let outcome = ColumnDef::new("outcome")
            .small_integer()
            .not_null()
            .default(0)
            .take();
        // why it was refused, or why the act was
        let detail = text(manager.get_database_backend(), "detail", 2000)
            .null()
            .take();
        for column in [outcome, detail] {
            let alter = Table::alter().table(TABLE).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["detail", "outcome"] {
            let alter = Table::alter()
                .table(TABLE)
                .drop_column(Alias::new(column))
                .to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
