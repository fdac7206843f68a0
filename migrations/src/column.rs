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
