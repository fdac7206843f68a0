//! Promises:
//! - certificates of others come into the inventory out of PEM and PKCS#7, where a policy allows it, each once
//! - they are shown with their chain, found, owned and told of before they end, and can be forgotten
//! - they prove nothing: they cannot be revoked here, let nobody in, and stand in the way of no request

use actix_web::test;
use clm_api::config::NotificationConfig;
use ers_proto::clm::v1 as proto;
use ers_runtime::clock::Clock as _;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    cara::ISSUER,
    clm::{World, issued, wish},
    noting::found,
    permissions::{call, token},
    rest::{Answer, get, log_in, post, send, with},
};

on_every_database!(certificates_of_others_are_watched_over_and_prove_nothing);

fn policy(import: &str) -> String {
    format!(
        "name: watched\nrealm: default\nissuer: {ISSUER}\nprofile: tls-server\nprotocols: [cli, rest]\nunique: true\n\
         validity: {{default: 90d, longest: 90d}}\nnames: {{dns: ['*']}}\nimport: {{{import}}}\n"
    )
}

/// A CA and a certificate below it, PEM: made by openssl in a folder of their own.
fn foreign_chain() -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/O=Others/CN=Foreign CA' -days 3650 2>/dev/null
        openssl req -newkey rsa:1024 -nodes -keyout leaf.key -out leaf.csr -subj /CN=old.test 2>/dev/null
        printf 'subjectAltName=DNS:old.test\n' >ext
        openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile ext -out leaf.pem 2>/dev/null";
    let made = std::process::Command::new("sh")
        .args(["-ec", script])
        .current_dir(&folder)
        .status()
        .unwrap();
    assert!(made.success());
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    (text("ca.pem"), text("leaf.pem"))
}

async fn import(world: &World, token: &str, certificates: &str) -> Answer {
    let body = json!({"policy": "watched", "certificates": certificates,
        "owner": "old@example.org", "tags": ["legacy"]});
    post(world, token, "certificates/imports", body).await
}

fn outcomes(answer: &Answer) -> Vec<String> {
    let report = answer.json();
    let all = report["certificates"].as_array().unwrap();
    all.iter()
        .map(|one| one["outcome"].as_str().unwrap().to_owned())
        .collect()
}

async fn certificates_of_others_are_watched_over_and_prove_nothing(database: TestDatabase) {
    let notifications = NotificationConfig {
        look_seconds: 1,
        ..NotificationConfig::default()
    };
    let world = World::telling(database, notifications).await;
    let admin = log_in(&world).await;
    let (authority, leaf) = foreign_chain();
    let id = what_is_there_comes_in_once(&world, &admin, &authority, &leaf).await;
    assert_eq!(
        found(&world, &admin, "source=imported&search=old").await,
        ["old"]
    );
    assert_eq!(
        found(
            &world,
            &admin,
            "owner=old%40example.org&tags=legacy&key_algorithm=RSA-1024"
        )
        .await,
        ["old"]
    );
    let shown = get(&world, &admin, &format!("certificates/{id}"))
        .await
        .json();
    assert_eq!(
        (&shown["source"], &shown["policy"]),
        (&json!("imported"), &json!("watched"))
    );
    assert_eq!(shown["chain_pem"], json!([authority]));
    let history = get(&world, &admin, &format!("certificates/{id}/history"))
        .await
        .json();
    assert!(
        history.to_string().contains("certificate.import"),
        "{history}"
    );
    its_end_is_told(&world, shown["not_after"].as_str().unwrap()).await;
    let admin = log_in(&world).await;
    proves_nothing(&world, &admin, &shown).await;
    let reads = token(
        &world,
        &admin,
        &["certificate:read", "certificate:revoke"],
        None,
    )
    .await;
    import(&world, &reads, &leaf).await.assert_problem(403);
    let path = format!("/clm-api/v1/certificates/{id}");
    call(&world, &reads, "delete", &path, json!({}))
        .await
        .assert_problem(403);
    let own = found_one(&world, &admin, "ours.test").await;
    let own = format!("/clm-api/v1/certificates/{own}");
    call(&world, &admin, "delete", &own, json!({}))
        .await
        .assert_problem(409);
    assert_eq!(
        call(&world, &admin, "delete", &path, json!({}))
            .await
            .status,
        204
    );
    call(&world, &admin, "delete", &path, json!({}))
        .await
        .assert_problem(404);
    assert_eq!(
        found(&world, &admin, "tags=legacy&search=old").await,
        Vec::<String>::new()
    );
    world.stop().await;
}

/// Fingerprint of the one that is found.
async fn found_one(world: &World, token: &str, search: &str) -> String {
    let listed = get(world, token, &format!("certificates?search={search}"))
        .await
        .json();
    listed["certificates"][0]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Fingerprint of the leaf.
async fn what_is_there_comes_in_once(
    world: &World,
    admin: &str,
    authority: &str,
    leaf: &str,
) -> String {
    let both = format!("{authority}{leaf}");
    let ours = issued(world.enroll(wish("ours", "dns:ours.test")).await);
    world.caught_up().await;
    import(world, admin, &both).await.assert_problem(404);
    world.apply(&policy("allowed: false")).await;
    import(world, admin, &both).await.assert_problem(409);
    world.apply(&policy("allowed: true")).await;
    let first = import(world, admin, &both).await;
    assert_eq!(
        outcomes(&first),
        ["authority", "imported"],
        "{}",
        first.json()
    );
    assert!(
        first.json()["certificates"][1]["remarks"]
            .to_string()
            .contains("1024"),
        "a weak key is told: {}",
        first.json()
    );
    assert_eq!(outcomes(&import(world, admin, leaf).await), ["duplicate"]);
    assert_eq!(
        outcomes(&import(world, admin, authority).await),
        ["refused"],
        "self-signed ones are another permission"
    );
    let pem = ers_pki::pem::encode("CERTIFICATE", &ours.certificate);
    assert_eq!(outcomes(&import(world, admin, &pem).await), ["duplicate"]);
    for nothing in ["", "-----BEGIN CERTIFICATE-----", "AAAA"] {
        let problem = import(world, admin, nothing).await.assert_problem(400);
        assert_eq!(problem["field"], "certificates");
    }
    let large = "A".repeat(3 << 20);
    import(world, admin, &large).await.assert_problem(413);
    world
        .apply(&policy("allowed: true, self_signed: true"))
        .await;
    assert_eq!(
        outcomes(&import(world, admin, authority).await),
        ["imported"]
    );

    first.json()["certificates"][1]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Five days before.
async fn its_end_is_told(world: &World, not_after: &str) {
    let end = OffsetDateTime::parse(not_after, &Rfc3339).unwrap();
    let left = end - Duration::days(5) - world.clock.now();
    world.clock.advance(left.max(Duration::ZERO));
    let subscription = proto::Subscription {
        name: "pager".to_owned(),
        events: vec!["certificate.expiring".to_owned()],
        days: vec![7],
        policy: "watched".to_owned(),
        realm: "default".to_owned(),
        channel: "webhook".to_owned(),
        recipient: "https://localhost:1/told".to_owned(),
        active: true,
        ..Default::default()
    };
    let request = proto::SubscriptionRequest {
        subscription: Some(subscription),
        actor: "anna".to_owned(),
    };
    world.notifications().subscribe(request).await.unwrap();
    for _ in 0..400 {
        let request = proto::ListDeliveriesRequest::default();
        let listed = world.notifications().list_deliveries(request).await;
        if listed.unwrap().into_inner().total == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("nobody is told of the end of an imported certificate");
}

async fn proves_nothing(world: &World, admin: &str, shown: &Value) {
    let id = shown["fingerprint"].as_str().unwrap();
    let path = format!("certificates/{id}/revocation");
    let problem = post(world, admin, &path, json!({}))
        .await
        .assert_problem(409);
    assert!(
        problem["detail"].as_str().unwrap().contains("imported"),
        "{problem}"
    );
    let der =
        ers_pki::pem::decode(shown["certificate_pem"].as_str().unwrap(), &["CERTIFICATE"]).unwrap();
    let find = proto::FindCertificateRequest {
        by: Some(proto::find_certificate_request::By::Fingerprint(
            id.to_owned(),
        )),
    };
    let unknown = world
        .enrollment("cmp")
        .find_certificate(find)
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound);
    let revoke = proto::RevokeCertificateRequest {
        by: Some(proto::revoke_certificate_request::By::Certificate(der)),
        requester: "x".into(),
        ..Default::default()
    };
    let refused = world.enrollment("acme").revoke(revoke).await.unwrap_err();
    assert_ne!(refused.code(), tonic::Code::Ok);
    // The policy wants one active certificate at most: one of others' is none.
    let request = proto::EnrollRequest {
        policy: "watched".into(),
        subject: "CN=old.test"
            .parse::<ers_pki::name::Name>()
            .unwrap()
            .to_der()
            .to_vec(),
        ..wish("new", "dns:old.test")
    };
    issued(world.enroll(request).await);
    let request = test::TestRequest::post()
        .uri("/clm-api/v1/bulk-acts/renewals")
        .set_json(json!({"ids": [id]}));
    let begun = send(world, with(admin, request)).await.json();
    let act = super::bulk::ended(world, admin, begun["id"].as_str().unwrap()).await;
    assert_eq!(act["failed"], 1, "{act}");
}
