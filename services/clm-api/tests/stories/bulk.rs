//! Promises:
//! - many certificates are tagged, given to somebody, renewed and revoked by one act, which tells how far it has come
//! - what could not be done to a certificate is told with it; nothing is done beyond one's realm
//! - an act that cannot be read does not keep others from going on
//! - an act is begun once however often it is asked for, goes on after a restart, and can be ended

use ers_proto::clm::v1 as proto;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};

use super::{
    clm::{World, issued, wish},
    noting::found,
    permissions::{call, token},
    rest::{get, log_in, post, send, with},
};

on_every_database!(
    many_certificates_are_changed_renewed_and_revoked_by_one_act,
    failure_of_one_is_told_and_nothing_is_done_beyond_ones_realm,
    an_act_is_begun_once_and_goes_on_after_a_restart,
    an_act_that_cannot_be_read_stands_in_nobodys_way,
);

pub async fn ended(world: &World, token: &str, id: &str) -> Value {
    for _ in 0..400 {
        let act = get(world, token, &format!("bulk-acts/{id}")).await.json();
        if act["state"] != "running" {
            return act;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("bulk act {id} does not end");
}

async fn done(world: &World, token: &str, kind: &str, wish: Value) -> Value {
    let begun = post(world, token, &format!("bulk-acts/{kind}"), wish).await;
    let text = String::from_utf8_lossy(&begun.body).into_owned();
    assert_eq!(begun.status, 202, "{text}");
    ended(world, token, begun.json()["id"].as_str().unwrap()).await
}

fn counts(act: &Value) -> [u64; 4] {
    ["total", "done", "unchanged", "failed"].map(|field| act[field].as_u64().unwrap())
}

async fn populate(world: &World, names: &[&str]) -> Vec<String> {
    let mut serials = Vec::new();
    for name in names {
        let made = world.enroll(wish(name, &format!("dns:{name}.test"))).await;
        serials.push(issued(made).serial);
    }
    world.caught_up().await;
    serials
}

async fn many_certificates_are_changed_renewed_and_revoked_by_one_act(database: TestDatabase) {
    let world = World::over(database).await;
    let token = log_in(&world).await;
    let serials = populate(&world, &["a", "b", "c"]).await;
    let change =
        json!({"filter": {"search": ".test"}, "owner": "anna", "set_tags": ["env=test", "web"]});
    let act = done(&world, &token, "changes", change.clone()).await;
    assert_eq!(counts(&act), [3, 3, 0, 0], "{act}");
    let again = done(&world, &token, "changes", change).await;
    assert_eq!(counts(&again), [3, 0, 3, 0], "{again}");
    let ids = json!({"ids": [serials[0]], "remove_tags": ["web"], "set_tags": ["env=prod"]});
    done(&world, &token, "changes", ids).await;
    assert_eq!(
        found(&world, &token, "tags=web&owner=anna").await,
        ["c", "b"]
    );

    let renew = json!({"filter": {"tags": "env=prod"}, "within": "1h", "explanation_url": "https://pki.example.org/why"});
    let act = done(&world, &token, "renewals", renew).await;
    assert_eq!(counts(&act), [1, 1, 0, 0], "{act}");
    let suggestion = world
        .enrollment("acme")
        .suggest_renewal(proto::SuggestRenewalRequest {
            by: Some(proto::suggest_renewal_request::By::Certificate(
                world.cara.certificates()[0].der.clone(),
            )),
        })
        .await
        .unwrap()
        .into_inner();
    assert!(suggestion.pulled_forward, "{suggestion:?}");

    let revoke = json!({"filter": {"tags": "env=test"}, "reason": "cessationOfOperation"});
    let act = done(&world, &token, "revocations", revoke.clone()).await;
    assert_eq!(counts(&act), [2, 2, 0, 0], "{act}");
    assert_eq!(found(&world, &token, "state=revoked").await, ["c", "b"]);
    let act = done(&world, &token, "revocations", revoke).await;
    assert_eq!(
        counts(&act),
        [0, 0, 0, 0],
        "only valid ones are meant: {act}"
    );
    let trail = world.trail().await;
    let acts = |name: &str| trail.iter().filter(|(_, act, _)| act == name).count();
    assert_eq!((acts("inventory.bulk"), acts("certificate.revoke")), (6, 2));
    let listed = get(&world, &token, "bulk-acts?page_size=4").await.json();
    assert_eq!(
        (
            listed["bulk_acts"].as_array().unwrap().len(),
            &listed["total"]
        ),
        (4, &json!(6))
    );
    world.stop().await;
}

async fn failure_of_one_is_told_and_nothing_is_done_beyond_ones_realm(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let serials = populate(&world, &["a", "b"]).await;
    let ids = json!({"ids": [serials[0], "ffffffffffff", serials[1]]});
    let act = done(&world, &admin, "revocations", ids).await;
    assert_eq!(counts(&act), [3, 2, 0, 1], "{act}");
    assert_eq!(act["failures"][0]["certificate"], "ffffffffffff");
    assert!(
        act["failures"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("there is none")
    );

    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    let permissions = [
        "certificate:revoke",
        "certificate:read",
        "certificate:manage",
    ];
    let shop = token(&world, &admin, &permissions, Some("shop")).await;
    let act = done(
        &world,
        &shop,
        "changes",
        json!({"filter": {"search": "test"}, "owner": "me"}),
    )
    .await;
    assert_eq!(counts(&act), [0, 0, 0, 0], "{act}");
    let act = done(
        &world,
        &shop,
        "changes",
        json!({"ids": [serials[0]], "owner": "me"}),
    )
    .await;
    assert_eq!(counts(&act), [1, 0, 0, 1], "{act}");
    let others = get(&world, &admin, "bulk-acts").await.json();
    let first = others["bulk_acts"][2]["id"].as_str().unwrap();
    get(&world, &shop, &format!("bulk-acts/{first}"))
        .await
        .assert_problem(404);
    let listed = get(&world, &shop, "bulk-acts").await.json();
    assert_eq!((&listed["total"], &others["total"]), (&json!(2), &json!(3)));
    let reads = token(&world, &admin, &["certificate:read"], None).await;
    for kind in ["revocations", "renewals", "changes"] {
        post(
            &world,
            &reads,
            &format!("bulk-acts/{kind}"),
            json!({"ids": [serials[0]]}),
        )
        .await
        .assert_problem(403);
    }
    wrong_wishes_are_named(&world, &admin).await;
    world.stop().await;
}

async fn wrong_wishes_are_named(world: &World, admin: &str) {
    for (kind, wish, field) in [
        ("revocations", json!({}), "filter"),
        (
            "revocations",
            json!({"filter": {"order": "expiry"}}),
            "filter",
        ),
        (
            "revocations",
            json!({"ids": ["abcdef01"], "filter": {"search": "a"}}),
            "filter",
        ),
        ("revocations", json!({"ids": ["x"]}), "ids"),
        ("revocations", json!({"filter": {"state": "odd"}}), "state"),
        (
            "revocations",
            json!({"ids": ["abcdef01"], "reason": "boredom"}),
            "reason",
        ),
        (
            "renewals",
            json!({"ids": ["abcdef01"], "within": "2y"}),
            "within",
        ),
        (
            "renewals",
            json!({"ids": ["abcdef01"], "explanation_url": "http://a"}),
            "explanation_url",
        ),
        ("changes", json!({"ids": ["abcdef01"]}), "set_tags"),
        (
            "changes",
            json!({"ids": ["abcdef01"], "set_tags": ["a b"]}),
            "tags",
        ),
    ] {
        let problem = post(world, admin, &format!("bulk-acts/{kind}"), wish.clone()).await;
        assert_eq!(problem.assert_problem(400)["field"], field, "{wish}");
    }
}

async fn an_act_is_begun_once_and_goes_on_after_a_restart(database: TestDatabase) {
    let world = World::over(database).await;
    let token = log_in(&world).await;
    populate(&world, &["a", "b", "c"]).await;
    let begin = async |world: &World, token: &str, tag: &str| {
        let request = actix_web::test::TestRequest::post()
            .uri("/clm-api/v1/bulk-acts/changes")
            .insert_header(("Idempotency-Key", "once"))
            .set_json(json!({"filter": {"search": "test"}, "set_tags": [tag]}));
        send(world, with(token, request)).await
    };
    let first = begin(&world, &token, "web").await.json();
    assert_eq!(begin(&world, &token, "web").await.json()["id"], first["id"]);
    begin(&world, &token, "mail").await.assert_problem(422);
    let id = first["id"].as_str().unwrap();
    ended(&world, &token, id).await;
    world.context.shutdown.stop();
    // As a process leaves it that dies between two stretches
    world
        .sql(&format!(
            "UPDATE bulk_act SET state = 'running', claimed_until = 1, finished_at = NULL, \
             done = 0, position = '999999' WHERE id = {id}"
        ))
        .await;
    let again = world.replica().await;
    let act = ended(&again, &token_of(&again, &world).await, id).await;
    assert_eq!(counts(&act), [3, 0, 3, 0], "{act}");
    let path = format!("/clm-api/v1/bulk-acts/{id}/cancellation");
    let admin = token_of(&again, &world).await;
    call(&again, &admin, "post", &path, json!({}))
        .await
        .assert_problem(409);
    again.stop().await;
}

async fn an_act_that_cannot_be_read_stands_in_nobodys_way(database: TestDatabase) {
    let world = World::over(database).await;
    let token = log_in(&world).await;
    populate(&world, &["a"]).await;
    let change = json!({"filter": {"search": "test"}, "set_tags": ["web"]});
    let first = done(&world, &token, "changes", change.clone()).await;
    world
        .sql(&format!(
            "UPDATE bulk_act SET state = 'running', claimed_until = 0, wish = '{{}}' WHERE id = {}",
            first["id"].as_str().unwrap()
        ))
        .await;
    let second = done(&world, &token, "changes", change).await;
    assert_eq!(counts(&second), [1, 0, 1, 0], "{second}");
    world.stop().await;
}

/// Somebody logged in at a replica, whose sessions are its own.
async fn token_of(replica: &World, first: &World) -> String {
    let login = json!({"username": "administrator", "password": first.password.as_ref().unwrap()});
    let request = actix_web::test::TestRequest::post()
        .uri("/clm-api/v1/session")
        .set_json(login);
    send(replica, request).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned()
}
