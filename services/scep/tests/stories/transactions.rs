//! Promises, on all three databases: a repeated message gets the same certificate and CLM is asked for one only, on
//! whatever replica; transactions are not mixed up; who waits for approval polls, on any replica, and nobody else may.

use std::sync::Arc;

use ers_migrations::MigratorTrait as _;
use ers_migrations::scep::Migrator;
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;
use sea_orm::ConnectionTrait as _;

use crate::support::{Device, Mode, World};

/// IssuerAndSubject of two names without attributes.
const NAMES: &[u8] = b"\x30\x04\x30\x00\x30\x00";

on_every_database!(
    a_repetition_on_any_replica_gets_the_same_certificate,
    transactions_are_not_mixed_up,
    a_request_waits_for_approval_and_is_polled_on_any_replica,
    the_schema_goes_up_down_and_up_again,
    failure_44_a_schema_of_a_newer_release_is_left_as_it_is,
    what_release_0_1_0_wrote_down_of_the_schema_is_taken_over,
);

/// Failure 39: a replayed transactionID makes no second certificate. Failure 2: the client repeats after a lost answer.
async fn a_repetition_on_any_replica_gets_the_same_certificate(database: TestDatabase) {
    let world = World::over(&database).await;
    let authority = world.authority("/scep").await;
    let here = format!("{}/scep", world.base);
    let there = format!("{}/scep", world.replica().await);
    let device = Arc::new(Device::new("phone"));
    let csr = device.csr("phone.example.com", "once-phone");
    // CLM's answer is lost: the client hears of nothing, and the challenge is used up
    world.clm.mode(Mode::LoseAnswer);
    let message = device.message(&authority, "19", "P1", &csr);
    let (status, _) = crate::support::device::post(&here, message.clone()).await;
    assert_eq!(status, 503);
    world.clm.mode(Mode::Issue);
    let first = device.post(&there, &authority, "P1", message.clone()).await;
    let first = first.certificates();
    // the message as it was, and the same request in another one
    let again = device
        .post(&here, &authority, "P1", message)
        .await
        .certificates();
    assert_eq!(first, again);
    let again = device
        .ask(&there, &authority, "19", "P1", &csr)
        .await
        .certificates();
    assert_eq!(first, again);
    assert_eq!(world.clm.requests(), 1);
    assert_eq!(world.clm.questions().len(), 1);
    // many at once
    let csr = device.csr("phone.example.com", "secret");
    let mut tasks = Vec::new();
    for number in 0..8 {
        let url = if number % 2 == 0 { &here } else { &there };
        let (device, url, authority, csr) = (
            Arc::clone(&device),
            url.clone(),
            authority.clone(),
            csr.clone(),
        );
        tasks.push(tokio::spawn(async move {
            device
                .ask(&url, &authority, "19", "P2", &csr)
                .await
                .certificates()
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    assert!(all.iter().all(|one| *one == all[0]));
    assert_eq!(world.clm.requests(), 2);
}

/// Failure 39: mixed-up transactions are refused, and nothing else happens.
async fn transactions_are_not_mixed_up(database: TestDatabase) {
    let world = World::over(&database).await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let (one, other) = (Device::new("one"), Device::new("other"));
    world.clm.mode(Mode::Wait);
    let csr = one.csr("one.example.com", "secret");
    assert_eq!(
        one.ask(&url, &authority, "19", "M1", &csr).await.status,
        "3"
    );
    // another client under the same transactionID
    let theirs = other.csr("other.example.com", "secret");
    let answer = other.ask(&url, &authority, "19", "M1", &theirs).await;
    assert_eq!(answer.failure(), "2");
    // another request of the same client, while the first one waits
    let next = one.csr("two.example.com", "secret");
    let answer = one.ask(&url, &authority, "19", "M1", &next).await;
    assert_eq!(answer.failure(), "2");
    assert_eq!(world.clm.requests(), 1);
    // the same transactionID under another policy is another transaction
    let old = format!("{}/scep/old", world.base);
    assert_eq!(
        other
            .ask(&old, &authority, "19", "M1", &theirs)
            .await
            .status,
        "3"
    );
    // once it is over, the client may begin anew: old devices make the transactionID of their key
    world.clm.decide(true);
    one.ask(&url, &authority, "20", "M1", NAMES)
        .await
        .certificates();
    world.clm.mode(Mode::Issue);
    let leaf = one
        .ask(&url, &authority, "19", "M1", &next)
        .await
        .certificates();
    assert_eq!(world.clm.requests(), 3);
    let again = one
        .ask(&url, &authority, "19", "M1", &next)
        .await
        .certificates();
    assert_eq!(leaf, again);
}

async fn a_request_waits_for_approval_and_is_polled_on_any_replica(database: TestDatabase) {
    let world = World::over(&database).await;
    let authority = world.authority("/scep").await;
    let here = format!("{}/scep", world.base);
    let there = format!("{}/scep", world.replica().await);
    let device = Device::new("controller");
    world.clm.mode(Mode::Wait);
    let csr = device.csr("controller.example.com", "once-controller");
    for url in [&here, &there] {
        let answer = device.ask(url, &authority, "19", "Q1", &csr).await;
        assert_eq!((answer.status.as_str(), &answer.content), ("3", &None));
    }
    let polled = device.ask(&there, &authority, "20", "Q1", NAMES).await;
    assert_eq!(polled.status, "3");
    // another one's transaction is as unknown as none
    let other = Device::new("other");
    for transaction in ["Q1", "Q2"] {
        let answer = other.ask(&here, &authority, "20", transaction, NAMES).await;
        assert_eq!(answer.failure(), "4");
    }
    world.clm.decide(true);
    let polled = device.ask(&there, &authority, "20", "Q1", NAMES).await;
    assert_eq!(polled.certificates().len(), 2);
    assert_eq!(
        polled,
        device.ask(&here, &authority, "19", "Q1", &csr).await
    );
    // after its time it is forgotten
    world.clock.advance(time::Duration::days(8));
    let polled = device.ask(&here, &authority, "20", "Q1", NAMES).await;
    assert_eq!(polled.failure(), "4");
    // a person said no
    world.clm.mode(Mode::Wait);
    let csr = device.csr("controller.example.com", "secret");
    assert_eq!(
        device.ask(&here, &authority, "19", "Q3", &csr).await.status,
        "3"
    );
    world.clm.decide(false);
    let polled = device.ask(&there, &authority, "20", "Q3", NAMES).await;
    assert_eq!(polled.failure(), "2");
}

async fn the_schema_goes_up_down_and_up_again(database: TestDatabase) {
    let db = ers_runtime::db::connect::<Migrator>(&database.config)
        .await
        .unwrap();
    Migrator::down(&db, None).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    assert!(
        Migrator::get_pending_migrations(&db)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Failure 44: a program starts again on the schema of the next release; on one of neither it refuses cleanly.
async fn failure_44_a_schema_of_a_newer_release_is_left_as_it_is(database: TestDatabase) {
    let start = || ers_runtime::db::connect::<Migrator>(&database.config);
    let db = start().await.unwrap();
    db.execute_unprepared(
        "INSERT INTO schema_change_scep (version, applied_at) VALUES ('m29990101_000001_of_tomorrow', 0)",
    )
    .await
    .unwrap();
    start().await.unwrap();
    let first = Migrator::get_migration_files()[0].name().to_owned();
    db.execute_unprepared(&format!(
        "DELETE FROM schema_change_scep WHERE version = '{first}'"
    ))
    .await
    .unwrap();
    let refused = ers_runtime::error::chain(&start().await.unwrap_err());
    assert!(
        refused.contains("m29990101_000001_of_tomorrow"),
        "{refused}"
    );
    assert!(refused.contains(&first), "{refused}");
}

async fn what_release_0_1_0_wrote_down_of_the_schema_is_taken_over(database: TestDatabase) {
    let start = || ers_runtime::db::connect::<Migrator>(&database.config);
    let db = start().await.unwrap();
    for statement in [
        "CREATE TABLE seaql_migrations_scep (version VARCHAR(255) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)",
        "INSERT INTO seaql_migrations_scep SELECT version, applied_at FROM schema_change_scep",
        "DROP TABLE schema_change_scep",
    ] {
        db.execute_unprepared(statement).await.unwrap();
    }
    // once more: half of it was done when the first was cut off
    for _ in 0..2 {
        start().await.unwrap();
        let known = Migrator::get_applied_migrations(&db).await.unwrap().len();
        assert_eq!(known, Migrator::migrations().len());
        db.execute_unprepared("DELETE FROM schema_change_scep")
            .await
            .unwrap();
    }
}
