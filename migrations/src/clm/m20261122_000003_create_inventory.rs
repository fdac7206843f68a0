//! The inventory: what CARA has told of every certificate, and how far it was heard. `feed.position` is the number of
//! the last event applied; it moves in the same transaction as the rows, so that an event counts once.
//! Of a certificate only `revoked_at`, `revocation_reason` and `updated_at` ever change.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, counted_id, long_text, name, number, optional_name, optional_time, time},
    table::{drop_tables, index, key, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "feed")
                    .col(name("source", 64).primary_key())
                    .col(number("position"))
                    .col(time("updated_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "inventory_certificate")
                    .col(counted_id())
                    .col(name("issuer", 64))
                    .col(name("serial", 40))
                    .col(name("fingerprint", 64))
                    .col(long_text(manager, "subject"))
                    .col(long_text(manager, "subject_folded"))
                    .col(long_text(manager, "subject_alternative_names"))
                    .col(name("key_algorithm", 32))
                    .col(time("not_before"))
                    .col(time("not_after"))
                    .col(optional_time("revoked_at"))
                    .col(optional_name("revocation_reason", 32))
                    .col(name("realm", 64))
                    .col(name("policy", 64))
                    .col(number("policy_version"))
                    .col(name("end_entity", 255))
                    .col(name("requester", 255))
                    .col(name("protocol", 16))
                    .col(name("request_id", 128))
                    .col(bytes(manager.get_database_backend(), "der").not_null())
                    .col(time("issued_at"))
                    .col(time("updated_at"))
                    .take(),
            )
            .await?;
        for unique in [["issuer", "serial"].as_slice(), &["fingerprint"]] {
            manager
                .create_index(index("inventory_certificate", unique).unique().take())
                .await?;
        }
        for columns in [["serial"].as_slice(), &["not_after"], &["realm", "id"]] {
            manager
                .create_index(index("inventory_certificate", columns))
                .await?;
        }
        manager
            .create_table(
                table(manager, "inventory_name")
                    .col(number("certificate_id"))
                    .col(name("name", 512))
                    .primary_key(&mut key(&["certificate_id", "name"]))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("inventory_name", &["name"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["inventory_name", "inventory_certificate", "feed"],
        )
        .await
    }
}
