//! The schema of the `clm` database.

mod m20261122_000001_create_policies;
mod m20261122_000002_create_requests;
mod m20261122_000003_create_inventory;
mod m20261122_000004_create_people;
mod m20261122_000005_add_credentials;
mod m20261122_000006_create_renewals;
mod m20261122_000020_index_issued_at;
mod m20261122_000021_create_roles;
mod m20261122_000022_archive_realms;
mod m20261122_000023_extend_accounts;
mod m20261122_000024_create_access_tokens;
mod m20261122_000025_chain_audit_events;
mod m20261122_000040_create_notifications;
mod m20261122_000060_create_notes;
mod m20261122_000061_create_bulk_acts;
mod m20261122_000062_create_foreign_authorities;
mod m20261122_000063_index_searches;
mod m20261122_000065_version_resources;
mod m20261122_000066_create_replies;
mod m20261122_000067_index_end_entity;
mod m20261122_000068_index_searches_once;
mod m20261122_000070_create_server_keys;
mod m20261122_000071_widen_expiry_index;

use sea_orm_migration::prelude::*;

/// Brings a `clm` database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migration_table_name() -> DynIden {
        "schema_change_clm".into_iden()
    }

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_policies::Migration),
            Box::new(m20261122_000002_create_requests::Migration),
            Box::new(m20261122_000003_create_inventory::Migration),
            Box::new(m20261122_000004_create_people::Migration),
            Box::new(m20261122_000005_add_credentials::Migration),
            Box::new(m20261122_000006_create_renewals::Migration),
            Box::new(m20261122_000020_index_issued_at::Migration),
            Box::new(m20261122_000021_create_roles::Migration),
            Box::new(m20261122_000022_archive_realms::Migration),
            Box::new(m20261122_000023_extend_accounts::Migration),
            Box::new(m20261122_000024_create_access_tokens::Migration),
            Box::new(m20261122_000025_chain_audit_events::Migration),
            Box::new(m20261122_000040_create_notifications::Migration),
            Box::new(m20261122_000060_create_notes::Migration),
            Box::new(m20261122_000061_create_bulk_acts::Migration),
            Box::new(m20261122_000062_create_foreign_authorities::Migration),
            Box::new(m20261122_000063_index_searches::Migration),
            Box::new(m20261122_000065_version_resources::Migration),
            Box::new(m20261122_000066_create_replies::Migration),
            Box::new(m20261122_000067_index_end_entity::Migration),
            Box::new(m20261122_000068_index_searches_once::Migration),
            Box::new(m20261122_000070_create_server_keys::Migration),
            Box::new(m20261122_000071_widen_expiry_index::Migration),
        ]
    }
}
