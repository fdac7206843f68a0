//! Indexes for searches of a large inventory: parts of subjects and names (PostgreSQL, by trigrams), keys of a kind, and
//! the few certificates that are revoked or imported. The trigrams need the extension pg_trgm, which comes with PostgreSQL
//! and which whoever owns the database may create; where that cannot be, searches by text read the whole inventory.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const EXTENSION: &str = "do $$ begin create extension if not exists pg_trgm; exception when others then \
                         raise warning 'no extension pg_trgm: searches by text will be slow'; end $$";
const HAS_EXTENSION: &str = "select 1 from pg_extension where extname = 'pg_trgm'";

/// Name, columns, and what of it there is: by PostgreSQL only, and of which rows.
const INDEXES: [(&str, &str, bool, &str); 5] = [
    (
        "inventory_certificate_by_subject_part",
        "using gin (subject_folded gin_trgm_ops)",
        true,
        "",
    ),
    (
        "inventory_certificate_by_name_part",
        "using gin (lower(subject_alternative_names) gin_trgm_ops)",
        true,
        "",
    ),
    (
        "inventory_certificate_by_key_algorithm_id",
        "(key_algorithm, id)",
        false,
        "",
    ),
    (
        "inventory_certificate_by_id_revoked",
        "(id)",
        false,
        "revoked_at is not null",
    ),
    (
        "inventory_certificate_by_id_imported",
        "(id)",
        false,
        "protocol = 'import'",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (backend, connection) = (manager.get_database_backend(), manager.get_connection());
        let has_trigrams = if backend == DatabaseBackend::Postgres {
            connection.execute_unprepared(EXTENSION).await?;
            let asked = sea_orm_migration::sea_orm::Statement::from_string(backend, HAS_EXTENSION);
            connection.query_one_raw(asked).await?.is_some()
        } else {
            false
        };
        for (name, columns, by_trigrams, only) in INDEXES {
            if by_trigrams && !has_trigrams {
                continue;
            }
            // one that was interrupted is there and of no use
            drop_index(manager, name).await?;
            let sql = match (backend, only) {
                // InnoDB knows no index over a part of the rows, and has one over the ids anyway
                (DatabaseBackend::MySql, "") => {
                    format!("create index {name} on inventory_certificate {columns}")
                }
                (DatabaseBackend::MySql, _) => continue,
                (DatabaseBackend::Postgres, only) => format!(
                    "create index concurrently {name} on inventory_certificate {columns}{}",
                    part(only)
                ),
                (_, only) => format!(
                    "create index {name} on inventory_certificate {columns}{}",
                    part(only)
                ),
            };
            connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, ..) in INDEXES {
            drop_index(manager, name).await?;
        }
        Ok(())
    }

    /// PostgreSQL makes an index beside the work that goes on only outside of a transaction.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}

fn part(only: &str) -> String {
    if only.is_empty() {
        return String::new();
    }
    format!(" where {only}")
}

async fn drop_index(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DatabaseBackend::Postgres => format!("drop index concurrently if exists {name}"),
        DatabaseBackend::Sqlite => format!("drop index if exists {name}"),
        _ => format!("drop index if exists {name} on inventory_certificate"),
    };
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}
