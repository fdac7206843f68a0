//! The schema of the `scep` database.

mod m20261122_000001_create_scep;

use sea_orm_migration::prelude::*;

/// Brings a `scep` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "schema_change_scep".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261122_000001_create_scep::Migration)]
    }
}
