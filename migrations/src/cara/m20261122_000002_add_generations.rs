//! A CA lives longer than its keys: it has generations, each with a key, certificates, CRLs and OCSP signers of its own.
//! What is there already is generation 1 and partition 0, and so is what code of the release before goes on writing.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::{
    column::{bytes, text},
    table::drop_tables,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 4] = [
    "profile",
    "pending_act",
    "authority_certificate",
    "authority_generation",
];

const CRL_KEY_BEFORE: [&str; 2] = ["authority", "number"];
const CRL_KEY: [&str; 5] = ["authority", "generation", "partition", "delta", "number"];
const CRL_COLUMNS_BEFORE: [&str; 5] = ["authority", "number", "der", "this_update", "next_update"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in added(manager.get_database_backend()) {
            add(manager, table, column).await?;
        }
        create_authority_generation(manager).await?;
        create_authority_certificate(manager).await?;
        create_pending_act(manager).await?;
        create_profile(manager).await?;
        match manager.get_database_backend() {
            DatabaseBackend::Sqlite => {
                rebuild_crl(manager, true).await?;
            }
            backend => {
                for column in crl_columns() {
                    add(manager, "crl", column).await?;
                }
                replace_crl_key(manager, backend, &CRL_KEY).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        // The schema before has no place for them; rev-info had them from here.
        let later = Query::delete()
            .from_table("crl")
            .cond_where(
                Condition::any()
                    .add(Expr::col("generation").ne(1))
                    .add(Expr::col("partition").ne(0))
                    .add(Expr::col("delta").eq(true)),
            )
            .to_owned();
        manager.execute(later).await?;
        if backend == DatabaseBackend::Sqlite {
            rebuild_crl(manager, false).await?;
        } else {
            replace_crl_key(manager, backend, &CRL_KEY_BEFORE).await?;
            for column in ["generation", "partition", "delta"] {
                drop_column(manager, "crl", column).await?;
            }
        }
        drop_tables(manager, &TABLES).await?;
        for (table, column) in added(backend) {
            drop_column(manager, table, &column.get_column_name()).await?;
        }
        Ok(())
    }
}

/// Columns that tables have got, but for `crl`, whose key changes too.
fn added(backend: DatabaseBackend) -> Vec<(&'static str, ColumnDef)> {
    let mut columns = vec![
        ("authority", generation()),
        // JSON; null: as configured
        ("authority", long_text(backend, "settings").null().take()),
        ("authority", number("settings_version")),
    ];
    columns.extend([
        ("certificate", generation()),
        // the part of the CA's CRL that it names, chosen when it was issued
        ("certificate", number("crl_partition")),
        // of a profile in the table `profile`; 0: a ready or configured one
        ("certificate", number("profile_version")),
    ]);
    columns
}

fn crl_columns() -> [ColumnDef; 3] {
    [
        generation(),
        number("partition"),
        ColumnDef::new("delta")
            .boolean()
            .not_null()
            .default(false)
            .take(),
    ]
}

fn generation() -> ColumnDef {
    ColumnDef::new("generation")
        .small_integer()
        .not_null()
        .default(1)
        .take()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().default(0).take()
}

fn long_text(backend: DatabaseBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        DatabaseBackend::MySql => {
            column.custom("longtext character set utf8mb4 collate utf8mb4_bin")
        }
        _ => column.text(),
    };
    column
}

async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).add_column(column).to_owned())
        .await
}

async fn drop_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &str,
) -> Result<(), DbErr> {
    manager
        .alter_table(
            Table::alter()
                .table(table)
                .drop_column(Alias::new(column))
                .to_owned(),
        )
        .await
}

async fn create_authority_generation(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("authority_generation")
        .col(text(backend, "authority", 64).not_null())
        .col(ColumnDef::new("generation").small_integer().not_null())
        // 1 awaiting its certificate, 2 prepared, 3 current, 4 superseded
        .col(ColumnDef::new("state").small_integer().not_null())
        // empty: the key is not ours
        .col(text(backend, "key_id", 64).not_null())
        .col(text(backend, "signature_algorithm", 32).not_null())
        // PKCS#10, while another CA is to sign
        .col(bytes(backend, "request").null())
        .col(bytes(backend, "certificate").null())
        // when it becomes the current one by itself
        .col(ColumnDef::new("switch_at").big_integer().null())
        // of generation 1 in the table `ocsp_signer`
        .col(number("ocsp_renewal"))
        .col(text(backend, "ocsp_key_id", 64).null())
        .col(bytes(backend, "ocsp_certificate").null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(text(backend, "created_by", 256).not_null())
        .primary_key(Index::create().col("authority").col("generation"))
        .to_owned();
    manager.create_table(table).await
}

/// Certificates of CAs beside the one that they issue with: link, cross, renewed, and of foreign CAs above them.
async fn create_authority_certificate(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("authority_certificate")
        .col(text(backend, "authority", 64).not_null())
        // SHA-256, hex
        .col(text(backend, "fingerprint", 64).not_null())
        .col(generation())
        // 1 own, 2 OldWithNew, 3 NewWithOld, 4 cross, 5 above
        .col(ColumnDef::new("kind").small_integer().not_null())
        .col(bytes(backend, "certificate").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .primary_key(Index::create().col("authority").col("fingerprint"))
        .to_owned();
    manager.create_table(table).await
}

/// Acts that wait for a second administrator.
async fn create_pending_act(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("pending_act")
        .col(text(backend, "id", 64).not_null().primary_key())
        .col(text(backend, "act", 64).not_null())
        // the CA or profile that it is about
        .col(text(backend, "object", 64).not_null())
        // what is to be done, as it was asked for
        .col(bytes(backend, "content").not_null())
        .col(text(backend, "requester", 256).not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("expires_at").big_integer().not_null())
        // 1 waiting, 2 approved, 3 rejected
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(text(backend, "decided_by", 256).null())
        .col(ColumnDef::new("decided_at").big_integer().null())
        .to_owned();
    manager.create_table(table).await
}

/// Certificate profiles that administrators have put. Versions are never changed: certificates name them.
async fn create_profile(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let table = Table::create()
        .table("profile")
        .col(text(backend, "name", 64).not_null())
        .col(ColumnDef::new("version").integer().not_null())
        // JSON; empty: deleted with this version
        .col(long_text(backend, "definition").not_null().take())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(text(backend, "created_by", 256).not_null())
        .primary_key(Index::create().col("name").col("version"))
        .to_owned();
    manager.create_table(table).await
}

async fn replace_crl_key(
    manager: &SchemaManager<'_>,
    backend: DatabaseBackend,
    columns: &[&str],
) -> Result<(), DbErr> {
    let quote = if backend == DatabaseBackend::MySql {
        '`'
    } else {
        '"'
    };
    let columns: Vec<_> = columns
        .iter()
        .map(|column| format!("{quote}{column}{quote}"))
        .collect();
    let dropped = match backend {
        DatabaseBackend::MySql => "drop primary key",
        _ => "drop constraint crl_pkey",
    };
    let statement = format!(
        "alter table crl {dropped}, add primary key ({})",
        columns.join(", ")
    );
    manager
        .get_connection()
        .execute_unprepared(&statement)
        .await?;
    Ok(())
}

/// SQLite cannot change a table's key: the table is made anew. In one go on one connection, since another one of the
/// pool may not have heard yet that a table is gone.
async fn rebuild_crl(manager: &SchemaManager<'_>, with_generations: bool) -> Result<(), DbErr> {
    let (added, key) = if with_generations {
        (
            "generation smallint not null default 1, partition integer not null default 0, \
             delta boolean not null default false, ",
            &CRL_KEY[..],
        )
    } else {
        ("", &CRL_KEY_BEFORE[..])
    };
    let (key, columns) = (key.join(", "), CRL_COLUMNS_BEFORE.join(", "));
    let statements = format!(
        "begin immediate; \
         create table crl_anew (authority varchar(64) not null, number bigint not null, der blob not null, \
         this_update bigint not null, next_update bigint not null, {added}primary key ({key})); \
         insert into crl_anew ({columns}) select {columns} from crl; \
         drop table crl; \
         alter table crl_anew rename to crl; \
         commit"
    );
    manager
        .get_connection()
        .execute_unprepared(&statements)
        .await?;
    Ok(())
}
