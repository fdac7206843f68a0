//! Searches of a large inventory on PostgreSQL. The index over the ends of certificates holds the columns of filters too, so
//! that most searches read it alone, and no rows but those of their page. A policy is of one realm and has few CAs and
//! kinds of keys: the planner is told to count them together. What is new is made visible to such an index after a
//! fiftieth of the rows, and not a fifth.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const NARROW: &str = "inventory_certificate_by_not_after";
const WIDE: &str = "inventory_certificate_by_not_after_id";
const WIDE_OVER: &str = "(not_after, id) include (revoked_at, realm, policy, issuer, key_algorithm, protocol, end_entity)";
const TOGETHER: &str = "inventory_certificate_together";
/// The parameter is there since PostgreSQL 13.
const VISIBLE_SOON: &str = "do $$ begin if current_setting('server_version_num')::int >= 130000 then \
    alter table inventory_certificate set (autovacuum_vacuum_insert_scale_factor = 0.02); end if; end $$";
const VISIBLE_LATER: &str = "do $$ begin if current_setting('server_version_num')::int >= 130000 then \
    alter table inventory_certificate reset (autovacuum_vacuum_insert_scale_factor); end if; end $$";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let together = format!(
            "create statistics if not exists {TOGETHER} (mcv, dependencies) \
             on realm, policy, issuer, key_algorithm, protocol from inventory_certificate"
        );
        run(
            manager,
            &[
                // one that was interrupted is there and of no use
                &drop_index(WIDE),
                &create_index(WIDE, WIDE_OVER),
                &drop_index(NARROW),
                &together,
                VISIBLE_SOON,
                "analyze inventory_certificate",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                &drop_index(NARROW),
                &create_index(NARROW, "(not_after)"),
                &drop_index(WIDE),
                &format!("drop statistics if exists {TOGETHER}"),
                VISIBLE_LATER,
            ],
        )
        .await
    }

    /// PostgreSQL makes an index beside the work that goes on only outside of a transaction.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}

fn create_index(name: &str, over: &str) -> String {
    format!("create index concurrently {name} on inventory_certificate {over}")
}

fn drop_index(name: &str) -> String {
    format!("drop index concurrently if exists {name}")
}

/// On PostgreSQL; others have no such indexes.
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    for statement in statements {
        let connection = manager.get_connection();
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
