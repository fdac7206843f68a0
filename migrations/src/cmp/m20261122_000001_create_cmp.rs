//! Transactions of RFC 9810, so that any replica goes on with them, and the certificate that answers are signed with.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, long_text, name, number, optional_name, optional_time, time},
    table::{drop_tables, index, table},
};

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_create_cmp"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(transaction(manager)).await?;
        for columns in [&["state", "confirm_until"][..], &["expires_at"][..]] {
            manager
                .create_index(index("cmp_transaction", columns))
                .await?;
        }
        manager.create_table(own_certificate(manager)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["cmp_own_certificate", "cmp_transaction"]).await
    }
}

fn transaction(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let backend = manager.get_database_backend();
    table(manager, "cmp_transaction")
        // SHA-256 over policy, sender and transactionID, lower-case hex. Never changes
        .col(name("id", 64).primary_key())
        .col(name("policy", 255))
        // who protects its messages. Never changes
        .col(name("sender", 320))
        .col(name("end_entity", 255))
        .col(name("requester", 320))
        // the body that began it. Never changes
        .col(name("kind", 16))
        .col(name("state", 16))
        // counts the changes: of two replicas one wins
        .col(number("version"))
        // JSON: one for each certificate asked for
        .col(long_text(manager, "items"))
        // SHA-256 of the message that was answered last, lower-case hex ...
        .col(name("request_digest", 64))
        // ... the answer to it, DER; null while it is being made ...
        .col(bytes(backend, "response"))
        // ... and the nonce in it, lower-case hex
        .col(optional_name("nonce", 64))
        // unconfirmed: when its certificates are revoked
        .col(optional_time("confirm_until"))
        // when a replica may take the revocation over from another one
        .col(optional_time("claimed_until"))
        .col(time("expires_at"))
        .col(time("created_at"))
        .col(time("updated_at"))
        .col(name("updated_by", 32))
        .to_owned()
}

fn own_certificate(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let backend = manager.get_database_backend();
    table(manager, "cmp_own_certificate")
        .col(name("key_id", 64).primary_key())
        // counts the certificates of the key
        .col(number("generation"))
        .col(bytes(backend, "certificate").not_null())
        // PEM, the issuer first, without the root
        .col(long_text(manager, "chain"))
        .col(time("updated_at"))
        .to_owned()
}
