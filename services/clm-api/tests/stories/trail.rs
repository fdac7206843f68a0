//! Promises:
//! - the trail is searched by who, what, on what and when, and tells how it was before and after
//! - it is a chain: what is changed, taken out or put in is found; exports hold all of it
//! - acts at the same moment each have their place

use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};

use super::{
    clm::World,
    permissions::call,
    rest::{get, log_in, post},
};

on_every_database!(
    the_trail_is_searched_and_tells_before_and_after,
    a_changed_trail_is_found
);

async fn the_trail_is_searched_and_tells_before_and_after(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    world.clock.advance(time::Duration::minutes(10));
    let path = "/clm-api/v1/realms/shop";
    call(&world, &admin, "patch", path, json!({"title": "Shops"})).await;
    let found = get(
        &world,
        &admin,
        "audit?act=realm&object=shop&actor=administrator",
    )
    .await;
    let found = found.json();
    assert_eq!(found["total"], 2, "{found}");
    let changed = &found["events"][0];
    assert_eq!(
        (&changed["act"], &changed["realm"]),
        (&json!("realm.change"), &json!("shop"))
    );
    assert!(
        changed["before"]
            .as_str()
            .unwrap()
            .contains("\"title\":\"shop\""),
        "{changed}"
    );
    assert!(
        changed["after"]
            .as_str()
            .unwrap()
            .contains("\"title\":\"Shops\""),
        "{changed}"
    );
    let later = get(&world, &admin, "audit?from=2026-11-22T12:05:00Z&realm=shop")
        .await
        .json();
    assert_eq!(later["total"], 1, "{later}");
    let earlier = get(
        &world,
        &admin,
        "audit?until=2026-11-22T12:05:00Z&act=realm.change",
    )
    .await;
    assert_eq!(earlier.json()["total"], 0);
    let page = get(&world, &admin, "audit?page_size=1&search=SHOP")
        .await
        .json();
    let next = format!(
        "audit?page_size=1&search=shop&page_token={}",
        page["next_page_token"].as_str().unwrap()
    );
    assert_ne!(
        get(&world, &admin, &next).await.json()["events"],
        page["events"]
    );
    for wrong in [
        "audit?from=yesterday",
        "audit?page_size=0x",
        "audit/export?format=xml",
    ] {
        get(&world, &admin, wrong).await.assert_problem(400);
    }

    let total = get(&world, &admin, "audit").await.json()["total"]
        .as_u64()
        .unwrap();
    let lines = String::from_utf8(get(&world, &admin, "audit/export").await.body).unwrap();
    let events: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len() as u64, total);
    let table =
        String::from_utf8(get(&world, &admin, "audit/export?format=csv").await.body).unwrap();
    assert!(table.starts_with("at,actor,act,object"), "{table}");
    assert_eq!(table.matches("\r\n").count() as u64, total + 1);
    world.stop().await;
}

async fn a_changed_trail_is_found(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let makes = (0..8).map(|number| {
        let (world, admin) = (&world, &admin);
        async move {
            post(
                world,
                admin,
                "realms",
                json!({"name": format!("r{number}")}),
            )
            .await
        }
    });
    for answer in futures::future::join_all(makes).await {
        assert_eq!(answer.status, 201);
    }
    let whole = get(&world, &admin, "audit/verification").await.json();
    assert_eq!(
        (&whole["intact"], &whole["events"]),
        (&json!(true), &json!(10)),
        "{whole}"
    );

    world
        .sql("UPDATE audit_event SET object = 'r9' WHERE object = 'r3'")
        .await;
    let changed = get(&world, &admin, "audit/verification").await.json();
    assert_eq!(changed["intact"], false, "{changed}");
    world
        .sql("UPDATE audit_event SET object = 'r3' WHERE object = 'r9'")
        .await;
    assert_eq!(
        get(&world, &admin, "audit/verification").await.json()["intact"],
        true
    );
    world
        .sql("DELETE FROM audit_event WHERE object = 'r5'")
        .await;
    let gap = get(&world, &admin, "audit/verification").await.json();
    assert!(
        gap["intact"] == false && gap["broken_at"].as_i64().unwrap() > 1,
        "{gap}"
    );
    world.stop().await;
}

#[actix_web::test]
async fn an_end_that_is_cut_off_is_found() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    world
        .sql("DELETE FROM audit_event WHERE act = 'session.begin'")
        .await;
    let cut = get(&world, &admin, "audit/verification").await.json();
    assert_eq!(
        (&cut["intact"], &cut["broken_at"]),
        (&json!(false), &json!(2)),
        "{cut}"
    );
    world.stop().await;
}
