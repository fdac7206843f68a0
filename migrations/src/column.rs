//! Column types that mean the same on all databases. Times are big integers: milliseconds since the epoch.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// Text that is compared byte by byte: MariaDB's default collation folds case and depends on the server's charset.
pub(crate) fn text(backend: DatabaseBackend, name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        DatabaseBackend::MySql => column.custom(format!(
            "varchar({length}) character set utf8mb4 collate utf8mb4_bin"
        )),
        _ => column.string_len(length),
    };
    column
}

/// Bytes of any length: MariaDB's plain BLOB ends at 64 KiB.
pub(crate) fn bytes(backend: DatabaseBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        DatabaseBackend::MySql => column.custom("longblob"),
        _ => column.blob(),
    };
    column
}

/// Bytes of one short length: on MariaDB these stay in the row.
pub(crate) fn short_bytes(backend: DatabaseBackend, name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        DatabaseBackend::MySql => column.custom(format!("varbinary({length})")),
        _ => column.blob(),
    };
    column
}

/// A required text of limited length: ids and names.
pub(crate) fn name(column: &'static str, longest: u32) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .string_len(longest)
        .not_null()
        .take()
}

/// An optional text of limited length.
pub(crate) fn optional_name(column: &'static str, longest: u32) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .string_len(longest)
        .take()
}

/// A time, in milliseconds since 1970-01-01 UTC.
pub(crate) fn time(column: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .big_integer()
        .not_null()
        .take()
}

/// A time that may be absent.
pub(crate) fn optional_time(column: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(column)).big_integer().take()
}

/// A required number.
pub(crate) fn number(column: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(column))
        .big_integer()
        .not_null()
        .take()
}

/// A required text without a limit; MariaDB's `TEXT` would end at 64 KiB.
pub(crate) fn long_text(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut definition = ColumnDef::new(Alias::new(column));
    if manager.get_database_backend() == DatabaseBackend::MySql {
        definition.custom(Alias::new("LONGTEXT"));
    } else {
        definition.text();
    }
    definition.not_null().take()
}

/// A number that the database counts up, as primary key.
pub(crate) fn counted_id() -> ColumnDef {
    ColumnDef::new(Alias::new("id"))
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key()
        .take()
}
