//! Promises:
//! - a POST that is repeated with its `Idempotency-Key` makes one thing and is answered the same, also by another replica
//! - the key of another body, path or caller is another matter
//! - what failed made nothing and may be tried again; a secret that was shown once is kept sealed

use actix_web::test;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};

use super::{
    clm::World,
    permissions::{person, token},
    rest::{Answer, get, log_in, send, with},
};

on_every_database!(
    a_repeated_post_makes_one_thing_and_is_answered_the_same,
    of_many_at_the_same_time_one_acts
);

async fn post(world: &World, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let request = test::TestRequest::post()
        .uri(&format!("/clm-api/v1/{path}"))
        .insert_header(("Idempotency-Key", key))
        .set_json(body);
    send(world, with(token, request)).await
}

async fn a_repeated_post_makes_one_thing_and_is_answered_the_same(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    let admin = log_in(&world).await;
    let token = token(&world, &admin, &["realm:read", "realm:manage"], None).await;
    let realm = json!({"name": "shop"});
    let first = post(&world, &token, "realms", "k-1", &realm).await;
    assert_eq!(first.status, 201);
    for world in [&world, &other] {
        let again = post(world, &token, "realms", "k-1", &realm).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers.get("idempotency-replayed").unwrap(), "true");
        for name in ["location", "etag", "content-type"] {
            assert_eq!(again.headers.get(name), first.headers.get(name), "{name}");
        }
    }
    let acts = world.trail().await;
    let made = acts.iter().filter(|(_, act, _)| act == "realm.create");
    assert_eq!(made.count(), 1);
    let another = post(&world, &token, "realms", "k-1", &json!({"name": "farm"})).await;
    assert_eq!(another.assert_problem(422)["field"], "Idempotency-Key");
    // The key of somebody else is another one.
    post(&world, &admin, "realms", "k-1", &realm)
        .await
        .assert_problem(409);
    let wrong = post(&world, &admin, "realms", "with space", &realm).await;
    assert_eq!(wrong.assert_problem(400)["field"], "Idempotency-Key");
    // As much may be repeated as may be asked.
    let import = |octets| json!({"policy": "none", "certificates": " ".repeat(octets)});
    let large = post(
        &world,
        &admin,
        "certificates/imports",
        "k-2",
        &import(1 << 20),
    )
    .await;
    large.assert_problem(404);
    let too_large = post(
        &world,
        &admin,
        "certificates/imports",
        "k-2",
        &import(3 << 20),
    )
    .await;
    too_large.assert_problem(413);

    // A day later it is forgotten.
    world.clock.advance(time::Duration::hours(25));
    post(&world, &token, "realms", "k-1", &realm)
        .await
        .assert_problem(409);
    other.stop().await;
    world.stop().await;
}

/// Failure 12: the same request by many at the same time acts once.
async fn of_many_at_the_same_time_one_acts(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let wish = json!({"permissions": ["certificate:read"], "realm": "default"});
    let tries = (0..6).map(|_| post(&world, &admin, "clients/acme/tokens", "k", &wish));
    let mut tokens = std::collections::BTreeSet::new();
    for answer in futures::future::join_all(tries).await {
        match answer.status.as_u16() {
            201 => {
                tokens.insert(answer.json()["token"].as_str().unwrap().to_owned());
            }
            409 => assert_eq!(answer.assert_problem(409)["retry_after"], 1),
            status => panic!("{status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    assert_eq!(tokens.len(), 1);
    let listed = get(&world, &admin, "clients/acme/tokens").await.json();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    world.stop().await;
}

#[actix_web::test]
async fn what_failed_may_be_tried_again() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let client = json!({"name": "builder", "realm": "shop"});
    post(&world, &admin, "clients", "k", &client)
        .await
        .assert_problem(404);
    post(&world, &admin, "realms", "r", &json!({"name": "shop"})).await;
    let made = post(&world, &admin, "clients", "k", &client).await;
    assert_eq!(made.status, 201);
    assert!(made.headers.get("idempotency-replayed").is_none());
    world.stop().await;
}

/// Failure 48: a secret that is answered once is not kept in the clear.
#[actix_web::test]
async fn a_secret_that_is_shown_again_is_kept_sealed() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let new = json!({"username": "anna"});
    let first = post(&world, &admin, "people", "k", &new).await.json();
    let kept = world.bytes("SELECT body FROM reply").await;
    assert_eq!(kept.len(), 1);
    assert!(
        kept[0].starts_with(b"clm/reply\0"),
        "the signer sealed it for this use"
    );
    let again = post(&world, &admin, "people", "k", &new).await;
    assert_eq!(again.headers.get("cache-control").unwrap(), "no-store");
    assert_eq!(again.json()["password"], first["password"]);
    world.stop().await;
}

#[actix_web::test]
async fn who_lost_the_permission_is_not_answered_again() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let anna = person(&world, &admin, "anna", &[("administrator", "")]).await;
    let realm = json!({"name": "shop"});
    assert_eq!(post(&world, &anna, "realms", "k", &realm).await.status, 201);
    let bindings = get(&world, &admin, "role-bindings?search=anna")
        .await
        .json();
    let id = bindings["role_bindings"][0]["id"].as_str().unwrap();
    let path = format!("/clm-api/v1/role-bindings/{id}");
    let taken = test::TestRequest::delete().uri(&path);
    assert_eq!(send(&world, with(&admin, taken)).await.status, 204);
    post(&world, &anna, "realms", "k", &realm)
        .await
        .assert_problem(403);
    world.stop().await;
}
