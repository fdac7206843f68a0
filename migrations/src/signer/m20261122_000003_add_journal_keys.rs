//! The public halves of the keys that sign checkpoints, so that one can follow another and an outside witness can check
//! them. The signer writes the first row at its next start; code of the release before does not look here.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, short_bytes},
    table::drop_tables,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait's own signature, which async_trait needs letter by letter"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let table = Table::create()
            .table("journal_key")
            .col(
                ColumnDef::new("number")
                    .big_integer()
                    .not_null()
                    .primary_key(),
            )
            .col(bytes(backend, "public_key").not_null())
            .col(ColumnDef::new("made_at").big_integer().not_null())
            .col(short_bytes(backend, "endorsement", 256).not_null())
            .col(short_bytes(backend, "acknowledgement", 256).not_null())
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["journal_key"]).await
    }
}
