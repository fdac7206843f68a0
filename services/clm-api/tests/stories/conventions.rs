//! Promises:
//! - all lists are searched and turned over alike
//! - what can be changed has an ETag, and `If-Match` changes that version only
//! - CAs are told as far as policies within reach issue from them, and the platform's state to who may see it
//! - notifications of a realm are for who may manage them there

use actix_web::test;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};

use super::{
    clm::World,
    permissions::{call, token},
    rest::{get, log_in, post, send, with},
};

on_every_database!(what_can_be_changed_is_changed_by_version);

#[actix_web::test]
async fn all_lists_are_searched_and_turned_over_alike() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    for name in ["aa", "bb", "cc"] {
        post(&world, &admin, "realms", json!({"name": name})).await;
        let client = json!({"name": name, "realm": "default"});
        post(&world, &admin, "clients", client).await;
        post(&world, &admin, "people", json!({"username": name})).await;
        let role = json!({"permissions": ["realm:read"]});
        let path = format!("/clm-api/v1/roles/{name}");
        call(&world, &admin, "put", &path, role).await;
        let binding = json!({"role": name, "subject_kind": "person", "subject": name});
        post(&world, &admin, "role-bindings", binding).await;
        let hook = json!({"name": name, "events": ["certificate.issued"], "channel": "webhook", "recipient": "https://hooks.test/"});
        let made = post(&world, &admin, "subscriptions", hook).await;
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    }
    for (list, rows) in [
        ("realms", "realms"),
        ("clients", "clients"),
        ("people", "people"),
        ("roles", "roles"),
        ("role-bindings", "role_bindings"),
        ("subscriptions", "subscriptions"),
    ] {
        let whole = get(&world, &admin, list).await.json();
        let whole = whole[rows].as_array().unwrap();
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("{list}?page_size=2&page_token={token}");
            let page = get(&world, &admin, &path).await.json();
            assert_eq!(page["total"], whole.len(), "{list}");
            seen.extend(page[rows].as_array().unwrap().clone());
            match page["next_page_token"].as_str() {
                Some(next) => next.clone_into(&mut token),
                None => break,
            }
        }
        assert_eq!(seen, *whole, "{list}");
        let found = get(&world, &admin, &format!("{list}?search=BB"))
            .await
            .json();
        assert_eq!(found["total"], 1, "{list}: {found}");
        get(&world, &admin, &format!("{list}?page_size=x"))
            .await
            .assert_problem(400);
        get(&world, &admin, &format!("{list}?colour=red"))
            .await
            .assert_problem(400);
    }
    let mine = get(&world, &admin, "clients?realm=aa").await.json();
    assert_eq!(mine["total"], 0);
    world.stop().await;
}

async fn what_can_be_changed_is_changed_by_version(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    let client = json!({"name": "builder", "realm": "default"});
    post(&world, &admin, "clients", client).await;
    post(&world, &admin, "people", json!({"username": "anna"})).await;
    let hook = json!({"name": "hook", "events": ["certificate.issued"], "channel": "webhook", "recipient": "https://hooks.test/"});
    post(&world, &admin, "subscriptions", hook.clone()).await;
    for (method, path, change) in [
        ("PATCH", "realms/shop", json!({"title": "The shop"})),
        (
            "PATCH",
            "clients/builder",
            json!({"default_policy": "server"}),
        ),
        ("PATCH", "people/anna", json!({"display_name": "Anna"})),
        ("PUT", "subscriptions/hook", hook),
    ] {
        let shown = get(&world, &admin, path).await;
        assert_eq!(shown.headers.get("etag").unwrap(), "\"1\"", "{path}");
        let changing = |tag: &'static str| {
            test::TestRequest::default()
                .method(method.parse().unwrap())
                .uri(&format!("/clm-api/v1/{path}"))
                .insert_header(("If-Match", tag))
                .set_json(&change)
        };
        let changed = send(&world, with(&admin, changing("\"1\""))).await;
        assert_eq!(
            changed.status,
            200,
            "{path}: {}",
            String::from_utf8_lossy(&changed.body)
        );
        assert_eq!(changed.headers.get("etag").unwrap(), "\"2\"", "{path}");
        let stale = send(&world, with(&admin, changing("\"1\""))).await;
        assert_eq!(stale.assert_problem(412)["field"], "If-Match", "{path}");
        let malformed = send(&world, with(&admin, changing("2"))).await;
        assert_eq!(malformed.assert_problem(400)["field"], "If-Match", "{path}");
        assert_eq!(get(&world, &admin, path).await.json()["version"], 2);
    }
    let client = get(&world, &admin, "clients/builder").await.json();
    assert_eq!(client["default_policy"], "server");
    world.stop().await;
}

#[actix_web::test]
async fn cas_are_told_as_far_as_policies_within_reach_issue_from_them() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let all = get(&world, &admin, "authorities").await.json();
    let all = all["authorities"].as_array().unwrap();
    let names: Vec<&str> = all
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["sub", "unused-ca"]);
    assert_eq!(all[0]["crl_state"], "current");
    assert_eq!(all[0]["crls"][0]["number"], 7);
    assert_eq!(all[1]["crl_state"], "none");
    assert!(
        all[0]["policies"]
            .as_array()
            .unwrap()
            .contains(&json!("server"))
    );
    assert!(
        all[0]["chain_pem"][0]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );

    let reader = token(&world, &admin, &["policy:read"], Some("default")).await;
    let seen = get(&world, &reader, "authorities").await.json();
    assert_eq!(seen["authorities"].as_array().unwrap().len(), 1);
    get(&world, &reader, "authorities/unused-ca")
        .await
        .assert_problem(404);
    assert_eq!(get(&world, &reader, "authorities/sub").await.status, 200);

    // Past the CRL's nextUpdate of the day after
    world.clock.advance(time::Duration::hours(20));
    let admin = log_in(&world).await;
    let late = get(&world, &admin, "authorities/sub").await.json();
    assert_eq!(late["crl_state"], "expired");
    world.stop().await;
}

#[actix_web::test]
async fn the_state_of_the_platform_names_what_is_out_of_reach() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let part = |told: &Value, name: &str| {
        let parts = told["parts"].as_array().unwrap();
        parts
            .iter()
            .find(|part| part["name"] == name)
            .unwrap()
            .clone()
    };
    let told = get(&world, &admin, "system").await.json();
    for name in ["database", "cara-ws", "signer"] {
        assert_eq!(part(&told, name)["up"], true, "{told}");
    }
    assert_eq!(told["tokens"][0]["kind"], "software");
    assert_eq!(told["notifications"]["pending"], 0);
    assert!(told["version"].is_string());
    world.signer.refuse_to_seal(true);
    let told = get(&world, &admin, "system").await.json();
    assert_eq!(part(&told, "signer")["up"], false, "{told}");
    assert_eq!(told["tokens"], json!([]));
    let limited = token(&world, &admin, &["system:read"], Some("default")).await;
    get(&world, &limited, "system").await.assert_problem(403);
    world.stop().await;
}

#[actix_web::test]
async fn notifications_of_a_realm_are_managed_by_who_may_there() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    let hook = |name: &str, realm: &str| json!({"name": name, "realm": realm, "events": ["certificate.issued"], "channel": "webhook", "recipient": "https://hooks.test/"});
    post(&world, &admin, "subscriptions", hook("all", "")).await;
    let allowed = ["notification:read", "notification:manage"];
    let clerk = token(&world, &admin, &allowed, Some("shop")).await;
    for realm in ["", "default"] {
        post(&world, &clerk, "subscriptions", hook("mine", realm))
            .await
            .assert_problem(403);
    }
    let made = post(&world, &clerk, "subscriptions", hook("mine", "shop")).await;
    assert_eq!(made.status, 201);
    let seen = get(&world, &clerk, "subscriptions").await.json();
    assert_eq!(
        (&seen["total"], &seen["subscriptions"][0]["name"]),
        (&json!(1), &json!("mine"))
    );
    // It stays where they may manage it
    let path = "/clm-api/v1/subscriptions/mine";
    call(&world, &clerk, "put", path, hook("mine", "default"))
        .await
        .assert_problem(403);
    for (method, path) in [
        ("get", "subscriptions/all"),
        ("put", "subscriptions/all"),
        ("delete", "subscriptions/all"),
        ("post", "subscriptions/all/test"),
    ] {
        let path = format!("/clm-api/v1/{path}");
        call(&world, &clerk, method, &path, hook("all", "shop"))
            .await
            .assert_problem(404);
    }
    for token in [&admin, &clerk] {
        let name = if token == &admin { "all" } else { "mine" };
        let path = format!("subscriptions/{name}/test");
        assert_eq!(post(&world, token, &path, json!({})).await.status, 202);
    }
    let told = get(&world, &clerk, "deliveries").await.json();
    assert_eq!(
        (&told["total"], &told["deliveries"][0]["subscription"]),
        (&json!(1), &json!("mine"))
    );
    let every = get(&world, &admin, "deliveries").await.json();
    let foreign = every["deliveries"].as_array().unwrap().iter();
    let foreign = foreign.filter(|one| one["subscription"] == "all");
    for delivery in foreign {
        let path = format!("deliveries/{}/retry", delivery["id"]);
        post(&world, &clerk, &path, json!({}))
            .await
            .assert_problem(404);
    }
    world.stop().await;
}
