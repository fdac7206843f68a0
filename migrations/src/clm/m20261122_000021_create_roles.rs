//! Roles of the users' own, and who has which role where. Roles that come with the platform live in the program. An empty
//! realm means all realms, an empty policy all policies. The release before reads neither table.

use sea_orm_migration::prelude::*;

use crate::{
    column::{long_text, name, number, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "role")
                    .col(name("name", 64).primary_key())
                    .col(name("description", 1000))
                    .col(long_text(manager, "permissions"))
                    .col(number("version"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .col(name("updated_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "role_binding")
                    .col(name("id", 64).primary_key())
                    .col(name("role", 64))
                    .col(name("subject_kind", 16))
                    .col(name("subject", 255))
                    .col(name("realm", 64))
                    .col(name("policy", 64))
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("role_binding", &["subject"]))
            .await?;
        manager.create_index(index("role_binding", &["role"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["role_binding", "role"]).await
    }
}
