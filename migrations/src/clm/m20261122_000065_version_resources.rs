//! What can be changed over REST counts its versions, and end entities know who owns them. Rows of the release before begin
//! with version 1, and that release changes rows without counting.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::{
    column::{number, optional_name, optional_time},
    table::{add_columns, drop_columns},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const END_ENTITY: &str = "end_entity";
const VERSIONED: [&str; 3] = ["realm", "administrator", "client"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in VERSIONED {
            add_columns(manager, table, vec![version()]).await?;
        }
        let columns = vec![
            version(),
            optional_long_text(manager, "owners"),
            optional_long_text(manager, "metadata"),
            optional_time("updated_at"),
            optional_name("updated_by", 255),
        ];
        add_columns(manager, END_ENTITY, columns).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["updated_by", "updated_at", "metadata", "owners", "version"];
        drop_columns(manager, END_ENTITY, &columns).await?;
        for table in VERSIONED {
            drop_columns(manager, table, &["version"]).await?;
        }
        Ok(())
    }
}

fn version() -> ColumnDef {
    number("version").default(1).take()
}

/// Absent in rows of the release before; MariaDB's `TEXT` would end at 64 KiB.
fn optional_long_text(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut definition = ColumnDef::new(Alias::new(column));
    if manager.get_database_backend() == DatabaseBackend::MySql {
        definition.custom(Alias::new("LONGTEXT"));
    } else {
        definition.text();
    }
    definition.take()
}
