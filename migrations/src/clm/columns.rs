//! What the three databases must be told differently, so that ids and times mean the same in all of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// An empty table statement. On MariaDB it compares text byte by byte, as the others do: ids differ by case too.
pub fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Alias::new(name));
    if manager.get_database_backend() == DatabaseBackend::MySql {
        table.character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// A required text of limited length: ids and names.
pub fn name(column: &'static str, longest: u32) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .string_len(longest)
        .not_null()
        .take()
}

/// An optional text of limited length.
pub fn optional_name(column: &'static str, longest: u32) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .string_len(longest)
        .take()
}

/// A time, in milliseconds since 1970-01-01 UTC.
pub fn time(column: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .big_integer()
        .not_null()
        .take()
}

/// A time that may be absent.
pub fn optional_time(column: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(column)).big_integer().take()
}

/// A required number.
pub fn number(column: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .big_integer()
        .not_null()
        .take()
}

/// A required text without a limit; MariaDB's `TEXT` would end at 64 KiB.
pub fn long_text(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut definition = ColumnDef::new(Alias::new(column));
    if manager.get_database_backend() == DatabaseBackend::MySql {
        definition.custom(Alias::new("LONGTEXT"));
    } else {
        definition.text();
    }
    definition.not_null().take()
}

/// Required bytes; MariaDB's `BLOB` would end at 64 KiB.
pub fn bytes(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut definition = ColumnDef::new(Alias::new(column));
    if manager.get_database_backend() == DatabaseBackend::MySql {
        definition.custom(Alias::new("LONGBLOB"));
    } else {
        definition.blob();
    }
    definition.not_null().take()
}

/// A number that the database counts up, as primary key.
pub fn counted_id() -> ColumnDef {
    ColumnDef::new(Alias::new("id"))
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key()
        .take()
}

/// A primary key over columns.
pub fn key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(Alias::new(*column));
    }
    index.primary();
    index
}

/// An index over columns of a table; its name says which.
pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("{table}_by_{}", columns.join("_")))
        .table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}

/// Drops tables, the last made first.
pub async fn drop_tables(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(Alias::new(*table)).if_exists().take())
            .await?;
    }
    Ok(())
}
