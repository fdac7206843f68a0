//! Who wants to hear of what (`subscription`), and every notice on its way there (`delivery`). A notice has one delivery
//! for each subscription that wants it, and by the unique index no second one, however often it is found.

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
                table(manager, "subscription")
                    .col(name("name", 48).primary_key())
                    .col(optional_name("realm", 64))
                    .col(optional_name("policy", 64))
                    .col(long_text(manager, "events"))
                    .col(long_text(manager, "days"))
                    .col(name("channel", 16))
                    .col(name("recipient", 1000))
                    .col(name("language", 8))
                    .col(ColumnDef::new(Alias::new("active")).boolean().not_null())
                    .col(bytes(manager.get_database_backend(), "sealed_secret"))
                    .col(number("version"))
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .col(time("updated_at"))
                    .col(name("updated_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "delivery")
                    .col(counted_id())
                    .col(name("subscription", 48))
                    .col(name("notice", 160))
                    .col(name("event", 32))
                    .col(long_text(manager, "content"))
                    .col(name("channel", 16))
                    .col(name("recipient", 1000))
                    .col(name("state", 16))
                    .col(number("attempts"))
                    .col(time("next_attempt_at"))
                    .col(long_text(manager, "last_error"))
                    .col(time("created_at"))
                    .col(optional_time("finished_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                index("delivery", &["subscription", "notice"])
                    .unique()
                    .take(),
            )
            .await?;
        manager
            .create_index(index("delivery", &["state", "next_attempt_at"]))
            .await?;
        manager
            .create_index(index("delivery", &["finished_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["delivery", "subscription"]).await
    }
}
