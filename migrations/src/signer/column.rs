//! A column type that only the signer needs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// Bytes of one short length: on MariaDB these stay in the row.
pub(super) fn short_bytes(backend: DatabaseBackend, name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        DatabaseBackend::MySql => column.custom(format!("varbinary({length})")),
        _ => column.blob(),
    };
    column
}
