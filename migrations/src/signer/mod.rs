//! The schema of the `signer` database.

use sea_orm_migration::prelude::*;

/// Brings a `signer` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "seaql_migrations_signer".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![]
    }
}
