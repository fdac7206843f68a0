//! Promises:
//! - every migration of CLM's tables can be taken back and run again, and what was there stays;
//! - who was administrator in the release before is administrator of everything.

use ers_migrations::{MigratorTrait as _, clm::Migrator};
use ers_test_support::{databases::TestDatabase, on_every_database};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use secrecy::ExposeSecret as _;

use super::{clm::World, rest::get};

on_every_database!(accounts_of_the_release_before_survive_migrations_and_administer);

/// Up to the schema of the release before.
const BEFORE: u32 = 7;

async fn accounts_of_the_release_before_survive_migrations_and_administer(database: TestDatabase) {
    let url = database.config.url.resolve().unwrap();
    let mut options = ConnectOptions::new(url.expose_secret().to_owned());
    options.map_sqlx_sqlite_opts(|options| options.create_if_missing(true));
    let connection = Database::connect(options).await.unwrap();
    Migrator::up(&connection, Some(BEFORE)).await.unwrap();
    insert(&connection, "anna").await;
    let later = u32::try_from(Migrator::migrations().len()).unwrap() - BEFORE;
    Migrator::up(&connection, None).await.unwrap();
    // Code of the release before goes on writing while replicas are replaced.
    insert(&connection, "berta").await;
    Migrator::down(&connection, Some(later)).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    connection.close().await.unwrap();

    let world = World::over(database).await;
    let request = ers_proto::clm::v1::SetAdministratorPasswordRequest {
        username: "berta".into(),
        password: super::permissions::PASSWORD.into(),
    };
    world
        .administration()
        .set_administrator_password(request)
        .await
        .unwrap();
    let berta = super::permissions::log_in_as(&world, "berta").await;
    let people = get(&world, &berta, "people").await.json();
    assert_eq!(people["people"].as_array().unwrap().len(), 2, "{people}");
    let report = get(&world, &berta, "audit/verification").await.json();
    assert_eq!(
        (&report["intact"], &report["unchained"]),
        (&true.into(), &1.into()),
        "{report}"
    );
    world.stop().await;
}

/// An account and an act, as the release before writes them.
async fn insert(connection: &DatabaseConnection, username: &str) {
    connection
        .execute_unprepared(&format!(
            "INSERT INTO administrator (username, password_hash, failures, created_at, updated_at) \
             VALUES ('{username}', '-', 0, 0, 0)"
        ))
        .await
        .unwrap();
    if username == "anna" {
        let act = "INSERT INTO audit_event (at, actor, act, object, detail) VALUES (0, 'a', 'b', 'c', '')";
        connection.execute_unprepared(act).await.unwrap();
    }
}
