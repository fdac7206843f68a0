//! The schema of the `signer` database: keys, secrets under the master password, the journal and its checkpoints.

mod m20261122_000001_create_signer_tables;
mod m20261122_000002_add_key_replicas;
mod m20261122_000003_add_journal_keys;

use sea_orm_migration::prelude::*;

/// Brings a `signer` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "schema_change_signer".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_signer_tables::Migration),
            Box::new(m20261122_000002_add_key_replicas::Migration),
            Box::new(m20261122_000003_add_journal_keys::Migration),
        ]
    }
}
