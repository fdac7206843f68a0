//! Realms, policies with all their versions, clients and end entities: what decides who may have which certificate.
//! A policy version never changes; `policy.version` says which one is in force. `revision` counts changes, so that
//! every replica sees by reading one number whether its copy in memory is still true.

use sea_orm_migration::prelude::*;

use crate::{
    column::{long_text, name, number, optional_name, time},
    table::{drop_tables, key, table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table(manager, "realm")
                    .col(name("name", 64).primary_key())
                    .col(name("description", 1000))
                    .col(time("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "policy")
                    .col(name("name", 64).primary_key())
                    .col(name("realm", 64))
                    .col(number("version"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .col(name("updated_by", 255))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "policy_version")
                    .col(name("policy", 64))
                    .col(number("version"))
                    .col(long_text(manager, "definition"))
                    .col(
                        ColumnDef::new(Alias::new("manual_approval"))
                            .boolean()
                            .not_null(),
                    )
                    .col(time("created_at"))
                    .col(name("created_by", 255))
                    .primary_key(&mut key(&["policy", "version"]))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "client")
                    .col(name("identity", 64).primary_key())
                    .col(name("realm", 64))
                    .col(name("description", 1000))
                    .col(optional_name("default_policy", 64))
                    .col(time("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "end_entity")
                    .col(name("realm", 64))
                    .col(name("name", 255))
                    .col(name("state", 16))
                    .col(time("created_at"))
                    .primary_key(&mut key(&["realm", "name"]))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table(manager, "revision")
                    .col(name("subject", 64).primary_key())
                    .col(number("value"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "revision",
                "end_entity",
                "client",
                "policy_version",
                "policy",
                "realm",
            ],
        )
        .await
    }
}
