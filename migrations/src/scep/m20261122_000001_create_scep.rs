//! Transactions of RFC 8894, so that any replica goes on with them, and certificates of the registration authority. No
//! request is kept: it may hold a challenge password.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, name, number, text, time},
    table::{drop_tables, index, key, table},
};

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_create_scep"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let transaction = table(manager, "scep_transaction")
            // SHA-256 over policy and transaction_id: what a client chose is too long for an index
            .col(name("id", 64).primary_key())
            .col(text(backend, "policy", 255).not_null())
            .col(text(backend, "transaction_id", 255).not_null())
            // CLM's idempotency key: another one when the client begins anew under the same transaction_id
            .col(name("request_id", 64))
            .col(name("request_digest", 64))
            .col(name("signer_key", 64))
            .col(name("state", 16))
            .col(time("expires_at"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .col(name("updated_by", 32))
            .to_owned();
        manager.create_table(transaction).await?;
        let authority = table(manager, "scep_authority")
            .col(text(backend, "issuer", 255).not_null())
            .col(number("generation"))
            .col(name("key_id", 64))
            // DER
            .col(bytes(backend, "certificate").not_null())
            .col(time("not_after"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .col(name("updated_by", 32))
            .primary_key(&mut key(&["issuer", "generation"]))
            .to_owned();
        manager.create_table(authority).await?;
        manager
            .create_index(index("scep_transaction", &["expires_at"]))
            .await?;
        manager
            .create_index(index("scep_transaction", &["request_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["scep_authority", "scep_transaction"]).await
    }
}
