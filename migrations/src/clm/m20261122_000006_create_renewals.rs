//! Which certificates are to be renewed sooner than usual, and who holds the one active certificate where a policy wants
//! one at most. `active_claim.holder` is a digest over policy and holder.

use sea_orm_migration::prelude::*;

use crate::{
    column::{name, optional_name, time},
    table::{drop_tables, index, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "renewal_advice")
                    .col(name("fingerprint", 64).primary_key())
                    .col(time("starts_at"))
                    .col(time("ends_at"))
                    .col(optional_name("explanation_url", 1000))
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "active_claim")
                    .col(name("holder", 64).primary_key())
                    .col(name("request_id", 128))
                    .col(time("claimed_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("inventory_certificate", &["policy", "end_entity"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("inventory_certificate_by_policy_end_entity")
                    .table(Alias::new("inventory_certificate"))
                    .to_owned(),
            )
            .await?;
        drop_tables(manager, &["active_claim", "renewal_advice"]).await
    }
}
