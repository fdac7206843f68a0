//! What end entities are known by, attempts to be taken for one, and challenges. `end_entity.sealed_secret` is sealed by
//! the signer with the context "clm/shared-secret"; `attempt.id` and `challenge.digest` are digests: neither a password
//! nor a challenge can be read here. Rows that an earlier release writes have neither password nor secret.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, long_text, name, number, optional_name, optional_time, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const END_ENTITY: &str = "end_entity";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            optional_name("password_hash", 255),
            bytes(manager.get_database_backend(), "sealed_secret"),
            name("contact", 255).default("").take(),
            ColumnDef::new(Alias::new("registration_authority"))
                .boolean()
                .not_null()
                .default(false)
                .take(),
        ];
        // One by one: SQLite adds one column at a time.
        for column in columns {
            manager
                .alter_table(
                    Table::alter()
                        .table(Alias::new(END_ENTITY))
                        .add_column(column)
                        .take(),
                )
                .await?;
        }
        manager
            .create_table(
                table(manager, "attempt")
                    .col(name("id", 64).primary_key())
                    .col(number("failures"))
                    .col(optional_time("locked_until"))
                    .col(time("updated_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("attempt", &["updated_at"]))
            .await?;
        manager
            .create_table(
                table(manager, "challenge")
                    .col(name("digest", 64).primary_key())
                    .col(name("policy", 64))
                    .col(name("end_entity", 255))
                    .col(name("common_name", 255))
                    .col(long_text(manager, "subject_alternative_names"))
                    .col(time("expires_at"))
                    .col(optional_name("used_for", 64))
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("challenge", &["expires_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["challenge", "attempt"]).await?;
        for column in [
            "registration_authority",
            "contact",
            "sealed_secret",
            "password_hash",
        ] {
            manager
                .alter_table(
                    Table::alter()
                        .table(Alias::new(END_ENTITY))
                        .drop_column(Alias::new(column))
                        .take(),
                )
                .await?;
        }
        Ok(())
    }
}
