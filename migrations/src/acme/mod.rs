//! The schema of the `acme` database.

mod m20261122_000001_create_acme;
mod m20261122_000002_extend_acme;
mod m20261122_000003_lighten_updates;

use sea_orm_migration::prelude::*;

/// Brings an `acme` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "schema_change_acme".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_acme::Migration),
            Box::new(m20261122_000002_extend_acme::Migration),
            Box::new(m20261122_000003_lighten_updates::Migration),
        ]
    }
}
