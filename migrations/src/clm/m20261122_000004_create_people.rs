//! Local administrators, external account keys (RFC 8555 §7.3.4, sealed by the signer) and the trail of their acts.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, counted_id, long_text, name, number, optional_name, optional_time, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "administrator")
                    .col(name("username", 64).primary_key())
                    .col(name("password_hash", 255))
                    .col(number("failures"))
                    .col(optional_time("locked_until"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "external_account_key")
                    .col(name("key_id", 64).primary_key())
                    .col(bytes(manager.get_database_backend(), "sealed_key").not_null())
                    .col(name("policy", 64))
                    .col(name("end_entity", 255))
                    .col(optional_time("expires_at"))
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "audit_event")
                    .col(counted_id())
                    .col(time("at"))
                    .col(name("actor", 255))
                    .col(name("act", 64))
                    .col(name("object", 255))
                    .col(long_text(manager, "detail"))
                    .col(optional_name("origin", 64))
                    .take(),
            )
            .await?;
        manager.create_index(index("audit_event", &["at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["audit_event", "external_account_key", "administrator"],
        )
        .await
    }
}
