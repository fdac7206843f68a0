//! Acts on many certificates: what is wanted, how far it has come, and what could not be done. `bulk_act.claimed_until`
//! says until when a replica works on it; zero: nobody does. `request_key` is the maker's name for it, so that who asks
//! twice gets one.

use sea_orm_migration::prelude::*;

use crate::{
    column::{counted_id, long_text, name, number, optional_name, optional_time, time},
    table::{drop_tables, index, key, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "bulk_act")
                    .col(counted_id())
                    .col(name("kind", 16))
                    .col(long_text(manager, "wish"))
                    .col(long_text(manager, "reach"))
                    .col(name("actor", 255))
                    .col(optional_name("address", 64))
                    .col(name("requester", 255))
                    .col(optional_name("request_key", 400))
                    .col(name("state", 16))
                    .col(number("total"))
                    .col(number("done"))
                    .col(number("unchanged"))
                    .col(number("failed"))
                    .col(name("position", 64))
                    .col(time("claimed_until"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .col(optional_time("finished_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("bulk_act", &["request_key"]).unique().take())
            .await?;
        manager
            .create_index(index("bulk_act", &["state", "claimed_until"]))
            .await?;
        manager
            .create_table(
                table(manager, "bulk_failure")
                    .col(number("bulk_act"))
                    .col(name("certificate", 128))
                    .col(long_text(manager, "reason"))
                    .primary_key(&mut key(&["bulk_act", "certificate"]))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["bulk_failure", "bulk_act"]).await
    }
}
