//! Promises:
//! - a first start makes realms, policies and one administrator, and tells the password once
//! - a second start changes nothing that people changed
//! - the schema goes down and up again
//! - of two first starts at once, one tells the password that works

use ers_proto::clm::v1 as proto;
use ers_test_support::{databases::TestDatabase, on_every_database};

use ers_migrations::clm::Migrator;
use sea_orm_migration::MigratorTrait as _;

use super::clm::World;

on_every_database!(
    a_second_start_keeps_what_people_changed,
    of_two_first_starts_at_once_one_makes_the_administrator,
    the_schema_goes_down_and_up_again,
);

async fn definition(world: &World, name: &str) -> proto::Policy {
    let request = proto::ShowPolicyRequest { name: name.into() };
    world
        .administration()
        .show_policy(request)
        .await
        .unwrap()
        .into_inner()
}

async fn a_second_start_keeps_what_people_changed(database: TestDatabase) {
    let world = World::over(database).await;
    assert!(world.password.is_some());
    let changed = definition(&world, "server")
        .await
        .definition
        .replace("longest: 1y", "longest: 100d");
    world.apply(&changed).await;
    let again = world.replica().await;
    assert_eq!(again.password, None);
    let server = definition(&again, "server").await;
    assert_eq!((server.version, server.definition), (2, changed));
    assert_eq!(definition(&again, "acme").await.version, 1);
    again.context.shutdown.stop();
    world.stop().await;
}

async fn of_two_first_starts_at_once_one_makes_the_administrator(database: TestDatabase) {
    let world = World::over(database).await;
    let (one, two) = tokio::join!(world.replica(), world.replica());
    assert_eq!(
        (one.password.is_some(), two.password.is_some()),
        (false, false)
    );
    one.context.shutdown.stop();
    two.context.shutdown.stop();
    world.stop().await;
}

async fn the_schema_goes_down_and_up_again(database: TestDatabase) {
    let connection = ers_runtime::db::connect::<Migrator>(&database.config)
        .await
        .unwrap();
    Migrator::down(&connection, None).await.unwrap();
    connection.close().await.unwrap();
    let world = World::over(database).await;
    assert!(world.password.is_some());
    world.stop().await;
}
