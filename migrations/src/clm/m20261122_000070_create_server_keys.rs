//! Private keys that were made here, sealed by the signer, and the requests to have one of them back. `server_key.kept`: it
//! stays for recovery; else it goes once it was delivered. `delivered_until`: who asked for it may fetch it so long; absent:
//! it was not fetched yet. `key_recovery.certificate` is the fingerprint of the certificate whose key is wanted.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, long_text, name, number, optional_time, time},
    table::{drop_tables, index, key, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_keys(manager).await?;
        create_recoveries(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["key_recovery_decision", "key_recovery", "server_key"];
        drop_tables(manager, &tables).await
    }
}

async fn create_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    manager
        .create_table(
            table(manager, "server_key")
                .col(name("request_id", 128).primary_key())
                .col(name("public_key_digest", 64))
                .col(bytes(backend, "public_key").not_null())
                .col(bytes(backend, "sealed").not_null())
                .col(name("key_algorithm", 32))
                .col(name("realm", 64))
                .col(name("policy", 64))
                .col(name("requester", 255))
                .col(number("kept"))
                .col(number("approvals"))
                .col(time("created_at"))
                .col(optional_time("delivered_until"))
                .take(),
        )
        .await?;
    manager
        .create_index(index("server_key", &["public_key_digest"]).unique().take())
        .await?;
    manager.create_index(index("server_key", &["realm"])).await
}

async fn create_recoveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table(manager, "key_recovery")
                .col(name("id", 36).primary_key())
                .col(name("request_id", 128))
                .col(name("certificate", 64))
                .col(name("issuer", 64))
                .col(name("serial", 64))
                .col(long_text(manager, "subject"))
                .col(name("key_algorithm", 32))
                .col(name("realm", 64))
                .col(name("policy", 64))
                .col(long_text(manager, "comment"))
                .col(name("asked_by", 255))
                .col(number("approvals"))
                .col(name("state", 16))
                .col(number("version"))
                .col(time("created_at"))
                .col(time("ends_at"))
                .col(optional_time("released_at"))
                .take(),
        )
        .await?;
    manager
        .create_index(index("key_recovery", &["request_id", "id"]))
        .await?;
    manager
        .create_index(index("key_recovery", &["realm", "id"]))
        .await?;
    manager
        .create_table(
            table(manager, "key_recovery_decision")
                .col(name("recovery", 36))
                .col(name("decided_by", 255))
                .col(number("approve"))
                .col(long_text(manager, "comment"))
                .col(time("decided_at"))
                .primary_key(&mut key(&["recovery", "decided_by"]))
                .take(),
        )
        .await
}
