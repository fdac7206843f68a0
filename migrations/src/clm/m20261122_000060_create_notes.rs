//! What people write beside certificates. In tables of their own, and not in the inventory's rows: most certificates have
//! none, and an index over owners or tags then costs nothing when a certificate is issued. `inventory_tag.value` is empty
//! for a tag without one; `inventory_note.version` counts changes, those of the tags as well.

use sea_orm_migration::prelude::*;

use crate::{
    column::{long_text, name, number, time},
    table::{drop_tables, index, key, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "inventory_note")
                    .col(number("certificate_id").primary_key())
                    .col(name("owner", 255))
                    .col(long_text(manager, "comment"))
                    .col(long_text(manager, "locations"))
                    .col(number("version"))
                    .col(time("updated_at"))
                    .col(name("updated_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("inventory_note", &["owner", "certificate_id"]))
            .await?;
        manager
            .create_table(
                table(manager, "inventory_tag")
                    .col(number("certificate_id"))
                    .col(name("name", 64))
                    .col(name("value", 128))
                    .primary_key(&mut key(&["certificate_id", "name"]))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("inventory_tag", &["name", "value", "certificate_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["inventory_tag", "inventory_note"]).await
    }
}
