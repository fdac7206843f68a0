//! Promises:
//! - no realm sees another's rows, and nobody acts on what they do not see
//! - a realm with active certificates or undecided requests is not archived; only an archived one is deleted
//! - in an archived realm nothing is issued; a deleted realm's name is not used again when certificates carry it

use ers_proto::clm::v1::{self as proto, enroll_response::Outcome};
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::json;

use super::{
    clm::{World, issued, manual, wish},
    openssl,
    permissions::{bind, call, person, token},
    rest::{get, log_in, post},
};

on_every_database!(
    no_realm_sees_anothers_rows,
    a_realm_is_archived_when_nothing_is_active_and_deleted_when_archived
);

async fn realm(world: &World, admin: &str, name: &str) {
    let new = json!({"name": name, "title": format!("The {name}")});
    assert_eq!(post(world, admin, "realms", new).await.status, 201);
}

fn policy(name: &str, realm: &str) -> String {
    manual()
        .replace("name: manual", &format!("name: {name}"))
        .replace("realm: default", &format!("realm: {realm}"))
}

fn at_once(name: &str, realm: &str) -> String {
    policy(name, realm).replace("manual_approval: true", "manual_approval: false")
}

async fn enroll(world: &World, id: &str, policy: &str) -> Outcome {
    let request = proto::EnrollRequest {
        policy: policy.into(),
        ..wish(id, &format!("dns:{id}.test"))
    };
    world.enroll(request).await
}

/// Two realms with one of each thing.
async fn populate(world: &World, admin: &str) {
    for name in ["alpha", "beta"] {
        realm(world, admin, name).await;
        world.apply(&at_once(&format!("{name}-now"), name)).await;
        world.apply(&policy(&format!("{name}-asks"), name)).await;
        enroll(world, &format!("{name}-waits"), &format!("{name}-asks")).await;
        let client = json!({"name": format!("{name}-client"), "realm": name});
        assert_eq!(post(world, admin, "clients", client).await.status, 201);
        bind(
            world,
            admin,
            "auditor",
            ("group", &format!("{name}-group")),
            name,
        )
        .await;
        let entity = proto::AddEndEntityRequest {
            realm: name.into(),
            name: format!("{name}-device"),
            ..Default::default()
        };
        world.administration().add_end_entity(entity).await.unwrap();
    }
}

async fn no_realm_sees_anothers_rows(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    populate(&world, &admin).await;
    let made = issued(enroll(&world, "alpha-issued", "alpha-now").await);
    issued(enroll(&world, "beta-issued", "beta-now").await);
    world.caught_up().await;
    let beta = person(
        &world,
        &admin,
        "beta-admin",
        &[("realm-administrator", "beta")],
    )
    .await;

    // What is listed
    for path in [
        "realms",
        "policies",
        "certificates",
        "certificates?search=issued",
        "certificates/export",
        "certificates/export?format=csv",
        "requests",
        "clients",
        "role-bindings",
        "audit?page_size=1000",
        "audit/export",
        "audit/export?format=csv",
    ] {
        let answer = get(&world, &beta, path).await;
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 200, "{path}: {text}");
        assert!(
            text.contains("beta") && !text.contains("alpha"),
            "{path}: {text}"
        );
        let answer = get(&world, &admin, path).await;
        let text = String::from_utf8(answer.body).unwrap();
        assert!(
            text.contains("beta") && text.contains("alpha"),
            "{path}: {text}"
        );
    }
    let counts = get(&world, &beta, "statistics").await.json();
    assert_eq!(
        (&counts["valid"], &counts["pending_requests"]),
        (&json!(1), &json!(1))
    );
    for path in [
        "certificates?realm=alpha",
        "statistics?realm=alpha",
        "policies?realm=alpha",
    ] {
        let text = get(&world, &beta, path).await.json().to_string();
        assert!(
            !text.contains("alpha-") && !text.contains("\"valid\":1"),
            "{path}: {text}"
        );
    }

    nobody_acts_beyond_their_realm(&world, &admin, &beta, &made.serial).await;

    // A token of one realm, and a role for one policy
    let reads = token(&world, &admin, &["certificate:read"], Some("alpha")).await;
    assert_eq!(get(&world, &reads, "certificates").await.json()["total"], 1);
    let one = json!({"role": "auditor", "subject_kind": "person", "subject": "clara", "realm": "beta", "policy": "beta-asks"});
    post(&world, &admin, "role-bindings", one).await;
    let clara = person(&world, &admin, "clara", &[]).await;
    assert_eq!(get(&world, &clara, "certificates").await.json()["total"], 0);
    assert_eq!(get(&world, &clara, "requests").await.json()["total"], 1);
    let policies = get(&world, &clara, "policies").await.json();
    assert_eq!(
        policies["policies"].as_array().unwrap().len(),
        1,
        "{policies}"
    );
    world.stop().await;
}

async fn nobody_acts_beyond_their_realm(world: &World, admin: &str, beta: &str, serial: &str) {
    // What is asked for by name is not there
    for path in [
        "realms/alpha".to_owned(),
        "policies/alpha-now".to_owned(),
        format!("certificates/{serial}"),
        format!("certificates/{serial}/history"),
        "clients/alpha-client".to_owned(),
        "clients/alpha-client/tokens".to_owned(),
    ] {
        get(world, beta, &path).await.assert_problem(404);
        assert_eq!(get(world, admin, &path).await.status, 200, "{path}");
    }

    // Nor is it acted on
    let revocation = format!("certificates/{serial}/revocation");
    post(world, beta, &revocation, json!({}))
        .await
        .assert_problem(404);
    let path = format!("/clm-api/v1/certificates/{serial}");
    call(world, beta, "patch", &path, json!({"owner": "me"}))
        .await
        .assert_problem(404);
    let decision = json!({"approve": true});
    post(world, beta, "requests/alpha-waits/decision", decision)
        .await
        .assert_problem(404);
    let definition = json!({"definition": at_once("alpha-now", "alpha")});
    call(
        world,
        beta,
        "put",
        "/clm-api/v1/policies/alpha-now",
        definition,
    )
    .await
    .assert_problem(403);
    let csr = openssl::csr_pem("/CN=a.test", &["DNS:a.test"]);
    let wish = |policy: &str| json!({"csr": csr, "policy": policy});
    post(world, beta, "certificates", wish("alpha-now"))
        .await
        .assert_problem(403);
    assert_eq!(
        post(world, beta, "certificates", wish("beta-now"))
            .await
            .status,
        201
    );
    post(
        world,
        beta,
        "clients",
        json!({"name": "mine", "realm": "alpha"}),
    )
    .await
    .assert_problem(403);
    post(world, beta, "realms", json!({"name": "gamma"}))
        .await
        .assert_problem(403);
    get(world, beta, "audit/verification")
        .await
        .assert_problem(403);
}

async fn a_realm_is_archived_when_nothing_is_active_and_deleted_when_archived(
    database: TestDatabase,
) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    realm(&world, &admin, "shop").await;
    post(&world, &admin, "realms", json!({"name": "shop"}))
        .await
        .assert_problem(409);
    let path = "/clm-api/v1/realms/shop";
    let change = async |body| call(&world, &admin, "patch", path, body).await;
    assert_eq!(
        change(json!({"title": "The other shop"})).await.json()["title"],
        "The other shop"
    );
    change(json!({"title": ""})).await.assert_problem(400);
    world.apply(&at_once("shop-now", "shop")).await;
    world.apply(&policy("shop-asks", "shop")).await;
    let made = issued(enroll(&world, "s1", "shop-now").await);
    enroll(&world, "s2", "shop-asks").await;
    world.caught_up().await;

    let problem = change(json!({"archived": true})).await.assert_problem(409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("1 certificates"),
        "{problem}"
    );
    call(&world, &admin, "delete", path, json!({}))
        .await
        .assert_problem(409);
    let revocation = format!("certificates/{}/revocation", made.serial);
    post(&world, &admin, &revocation, json!({})).await;
    world.caught_up().await;
    let problem = change(json!({"archived": true})).await.assert_problem(409);
    assert!(
        problem["detail"].as_str().unwrap().contains("requests"),
        "{problem}"
    );
    post(
        &world,
        &admin,
        "requests/s2/decision",
        json!({"approve": false}),
    )
    .await;
    let archived = change(json!({"archived": true})).await;
    assert!(archived.json()["archived_at"].is_string());

    an_archived_realm_is_out_of_use_and_can_be_deleted(&world, &admin).await;
    world.stop().await;
}

async fn an_archived_realm_is_out_of_use_and_can_be_deleted(world: &World, admin: &str) {
    let path = "/clm-api/v1/realms/shop";
    let change = async |body| call(world, admin, "patch", path, body).await;
    // Nothing is issued, and no policy made
    let request = proto::EnrollRequest {
        policy: "shop-now".into(),
        ..wish("s3", "dns:s3.test")
    };
    let refused = world.enrollment("administrator").enroll(request).await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::NotFound);
    let definition = json!({"definition": at_once("shop-now", "shop")});
    call(
        world,
        admin,
        "put",
        "/clm-api/v1/policies/shop-now",
        definition,
    )
    .await
    .assert_problem(409);
    assert!(change(json!({"archived": false})).await.json()["archived_at"].is_null());
    issued(enroll(world, "s4", "shop-now").await);
    world.clock.advance(time::Duration::days(400));
    let admin = &log_in(world).await;
    world.caught_up().await;
    call(world, admin, "patch", path, json!({"archived": true})).await;
    assert_eq!(
        call(world, admin, "delete", path, json!({})).await.status,
        204
    );
    get(world, admin, "realms/shop").await.assert_problem(404);
    get(world, admin, "policies/shop-now")
        .await
        .assert_problem(404);
    assert_eq!(
        get(world, admin, "certificates?realm=shop").await.json()["total"],
        2
    );
    let problem = post(world, admin, "realms", json!({"name": "shop"}))
        .await
        .assert_problem(409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("deleted realm"),
        "{problem}"
    );
    for ready in ["system", "default"] {
        let path = format!("/clm-api/v1/realms/{ready}");
        call(world, admin, "patch", &path, json!({"archived": true}))
            .await
            .assert_problem(409);
        call(world, admin, "delete", &path, json!({}))
            .await
            .assert_problem(409);
    }
}
