//! One index over the trigrams of subject and names together, for two: the names of a certificate are mostly parts of its
//! subject, and each trigram of each index is written for each certificate. The release before finds by text what it
//! found, by reading the whole inventory.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DatabaseBackend, Statement},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const HAS_EXTENSION: &str = "select 1 from pg_extension where extname = 'pg_trgm'";
const TOGETHER: &str = "inventory_certificate_by_text";
/// As a search by text says it, or the index is of no use to it.
const TEXT: &str =
    "using gin ((subject_folded || chr(10) || lower(subject_alternative_names)) gin_trgm_ops)";
const APART: [(&str, &str); 2] = [
    (
        "inventory_certificate_by_subject_part",
        "using gin (subject_folded gin_trgm_ops)",
    ),
    (
        "inventory_certificate_by_name_part",
        "using gin (lower(subject_alternative_names) gin_trgm_ops)",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !has_trigrams(manager).await? {
            return Ok(());
        }
        create_index(manager, TOGETHER, TEXT).await?;
        for (name, _) in APART {
            drop_index(manager, name).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !has_trigrams(manager).await? {
            return Ok(());
        }
        for (name, over) in APART {
            create_index(manager, name, over).await?;
        }
        drop_index(manager, TOGETHER).await
    }

    /// PostgreSQL makes an index beside the work that goes on only outside of a transaction.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}

/// Only PostgreSQL has them, and only where the extension could be made.
async fn has_trigrams(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let backend = manager.get_database_backend();
    if backend != DatabaseBackend::Postgres {
        return Ok(false);
    }
    let asked = Statement::from_string(backend, HAS_EXTENSION);
    let found = manager.get_connection().query_one_raw(asked).await?;
    Ok(found.is_some())
}

async fn create_index(manager: &SchemaManager<'_>, name: &str, over: &str) -> Result<(), DbErr> {
    // one that was interrupted is there and of no use
    drop_index(manager, name).await?;
    let sql = format!("create index concurrently {name} on inventory_certificate {over}");
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}

async fn drop_index(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    let sql = format!("drop index concurrently if exists {name}");
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}
