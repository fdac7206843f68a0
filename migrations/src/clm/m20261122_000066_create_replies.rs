//! What was answered to requests with an `Idempotency-Key`, so that a repeated one is answered the same. A row without a
//! status is of a request that is being answered. Bodies with secrets are sealed by the signer.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, name, number, time},
    table::{drop_tables, index, key, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager
            .create_table(
                table(manager, "reply")
                    .col(name("caller", 64))
                    .col(name("idempotency_key", 128))
                    .col(name("request_digest", 64))
                    .col(time("created_at"))
                    .col(number("status").default(0))
                    .col(name("location", 512).default(""))
                    .col(name("etag", 64).default(""))
                    .col(name("media_type", 64).default(""))
                    .col(number("sealed").default(0))
                    .col(bytes(backend, "body").take())
                    .primary_key(&mut key(&["caller", "idempotency_key"]))
                    .take(),
            )
            .await?;
        manager.create_index(index("reply", &["created_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["reply"]).await
    }
}
