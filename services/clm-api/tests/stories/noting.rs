//! Promises:
//! - owner, tags, places and comment are written beside a certificate, one version after another
//! - certificates are found by them, by policy, CA, key, end and source, in the order that is asked for
//! - what became of a certificate is told: issued, renewed, changed, revoked, by whom
//! - what a search finds is exported whole, and no cell becomes a formula

use actix_web::test;
use ers_proto::clm::v1 as proto;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};

use super::{
    clm::{World, issued, wish},
    rest::{Answer, get, log_in, post, send, with},
};

on_every_database!(
    what_is_written_beside_a_certificate_is_versioned_and_in_its_history,
    certificates_are_found_by_what_is_written_beside_them_and_by_what_they_are,
    a_search_is_exported_whole_and_safely,
);

pub async fn patch(
    world: &World,
    token: &str,
    id: &str,
    body: Value,
    version: Option<&str>,
) -> Answer {
    let request = test::TestRequest::patch()
        .uri(&format!("/clm-api/v1/certificates/{id}"))
        .set_json(body);
    let request = match version {
        Some(version) => request.insert_header(("If-Match", version)),
        None => request,
    };
    send(world, with(token, request)).await
}

pub async fn found(world: &World, token: &str, query: &str) -> Vec<String> {
    let answer = get(world, token, &format!("certificates?{query}")).await;
    assert_eq!(
        answer.status,
        200,
        "{query}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    let body = answer.json();
    let rows = body["certificates"].as_array().unwrap();
    assert_eq!(body["total"], rows.len(), "{query}");
    rows.iter()
        .map(|one| {
            let name = one["subject_alternative_names"][0].as_str().unwrap();
            name.trim_start_matches("dns:")
                .trim_end_matches(".test")
                .to_owned()
        })
        .collect()
}

async fn what_is_written_beside_a_certificate_is_versioned_and_in_its_history(
    database: TestDatabase,
) {
    let world = World::over(database).await;
    let made = issued(world.enroll(wish("one", "dns:one.test")).await);
    world.clock.advance(time::Duration::days(61));
    issued(world.enroll(wish("two", "dns:one.test")).await);
    world.caught_up().await;
    let token = log_in(&world).await;
    let path = format!("certificates/{}", made.serial);
    let first = get(&world, &token, &path).await;
    assert_eq!(first.headers.get("etag").unwrap(), "\"0\"");
    assert_eq!(first.json()["source"], "issued");

    let wish = json!({"owner": "web@example.org", "tags": ["web", "env=prod", "env=test"],
        "locations": ["lb-1", "lb-2"], "comment": "Zeile 1\nZeile 2 ä"});
    let changed = patch(&world, &token, &made.serial, wish.clone(), Some("\"0\"")).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.headers.get("etag").unwrap(), "\"1\"");
    patch(
        &world,
        &token,
        &made.serial,
        json!({"owner": ""}),
        Some("\"0\""),
    )
    .await
    .assert_problem(412);
    let again = patch(&world, &token, &made.serial, wish, None).await.json();
    assert_eq!(again["version"], 1, "what changes nothing is no version");
    let part = json!({"tags": ["env=test"]});
    let part = patch(&world, &token, &made.serial, part, Some("\"1\""))
        .await
        .json();
    assert_eq!(
        (
            &part["version"],
            &part["owner"],
            &part["tags"],
            &part["locations"],
            &part["comment"]
        ),
        (
            &json!(2),
            &json!("web@example.org"),
            &json!(["env=test"]),
            &json!(["lb-1", "lb-2"]),
            &json!("Zeile 1\nZeile 2 ä")
        )
    );
    wrong_notes_are_named(&world, &token, &made.serial).await;
    its_history_is_told(&world, &token, &path).await;
    world.stop().await;
}

async fn wrong_notes_are_named(world: &World, token: &str, serial: &str) {
    for (wrong, field) in [
        (json!({"tags": ["a b"]}), "tags"),
        (json!({"owner": "x".repeat(256)}), "owner"),
        (json!({"locations": [""]}), "locations"),
        (json!({"comment": "\u{0}"}), "comment"),
    ] {
        let problem = patch(world, token, serial, wrong, None)
            .await
            .assert_problem(400);
        assert_eq!(problem["field"], field);
    }
    patch(world, token, "ffffffffffff", json!({}), None)
        .await
        .assert_problem(404);
}

async fn its_history_is_told(world: &World, token: &str, path: &str) {
    let reason = json!({"reason": "superseded"});
    post(world, token, &format!("{path}/revocation"), reason).await;
    let history = get(world, token, &format!("{path}/history")).await.json();
    let events = history["events"].as_array().unwrap();
    let acts: Vec<&str> = events
        .iter()
        .map(|one| one["act"].as_str().unwrap())
        .collect();
    assert_eq!(
        acts[..2],
        ["certificate.issued", "certificate.change"],
        "{history}"
    );
    for act in [
        "certificate.renewed",
        "certificate.revoke",
        "certificate.revoked",
    ] {
        assert!(acts.contains(&act), "{act}: {history}");
    }
    assert_eq!(events[1]["actor"], "administrator");
    assert!(
        events[1]["after"]
            .as_str()
            .unwrap()
            .contains("web@example.org")
    );
    let renewed = events
        .iter()
        .find(|one| one["act"] == "certificate.renewed");
    let next = renewed.unwrap()["certificate"].as_str().unwrap();
    assert_eq!(
        get(world, token, &format!("certificates/{next}"))
            .await
            .status,
        200
    );
}

async fn certificates_are_found_by_what_is_written_beside_them_and_by_what_they_are(
    database: TestDatabase,
) {
    let world = World::over(database).await;
    let token = log_in(&world).await;
    let mut serials = Vec::new();
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        let request = proto::EnrollRequest {
            validity: Some(prost_types::Duration {
                seconds: 86_400 * (30 - 10 * i64::try_from(number).unwrap()),
                nanos: 0,
            }),
            ..wish(name, &format!("dns:{name}.test"))
        };
        serials.push(issued(world.enroll(request).await).serial);
    }
    world.caught_up().await;
    for (serial, note) in [
        (
            &serials[0],
            json!({"owner": "anna", "tags": ["env=prod", "web"]}),
        ),
        (&serials[1], json!({"owner": "berta", "tags": ["env=test"]})),
        (&serials[2], json!({"comment": "nobody's", "tags": ["env"]})),
    ] {
        assert_eq!(patch(&world, &token, serial, note, None).await.status, 200);
    }
    for (query, wanted) in [
        ("", &["c", "b", "a"][..]),
        ("owner=anna", &["a"]),
        ("unowned=true", &["c"]),
        ("tags=env", &["c", "b", "a"]),
        ("tags=env%3Dprod", &["a"]),
        ("tags=env%3D", &["c"]),
        ("tags=env,web", &["a"]),
        ("tags=Env", &[]),
        ("policy=server&key_algorithm=P-256", &["c", "b", "a"]),
        ("policy=client", &[]),
        ("key_algorithm=RSA-2048", &[]),
        ("issuer=nobody", &[]),
        ("end_entity=printer", &[]),
        ("source=issued", &["c", "b", "a"]),
        ("source=imported", &[]),
        ("order=expiry", &["c", "b", "a"]),
        ("order=expiry&owner=anna&state=valid&search=A.TEST", &["a"]),
        ("search=b.te", &["b"]),
    ] {
        assert_eq!(found(&world, &token, query).await, wanted, "{query}");
    }
    pages_are_in_order_and_wrong_filters_named(&world, &token).await;
    let by_key = proto::ListCertificatesRequest {
        filter: Some(proto::CertificateFilter {
            owner: "berta".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        world.search(by_key).await.certificates[0].tags,
        ["env=test"]
    );
    world.stop().await;
}

async fn pages_are_in_order_and_wrong_filters_named(world: &World, token: &str) {
    let listed = get(world, token, "certificates?order=expiry&page_size=2")
        .await
        .json();
    assert_eq!(listed["total"], 3);
    let next = listed["next_page_token"].as_str().unwrap();
    let last = get(
        world,
        token,
        &format!("certificates?order=expiry&page_token={next}"),
    )
    .await;
    assert_eq!(last.json()["certificates"].as_array().unwrap().len(), 1);
    let ends = listed["certificates"][1]["not_after"].as_str().unwrap();
    assert_eq!(
        found(world, token, &format!("expires_from={ends}")).await,
        ["b", "a"]
    );
    assert_eq!(
        found(world, token, &format!("expires_before={ends}")).await,
        ["c"]
    );
    for (wrong, field) in [
        (format!("page_token={next}"), "page_token"),
        ("order=odd".to_owned(), "order"),
        ("tags=a+b".to_owned(), "tags"),
        ("source=found".to_owned(), "source"),
        ("expires_from=soon".to_owned(), "expires_from"),
    ] {
        let problem = get(world, token, &format!("certificates?{wrong}")).await;
        assert_eq!(problem.assert_problem(400)["field"], field);
    }
    get(world, token, "certificates?color=red")
        .await
        .assert_problem(400);
}

async fn a_search_is_exported_whole_and_safely(database: TestDatabase) {
    let world = World::over(database).await;
    let token = log_in(&world).await;
    for name in ["a", "b", "c"] {
        issued(world.enroll(wish(name, &format!("dns:{name}.test"))).await);
    }
    world.caught_up().await;
    let one = world.inventory().await.certificates[0].fingerprint.clone();
    let note = json!({"owner": "=cmd|' /C calc'!A0", "locations": ["a,\"b\"", "c"]});
    patch(&world, &token, &one, note, None).await;
    let text = async |query: &str| {
        let answer = get(&world, &token, &format!("certificates/export?{query}")).await;
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).unwrap()
    };
    let lines = text("").await;
    let rows: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["fingerprint"], one.as_str());
    let csv = text("format=csv&search=.test&order=expiry").await;
    assert!(csv.starts_with("\"fingerprint\",\"serial\","), "{csv}");
    assert!(csv.contains(",\"'=cmd|' /C calc'!A0\","), "{csv}");
    assert!(csv.contains("\"a,\"\"b\"\"\nc\""), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 4);
    assert_eq!(text("search=nothing").await, "");
    get(&world, &token, "certificates/export?format=xlsx")
        .await
        .assert_problem(400);
    let trail = world.trail().await;
    assert!(trail.iter().any(|(_, act, _)| act == "inventory.export"));
    world.stop().await;
}
