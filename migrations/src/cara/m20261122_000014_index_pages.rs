//! Indexes for pages of one CA's certificates by each of their times. Every page is asked for CA by CA, so an index
//! that begins with the time alone is no longer of use; one over revocations need not hold what is not revoked.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const ADDED: [(&str, &str, &str); 3] = [
    (
        "certificate_by_issuer_issued_at",
        "issuer, issued_at, serial",
        "",
    ),
    (
        "certificate_by_issuer_not_after",
        "issuer, not_after, serial",
        "",
    ),
    (
        "certificate_by_issuer_revoked_at",
        "issuer, revoked_at, serial",
        "revoked_at is not null",
    ),
];

const DROPPED: [(&str, &str); 2] = [
    ("certificate_issued_at", "issued_at, serial"),
    ("certificate_revoked_at", "issuer, revoked_at"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns, only) in ADDED {
            // one that was interrupted is there and of no use
            drop_index(manager, name).await?;
            create_index(manager, name, columns, only).await?;
        }
        for (name, _) in DROPPED {
            drop_index(manager, name).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns) in DROPPED {
            drop_index(manager, name).await?;
            create_index(manager, name, columns, "").await?;
        }
        for (name, ..) in ADDED {
            drop_index(manager, name).await?;
        }
        Ok(())
    }

    /// PostgreSQL makes an index beside the work that goes on only outside of a transaction.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}

async fn create_index(
    manager: &SchemaManager<'_>,
    name: &str,
    columns: &str,
    only: &str,
) -> Result<(), DbErr> {
    let (beside, only) = match manager.get_database_backend() {
        DatabaseBackend::Postgres => ("concurrently ", only),
        DatabaseBackend::Sqlite => ("", only),
        // InnoDB goes on with its work anyway, and knows no index over a part of the rows
        _ => ("", ""),
    };
    let only = if only.is_empty() {
        String::new()
    } else {
        format!(" where {only}")
    };
    let sql = format!("create index {beside}{name} on certificate ({columns}){only}");
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}

async fn drop_index(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DatabaseBackend::Postgres => format!("drop index concurrently if exists {name}"),
        DatabaseBackend::Sqlite => format!("drop index if exists {name}"),
        _ => format!("drop index if exists {name} on certificate"),
    };
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}
