//! Promises:
//! - over REST end entities are made, found by the filter grammar page by page, changed by version, suspended and removed
//! - a credential that is made is shown once, and lets in
//! - none is removed while a certificate of it is active
//! - nobody sees those of a realm that they have no role in

use actix_web::test;
use ers_proto::clm::v1::{self as proto, enroll_response::Outcome};
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};

use super::{
    clm::{World, wish},
    permissions::{call, token},
    rest::{Answer, get, log_in, post, send, with},
};

on_every_database!(
    end_entities_are_found_by_conditions_page_by_page,
    a_change_of_an_end_entity_counts_its_version,
    an_end_entity_with_active_certificates_stays
);

const AT: &str = "/clm-api/v1/end-entities";

async fn add(world: &World, admin: &str, name: &str, more: Value) -> Answer {
    let mut new = json!({"name": name});
    new.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = post(world, admin, "end-entities", new).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    made
}

async fn names(world: &World, token: &str, query: &str) -> (Vec<String>, Value) {
    let found = get(world, token, &format!("end-entities?{query}")).await;
    assert_eq!(
        found.status,
        200,
        "{}",
        String::from_utf8_lossy(&found.body)
    );
    let found = found.json();
    let names = found["end_entities"].as_array().unwrap().iter();
    let names = names.map(|one| one["name"].as_str().unwrap().to_owned());
    (names.collect(), found)
}

async fn end_entities_are_found_by_conditions_page_by_page(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let room = json!({"metadata": {"room": "3.14"}, "owners": ["team:print_ing", "anna"]});
    let made = add(&world, &admin, "Printer 17/a", room).await;
    assert_eq!(
        made.headers.get("location").unwrap(),
        "/clm-api/v1/end-entities/default/Printer%2017%2Fa"
    );
    let contact = json!({"contact": "pumps@example.org", "registration_authority": true});
    add(&world, &admin, "pump-1", contact).await;
    add(&world, &admin, "pump-2", json!({})).await;
    let at_pump = format!("{AT}/default/pump-2");
    let suspended = json!({"state": "suspended"});
    assert_eq!(
        call(&world, &admin, "patch", &at_pump, suspended)
            .await
            .status,
        200
    );

    for (query, wanted) in [
        ("search=PRINTER", vec!["Printer 17/a"]),
        ("search=3.14", vec!["Printer 17/a"]),
        ("search=t_i", vec!["Printer 17/a"]),
        ("search=example.org", vec!["pump-1"]),
        ("owner=anna", vec!["Printer 17/a"]),
        ("owner=ann", vec![]),
        ("state=suspended", vec!["pump-2"]),
        ("state=active&search=pump", vec!["pump-1"]),
        ("realm=system", vec![]),
    ] {
        assert_eq!(names(&world, &admin, query).await.0, wanted, "{query}");
    }

    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let query = format!("page_size=2&page_token={token}");
        let (page, told) = names(&world, &admin, &query).await;
        assert_eq!(told["total"], 3);
        seen.extend(page);
        match told["next_page_token"].as_str() {
            Some(next) => next.replace(' ', "%20").clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(seen, ["Printer 17/a", "pump-1", "pump-2"]);
    let shown = get(&world, &admin, "end-entities/default/Printer%2017%2Fa").await;
    assert_eq!(shown.json()["metadata"]["room"], "3.14");
    let long = format!("search={}", "a".repeat(256));
    for wrong in [
        "state=asleep",
        "realm=A",
        "page_size=2000",
        "color=red",
        "search=a%00",
        "owner=%0a",
        &long,
    ] {
        let path = format!("end-entities?{wrong}");
        get(&world, &admin, &path).await.assert_problem(400);
    }
    world.stop().await;
}

async fn a_change_of_an_end_entity_counts_its_version(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let made = add(&world, &admin, "pump", json!({})).await;
    assert_eq!(made.headers.get("etag").unwrap(), "\"1\"");
    let at = format!("{AT}/default/pump");
    let change = |tag: &'static str| {
        test::TestRequest::patch()
            .uri(&at)
            .insert_header(("If-Match", tag))
            .set_json(json!({"owners": ["anna"]}))
    };
    let changed = send(&world, with(&admin, change("\"1\""))).await;
    assert_eq!(changed.headers.get("etag").unwrap(), "\"2\"");
    let body = changed.json();
    assert_eq!(
        (&body["owners"], &body["updated_by"]),
        (&json!(["anna"]), &json!("administrator"))
    );
    let problem = send(&world, with(&admin, change("\"1\""))).await;
    assert_eq!(problem.assert_problem(412)["field"], "If-Match");
    let stale = test::TestRequest::delete()
        .uri(&at)
        .insert_header(("If-Match", "\"1\""));
    send(&world, with(&admin, stale)).await.assert_problem(412);
    for (wrong, field) in [
        (json!({"owners": [""]}), "owners"),
        (json!({"metadata": {"": "x"}}), "metadata"),
        (json!({"contact": "a\nb"}), "contact"),
        (json!({"state": "asleep"}), "state"),
    ] {
        let refused = call(&world, &admin, "patch", &at, wrong).await;
        assert_eq!(refused.assert_problem(400)["field"], field);
    }
    let removed = call(&world, &admin, "delete", &at, json!({})).await;
    assert_eq!(removed.status, 204);
    call(&world, &admin, "get", &at, json!({}))
        .await
        .assert_problem(404);
    world.stop().await;
}

async fn an_end_entity_with_active_certificates_stays(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    add(&world, &admin, "pump", json!({})).await;
    let request = proto::EnrollRequest {
        end_entity: "pump".to_owned(),
        ..wish("pump-1", "dns:pump.test")
    };
    let Outcome::Issued(issued) = world.enroll(request).await else {
        panic!("issued at once")
    };
    world.caught_up().await;
    let at = format!("{AT}/default/pump");
    let refused = call(&world, &admin, "delete", &at, json!({})).await;
    let problem = refused.assert_problem(409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("1 certificates"),
        "{problem}"
    );
    world
        .cara
        .revoke_for_others(&issued.serial, "cessationOfOperation");
    world.caught_up().await;
    let removed = call(&world, &admin, "delete", &at, json!({})).await;
    assert_eq!(removed.status, 204);
    world.stop().await;
}

#[actix_web::test]
async fn a_credential_that_is_made_is_shown_once() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    add(&world, &admin, "pump", json!({})).await;
    for (what, flag) in [
        ("password", "has_password"),
        ("shared-secret", "has_shared_secret"),
    ] {
        let at = format!("{AT}/default/pump/{what}");
        let made = call(&world, &admin, "put", &at, json!({})).await;
        assert_eq!(made.headers.get("cache-control").unwrap(), "no-store");
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        assert!(secret.len() >= 12, "{secret}");
        let chosen = json!({"secret": "correct horse battery staple"});
        let set = call(&world, &admin, "put", &at, chosen).await;
        assert_eq!((set.status.as_u16(), set.json()), (200, json!({})));
        let weak = call(&world, &admin, "put", &at, json!({"secret": "short"})).await;
        assert_eq!(weak.assert_problem(400)["field"], "secret");
        let shown = get(&world, &admin, "end-entities/default/pump")
            .await
            .json();
        assert_eq!(shown[flag], true);
        assert!(!shown.to_string().contains("battery"), "{shown}");
        let taken = call(&world, &admin, "delete", &at, json!({})).await;
        assert_eq!(taken.status, 204);
        let shown = get(&world, &admin, "end-entities/default/pump")
            .await
            .json();
        assert_eq!(shown[flag], false);
    }
    world.stop().await;
}

#[actix_web::test]
async fn end_entities_of_other_realms_are_not_there() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    add(&world, &admin, "pump", json!({})).await;
    add(&world, &admin, "till", json!({"realm": "shop"})).await;
    let allowed = ["end-entity:read", "end-entity:manage"];
    let clerk = token(&world, &admin, &allowed, Some("shop")).await;
    assert_eq!(names(&world, &clerk, "").await.0, ["till"]);
    for (method, path) in [
        ("get", "default/pump"),
        ("patch", "default/pump"),
        ("delete", "default/pump"),
        ("put", "default/pump/password"),
        ("delete", "default/pump/shared-secret"),
    ] {
        let path = format!("{AT}/{path}");
        call(&world, &clerk, method, &path, json!({}))
            .await
            .assert_problem(403);
    }
    post(&world, &clerk, "end-entities", json!({"name": "x"}))
        .await
        .assert_problem(403);
    world.stop().await;
}
