//! Bringing a schema up to date. What a newer release has done to it is left as it is: programs of one release run on the
//! schema of the next, so that pods of before may start again during an upgrade, and after a rollback.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr, sea_query::Query};
use sea_orm_migration::{MigratorTrait, SchemaManager};

/// What the names of the tables begin with that tell which changes were made.
const CHANGES: &str = "schema_change_";
/// The same of release 0.1.0, whose programs refuse to start when a change stands there that they do not know: what comes
/// after it is written down elsewhere.
const CHANGES_BEFORE: &str = "seaql_migrations_";

pub(super) async fn bring_up_to_date<M: MigratorTrait>(
    connection: &DatabaseConnection,
) -> Result<(), DbErr> {
    let known: BTreeSet<String> = M::get_migration_files()
        .iter()
        .map(|change| change.name().to_owned())
        .collect();
    let mut made = changes::<M>(connection).await?;
    if made.is_empty() && adopt::<M>(connection).await? {
        made = changes::<M>(connection).await?;
    }
    let newer: Vec<&str> = made.difference(&known).map(String::as_str).collect();
    if newer.is_empty() {
        return M::up(connection, None).await;
    }
    let missing: Vec<&str> = known.difference(&made).map(String::as_str).collect();
    if missing.is_empty() {
        tracing::info!(changes = ?newer, "the schema is a newer release's");
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "the schema has {}, which this release does not know, and has not {}",
        newer.join(", "),
        missing.join(", ")
    )))
}

async fn changes<M: MigratorTrait>(
    connection: &DatabaseConnection,
) -> Result<BTreeSet<String>, DbErr> {
    let models = M::get_migration_models(connection).await?;
    Ok(models.into_iter().map(|made| made.version).collect())
}

/// Takes over what release 0.1.0 wrote down; says whether there was anything.
async fn adopt<M: MigratorTrait>(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let own = M::migration_table_name().to_string();
    let Some(name) = own.strip_prefix(CHANGES) else {
        return Ok(false);
    };
    let before = format!("{CHANGES_BEFORE}{name}");
    if !SchemaManager::new(connection).has_table(&before).await? {
        return Ok(false);
    }
    let columns = ["version", "applied_at"];
    let there = Query::select().columns(columns).from(before).to_owned();
    let mut take = Query::insert();
    take.into_table(own)
        .columns(columns)
        .select_from(there)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    connection.execute(&take).await?;
    Ok(true)
}
