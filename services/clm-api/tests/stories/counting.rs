//! Promises:
//! - the overview counts what is valid, revoked, expired and waiting, of a realm or of all
//! - issuance falls on its day, expiry into its week

use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::Value;

use super::{
    clm::{World, issued, wish},
    rest::{get, log_in, post},
};

on_every_database!(the_overview_counts_states_days_and_weeks);

fn counts(list: &Value) -> Vec<u64> {
    let one = |bucket: &Value| bucket["count"].as_u64().unwrap();
    list.as_array().unwrap().iter().map(one).collect()
}

async fn the_overview_counts_states_days_and_weeks(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    issued(world.enroll(wish("old", "dns:old.test")).await);
    world.clock.advance(time::Duration::days(2));
    let token = log_in(&world).await;
    let revoked = issued(world.enroll(wish("bad", "dns:bad.test")).await);
    issued(world.enroll(wish("new", "dns:new.test")).await);
    let mut waiting = wish("asked", "dns:asked.test");
    waiting.policy = "manual".into();
    world.enroll(waiting).await;
    world.caught_up().await;
    let path = format!("certificates/{}/revocation", revoked.serial);
    post(&world, &token, &path, serde_json::json!({})).await;
    world.caught_up().await;

    let all = get(&world, &token, "statistics").await.json();
    assert_eq!(
        (&all["valid"], &all["revoked"], &all["expired"]),
        (&2.into(), &1.into(), &0.into()),
        "{all}"
    );
    assert_eq!(all["pending_requests"], 1);
    let days = counts(&all["issued_per_day"]);
    assert_eq!(days.len(), 30);
    assert_eq!(days[27..], [1, 0, 2], "{all}");
    let weeks = counts(&all["expiring_per_week"]);
    assert_eq!(weeks.len(), 13);

    let system = get(&world, &token, "statistics?realm=system").await.json();
    assert_eq!(
        (&system["valid"], &system["pending_requests"]),
        (&0.into(), &0.into())
    );
    get(&world, &token, "statistics?realm=NOT%20A%20REALM")
        .await
        .assert_problem(400);

    // as long as none is left: what ended is expired, and what was revoked stays revoked
    world.clock.advance(time::Duration::days(500));
    let token = log_in(&world).await;
    let later = get(&world, &token, "statistics").await.json();
    assert_eq!(
        (&later["valid"], &later["revoked"], &later["expired"]),
        (&0.into(), &1.into(), &2.into()),
        "{later}"
    );
    assert_eq!(counts(&later["issued_per_day"]).iter().sum::<u64>(), 0);
    world.stop().await;
}
