//! Promises:
//! - every migration of CARA's tables can be taken back and run again, and what was there stays;
//! - what the release before writes, by its own columns, is generation 1 and partition 0.

use ers_migrations::{MigratorTrait as _, cara::Migrator};
use ers_test_support::{databases::TestDatabase, on_every_database};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    sea_query::{Expr, ExprTrait as _, Query},
};
use secrecy::ExposeSecret as _;

on_every_database!(rows_of_the_release_before_survive_migrations_both_ways);

async fn rows_of_the_release_before_survive_migrations_both_ways(database: TestDatabase) {
    let url = database.config.url.resolve().unwrap();
    let mut options = ConnectOptions::new(url.expose_secret().to_owned());
    options.map_sqlx_sqlite_opts(|options| options.create_if_missing(true));
    let connection = Database::connect(options).await.unwrap();
    // The first migration alone: the schema that was released.
    Migrator::up(&connection, Some(1)).await.unwrap();
    insert_crl(&connection, 1).await;
    for round in 0..2 {
        Migrator::up(&connection, None).await.unwrap();
        // Code of the release before goes on writing while replicas are replaced.
        insert_crl(&connection, 2 + round).await;
        let later = Migrator::migrations().len() - 1;
        Migrator::down(&connection, Some(u32::try_from(later).unwrap()))
            .await
            .unwrap();
    }
    Migrator::up(&connection, None).await.unwrap();
    let first = Query::select()
        .column("number")
        .from("crl")
        .and_where(Expr::col("generation").eq(1))
        .and_where(Expr::col("partition").eq(0))
        .order_by("number", sea_orm::sea_query::Order::Asc)
        .to_owned();
    let numbers: Vec<i64> = connection
        .query_all(&first)
        .await
        .unwrap()
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

async fn insert_crl(connection: &DatabaseConnection, number: i64) {
    let insert = Query::insert()
        .into_table("crl")
        .columns(["authority", "number", "der", "this_update", "next_update"])
        .values_panic([
            "root".into(),
            number.into(),
            vec![0x30_u8, 0].into(),
            0_i64.into(),
            1_i64.into(),
        ])
        .to_owned();
    connection.execute(&insert).await.unwrap();
}
