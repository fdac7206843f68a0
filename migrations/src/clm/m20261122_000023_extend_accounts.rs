//! Local accounts get a name for people, an address, a second factor and a client certificate, and can be closed.
//! `sealed_totp` is sealed by the signer with the context "clm/totp"; `totp_step` is the last time step whose code was
//! used, so that none is used twice. Rows of the release before have none of these.

use sea_orm_migration::prelude::*;

use crate::{
    column::{bytes, name, optional_name, optional_time},
    table::{add_columns, drop_columns, index},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "administrator";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            name("display_name", 255).default("").take(),
            name("email", 255).default("").take(),
            ColumnDef::new(Alias::new("closed"))
                .boolean()
                .not_null()
                .default(false)
                .take(),
            bytes(manager.get_database_backend(), "sealed_totp"),
            ColumnDef::new(Alias::new("totp_confirmed"))
                .boolean()
                .not_null()
                .default(false)
                .take(),
            optional_time("totp_step"),
            optional_name("certificate", 64),
            optional_time("last_login_at"),
        ];
        add_columns(manager, TABLE, columns).await?;
        manager.create_index(index(TABLE, &["certificate"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("administrator_by_certificate")
                    .table(TABLE)
                    .to_owned(),
            )
            .await?;
        let columns = [
            "last_login_at",
            "certificate",
            "totp_step",
            "totp_confirmed",
            "sealed_totp",
            "closed",
            "email",
            "display_name",
        ];
        drop_columns(manager, TABLE, &columns).await
    }
}
