//! Entries of the signer's journal that could not be adopted when the journal was compared with the tables. The position
//! in the journal has moved past them; they are tried again from here.

use sea_orm_migration::prelude::*;

use crate::{
    column::{number, text, time},
    table::{drop_tables, index, key, table},
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut unadopted = table(manager, "unadopted");
        unadopted
            .col(text(backend, "chain", 128).not_null())
            .col(number("sequence"))
            .col(text(backend, "request_id", 160).not_null())
            .col(text(backend, "key_id", 64).not_null())
            // absent: the entry does not tell
            .col(text(backend, "issuer", 64).null())
            // hex; absent: the entry does not tell. It is not given again.
            .col(text(backend, "serial", 40).null())
            // why it could not be adopted, the last time
            .col(text(backend, "reason", 1000).not_null())
            .col(time("first_seen_at"))
            .col(time("last_tried_at"))
            .col(number("tries"))
            .primary_key(&mut key(&["chain", "sequence"]));
        manager.create_table(unadopted).await?;
        for column in ["serial", "last_tried_at"] {
            manager.create_index(index("unadopted", &[column])).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["unadopted"]).await
    }
}
