//! Requests that wait for a person, or failed. What is allowed at once leaves no row here: CARA keeps it.
//! `content_digest`, `plan`, `public_key` and `created_at` never change.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, long_text, name, optional_name, optional_time, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "certificate_request")
                    .col(name("id", 128).primary_key())
                    .col(name("state", 16))
                    .col(name("content_digest", 64))
                    .col(name("realm", 64))
                    .col(name("policy", 64))
                    .col(name("requester", 255))
                    .col(name("protocol", 16))
                    .col(long_text(manager, "subject"))
                    .col(long_text(manager, "subject_alternative_names"))
                    .col(long_text(manager, "plan"))
                    .col(bytes(manager.get_database_backend(), "public_key").not_null())
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .col(optional_time("decided_at"))
                    .col(optional_name("decided_by", 255))
                    .col(optional_name("refusal_reason", 32))
                    .col(long_text(manager, "detail"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("certificate_request", &["state", "created_at", "id"]))
            .await?;
        manager
            .create_index(index("certificate_request", &["created_at", "id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["certificate_request"]).await
    }
}
