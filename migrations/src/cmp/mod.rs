//! The schema of the `cmp` database.

mod m20261122_000001_create_cmp;
mod m20261122_000002_keep_rows_whole;
mod m20261122_000003_add_challenge;

use sea_orm_migration::prelude::*;

/// Brings a `cmp` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "schema_change_cmp".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_cmp::Migration),
            Box::new(m20261122_000002_keep_rows_whole::Migration),
            Box::new(m20261122_000003_add_challenge::Migration),
        ]
    }
}
