//! The schema of the `cara` database.

mod m20261122_000001_create_cara_tables;
mod m20261122_000002_add_generations;
mod m20261122_000003_add_revocations;
mod m20261122_000004_create_certificate_name;
mod m20261122_000005_create_administrators;
mod m20261122_000014_index_pages;
mod m20261122_000024_create_lost_certificate;
mod m20261122_000030_add_outcome_of_pending_act;
mod m20261122_000041_create_unadopted;
mod m20261122_000046_create_reconciliation_crl;

use sea_orm_migration::prelude::*;

/// Brings a `cara` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "schema_change_cara".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_cara_tables::Migration),
            Box::new(m20261122_000002_add_generations::Migration),
            Box::new(m20261122_000003_add_revocations::Migration),
            Box::new(m20261122_000004_create_certificate_name::Migration),
            Box::new(m20261122_000014_index_pages::Migration),
            Box::new(m20261122_000005_create_administrators::Migration),
            Box::new(m20261122_000024_create_lost_certificate::Migration),
            Box::new(m20261122_000030_add_outcome_of_pending_act::Migration),
            Box::new(m20261122_000041_create_unadopted::Migration),
            Box::new(m20261122_000046_create_reconciliation_crl::Migration),
        ]
    }
}
