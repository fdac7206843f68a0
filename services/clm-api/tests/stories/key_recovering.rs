//! Promises:
//! - where the policy allows it the key is made here and goes out in PKCS#12, to who asked, for a day; asked again it is the
//!   same key; it is kept sealed; who waited for a decision fetches it after that
//! - a kept key comes back only when others than the asker say yes, as many as the policy wants; once; to the asker alone
//! - a key that an edge had made for its client is kept as one that was made here, once for each request, where the policy
//!   keeps keys and does not refuse the request
//! - who may see or do what ends where their roles end; what somebody imports opens nothing
//! - owner and subscribers are told, and the trail says who did what

use std::process::{Command, Output};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use clm_api::config::{MailConfig, NotificationConfig};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_proto::clm::v1 as proto;
use ers_signer_client::Signer as _;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};
use time::Duration;

use super::{
    authenticating::est_wish,
    cara::ISSUER,
    clm::{World, issued, refused},
    permissions::{call, person, token},
    rest::{Answer, get, log_in, post},
};

on_every_database!(
    a_key_made_here_goes_out_with_its_certificate_and_asked_again_is_the_same,
    a_kept_key_comes_back_when_two_others_say_yes_and_once,
    of_two_who_say_yes_at_once_both_count,
    keys_that_nobody_may_have_any_more_are_forgotten,
    the_key_that_an_edge_had_made_is_kept_once_and_comes_back,
);

const PASSWORD: &str = "a password for the file";

fn policy(name: &str, realm: &str, rules: &str) -> String {
    format!(
        "name: {name}\nrealm: {realm}\nissuer: {ISSUER}\nprofile: tls-server\nprotocols: [rest]\n\
         validity: {{default: 90d, longest: 90d}}\nnames: {{dns: ['*']}}\n{rules}\n"
    )
}

const KEPT: &str = "server_keys: {allowed: true, algorithms: [P-256, RSA-2048], kept: true}";

fn wish(id: &str) -> Value {
    json!({"policy": "mail", "request_id": id, "subject": "CN=a.test",
        "subject_alternative_names": ["dns:a.test"], "server_key": {"password": PASSWORD}})
}

/// A first start with a policy whose keys are kept, and three who may decide.
async fn world(database: Option<TestDatabase>) -> (World, String) {
    let world = match database {
        Some(database) => World::over(database).await,
        None => World::new().await,
    };
    world.apply(&policy("mail", "default", KEPT)).await;
    let admin = log_in(&world).await;
    (world, admin)
}

async fn issue(world: &World, token: &str, id: &str) -> Value {
    let made = post(world, token, "certificates", wish(id)).await;
    assert_eq!(made.status, 201, "{}", text(&made));
    world.caught_up().await;
    made.json()
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Asks for the key of what was issued; the id of the recovery.
async fn ask(world: &World, token: &str, issued: &Value) -> String {
    let body = json!({"certificate": issued["fingerprint"], "comment": "the laptop is lost"});
    let asked = post(world, token, "key-recoveries", body).await;
    assert_eq!(asked.status, 201, "{}", text(&asked));
    asked.json()["id"].as_str().unwrap().to_owned()
}

async fn decide(world: &World, token: &str, id: &str, approve: bool) -> Answer {
    let body = json!({"approve": approve, "comment": "seen the passport"});
    post(world, token, &format!("key-recoveries/{id}/decision"), body).await
}

async fn fetch(world: &World, token: &str, id: &str) -> Answer {
    let body = json!({"password": PASSWORD});
    post(world, token, &format!("key-recoveries/{id}/key"), body).await
}

async fn state(world: &World, token: &str, id: &str) -> String {
    let shown = get(world, token, &format!("key-recoveries/{id}")).await;
    shown.json()["state"].as_str().unwrap().to_owned()
}

/// What openssl finds in a PKCS#12 file: the public key of the private one, and the certificates.
struct Opened {
    public_key: String,
    certificates: usize,
}

fn open(file: &Value) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.p12");
    std::fs::write(&path, BASE64.decode(file.as_str().unwrap()).unwrap()).unwrap();
    let wrong = pkcs12(&path, "another password");
    assert!(!wrong.status.success());
    let opened = pkcs12(&path, PASSWORD);
    assert!(
        opened.status.success(),
        "{}",
        String::from_utf8_lossy(&opened.stderr)
    );
    let text = String::from_utf8(opened.stdout).unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, &text).unwrap();
    let public = Command::new("openssl")
        .args(["pkey", "-pubout", "-in"])
        .arg(&key)
        .output()
        .unwrap();
    Opened {
        public_key: String::from_utf8(public.stdout).unwrap(),
        certificates: text.matches("BEGIN CERTIFICATE").count(),
    }
}

fn pkcs12(path: &std::path::Path, password: &str) -> Output {
    Command::new("openssl")
        .args(["pkcs12", "-nodes", "-passin"])
        .arg(format!("pass:{password}"))
        .arg("-in")
        .arg(path)
        .output()
        .unwrap()
}

/// The public key of a certificate, as openssl says it.
fn public_key_of(certificate: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pem");
    std::fs::write(&path, certificate.as_str().unwrap()).unwrap();
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-pubkey", "-in"])
        .arg(&path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

async fn a_key_made_here_goes_out_with_its_certificate_and_asked_again_is_the_same(
    database: TestDatabase,
) {
    let (world, admin) = world(Some(database)).await;
    let made = post(&world, &admin, "certificates", wish("k1")).await;
    assert_eq!(made.status, 201, "{}", text(&made));
    assert_eq!(made.headers.get("cache-control").unwrap(), "no-store");
    let made = made.json();
    let opened = open(&made["pkcs12"]);
    assert_eq!(opened.public_key, public_key_of(&made["certificate_pem"]));
    assert_eq!(opened.certificates, 1, "the root goes to nobody");

    let again = post(&world, &admin, "certificates", wish("k1"))
        .await
        .json();
    assert_eq!(again["serial"], made["serial"]);
    assert_eq!(open(&again["pkcs12"]).public_key, opened.public_key);
    let anna = person(&world, &admin, "anna", &[("requester", "")]).await;
    post(&world, &anna, "certificates", wish("k1"))
        .await
        .assert_problem(409);
    let mut other = wish("k1");
    other["server_key"]["key_algorithm"] = json!("RSA-2048");
    post(&world, &admin, "certificates", other)
        .await
        .assert_problem(409);

    // Sealed, and nothing of it in the clear.
    let kept = world.bytes("SELECT sealed FROM server_key").await;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].starts_with(b"clm/server-key/default/mail\0"));
    world.caught_up().await;
    let path = format!("certificates/{}", made["serial"].as_str().unwrap());
    let shown = get(&world, &admin, &path).await.json();
    assert_eq!(
        (
            &shown["server_key"]["key_algorithm"],
            &shown["server_key"]["kept"]
        ),
        (&json!("P-256"), &json!(true))
    );
    world.clock.advance(Duration::hours(25));
    let admin = log_in(&world).await;
    let late = post(&world, &admin, "certificates", wish("k1")).await;
    assert_eq!(late.assert_problem(409)["field"], "request_id");
    world.stop().await;
}

async fn a_kept_key_comes_back_when_two_others_say_yes_and_once(database: TestDatabase) {
    let (world, admin) = world(Some(database)).await;
    let issued = issue(&world, &admin, "k1").await;
    let berta = person(&world, &admin, "berta", &[("approver", "default")]).await;
    let carla = person(&world, &admin, "carla", &[("approver", "")]).await;
    let id = ask(&world, &admin, &issued).await;
    let again = json!({"certificate": issued["serial"], "comment": "again"});
    post(&world, &admin, "key-recoveries", again)
        .await
        .assert_problem(409);

    // Not by who asked, not before others have said yes, and by nobody twice
    decide(&world, &admin, &id, true).await.assert_problem(403);
    fetch(&world, &admin, &id).await.assert_problem(409);
    let first = decide(&world, &berta, &id, true).await.json();
    assert_eq!(
        (&first["state"], &first["may_decide"]),
        (&json!("pending-approval"), &json!(false))
    );
    decide(&world, &berta, &id, true).await.assert_problem(409);
    fetch(&world, &admin, &id).await.assert_problem(409);
    let seen = get(&world, &carla, "key-recoveries?state=pending-approval")
        .await
        .json();
    assert_eq!(
        (&seen["total"], &seen["key_recoveries"][0]["may_decide"]),
        (&json!(1), &json!(true))
    );
    let second = decide(&world, &carla, &id, true).await.json();
    assert_eq!(second["state"], "approved");
    let by: Vec<&Value> = second["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|decision| &decision["by"])
        .collect();
    assert_eq!(by, ["berta", "carla"]);
    decide(&world, &carla, &id, false).await.assert_problem(409);

    // To the asker alone, and once
    fetch(&world, &carla, &id).await.assert_problem(403);
    let released = fetch(&world, &admin, &id).await;
    assert_eq!(released.status, 200, "{}", text(&released));
    assert_eq!(released.headers.get("cache-control").unwrap(), "no-store");
    let opened = open(&released.json()["pkcs12"]);
    assert_eq!(opened.public_key, public_key_of(&issued["certificate_pem"]));
    fetch(&world, &admin, &id).await.assert_problem(409);
    assert_eq!(state(&world, &admin, &id).await, "released");
    all_of_it_is_told(&world, &admin, &issued, &id).await;
    world.stop().await;
}

async fn all_of_it_is_told(world: &World, admin: &str, issued: &Value, id: &str) {
    let path = format!("certificates/{}", issued["fingerprint"].as_str().unwrap());
    let shown = get(world, admin, &path).await.json();
    assert_eq!(
        shown["server_key"]["recovery"],
        json!({"id": id, "state": "released"})
    );
    let history = get(world, admin, &format!("{path}/history")).await.json();
    let acts: Vec<(&str, &str)> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["actor"].as_str().unwrap(),
                event["act"].as_str().unwrap(),
            )
        })
        .filter(|(_, act)| act.contains("key"))
        .collect();
    assert_eq!(
        acts,
        [
            ("administrator", "certificate.deliver_key"),
            ("administrator", "certificate.ask_key_recovery"),
            ("berta", "certificate.approve_key_recovery"),
            ("carla", "certificate.approve_key_recovery"),
            ("administrator", "certificate.release_key"),
        ]
    );
}

/// What an edge asks under a policy, with the key that it had made for its client.
async fn made_at_the_edge(world: &World, edge: &str, policy: &str) -> proto::EnrollRequest {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let context = format!("clm/server-key/default/{policy}");
    let sealed = world
        .signer
        .seal(&context, &key.to_pkcs8_der().unwrap())
        .await;
    proto::EnrollRequest {
        protocol: edge.into(),
        policy: policy.into(),
        sealed_key: sealed.unwrap(),
        subject: Vec::new(),
        ..est_wish(&format!("{edge}-1"), &key, &format!("{edge}-device"))
    }
}

async fn ask_as(
    world: &World,
    edge: &'static str,
    wish: &proto::EnrollRequest,
) -> proto::enroll_response::Outcome {
    let enrolled = world.enrollment(edge).enroll(wish.clone()).await.unwrap();
    enrolled.into_inner().outcome.unwrap()
}

/// Failure 49: also such a key one person alone does not get; a retry of the request keeps no second one.
async fn the_key_that_an_edge_had_made_is_kept_once_and_comes_back(database: TestDatabase) {
    let (world, admin) = world(Some(database)).await;
    let edges =
        |rules: &str| policy("kept", "default", rules).replace("[rest]", "[est, cmp, rest]");
    world.apply(&edges(KEPT)).await;
    world
        .apply(&edges("").replace("name: kept", "name: plain"))
        .await;
    for edge in ["est", "cmp"] {
        let request = proto::LoadPolicyRequest {
            policy: "kept".into(),
            protocol: edge.into(),
        };
        let told = world.enrollment(edge).load_policy(request).await.unwrap();
        let context = told.into_inner().kept_key_context;
        assert_eq!(context, "clm/server-key/default/kept");

        let wish = made_at_the_edge(&world, edge, "kept").await;
        let before = world.bytes("SELECT sealed FROM server_key").await.len();
        let made = issued(ask_as(&world, edge, &wish).await);
        assert_eq!(issued(ask_as(&world, edge, &wish).await), made);
        let kept = world.bytes("SELECT sealed FROM server_key").await;
        assert_eq!(kept.len(), before + 1);
        assert!(kept.contains(&wish.sealed_key));
        let events = world.trail().await;
        let noted = events.iter().filter(|(_, act, _)| act == "key.keep");
        assert_eq!(noted.count(), before + 1, "{events:?}");
        world.caught_up().await;
        comes_back(&world, &admin, &made, &wish.public_key, edge).await;
    }
    what_is_not_to_be_kept_is_not(&world).await;
    world.stop().await;
}

async fn comes_back(
    world: &World,
    admin: &str,
    made: &proto::Issued,
    public_key: &[u8],
    edge: &str,
) {
    let shown = get(world, admin, &format!("certificates/{}", made.serial)).await;
    let shown = shown.json();
    assert_eq!(shown["server_key"]["kept"], json!(true));
    let id = ask(world, admin, &json!({"fingerprint": made.serial})).await;
    fetch(world, admin, &id).await.assert_problem(409);
    for place in 0..2 {
        let name = format!("{edge}-{place}");
        let other = person(world, admin, &name, &[("approver", "default")]).await;
        assert_eq!(decide(world, &other, &id, true).await.status, 200);
    }
    let released = fetch(world, admin, &id).await;
    assert_eq!(released.status, 200, "{}", text(&released));
    let opened = open(&released.json()["pkcs12"]);
    let pem = ers_pki::pem::encode("PUBLIC KEY", public_key);
    assert_eq!(opened.public_key, pem);
}

async fn what_is_not_to_be_kept_is_not(world: &World) {
    let before = world.bytes("SELECT sealed FROM server_key").await.len();
    let mut other = made_at_the_edge(world, "est", "plain").await;
    other.request_id = "plain".into();
    other.subject_alternative_names = vec!["dns:plain.test".into()];
    issued(ask_as(world, "est", &other).await);
    let mut no = made_at_the_edge(world, "est", "kept").await;
    no.request_id = "no".into();
    no.subject_alternative_names = vec!["ip:192.0.2.1".into()];
    refused(ask_as(world, "est", &no).await);
    let after = world.bytes("SELECT sealed FROM server_key").await.len();
    assert_eq!(after, before);
    for (caller, protocol) in [("acme", "acme"), ("scep", "scep")] {
        let wish = proto::EnrollRequest {
            protocol: protocol.into(),
            ..made_at_the_edge(world, "est", "kept").await
        };
        let refused = world.enrollment(caller).enroll(wish).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    }
    let long = proto::EnrollRequest {
        sealed_key: vec![1; 20_000],
        ..made_at_the_edge(world, "est", "kept").await
    };
    let refused = world.enrollment("est").enroll(long).await.unwrap_err();
    assert!(refused.message().starts_with("sealed_key:"), "{refused:?}");
}

/// Failure 49: one person alone does not get a kept key; of two who approve at the same moment neither is lost.
async fn of_two_who_say_yes_at_once_both_count(database: TestDatabase) {
    let (world, admin) = world(Some(database)).await;
    let issued = issue(&world, &admin, "k1").await;
    let berta = person(&world, &admin, "berta", &[("approver", "")]).await;
    let carla = person(&world, &admin, "carla", &[("approver", "")]).await;
    for _ in 0..5 {
        let id = ask(&world, &admin, &issued).await;
        let (one, two) = tokio::join!(
            decide(&world, &berta, &id, true),
            decide(&world, &carla, &id, true)
        );
        assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
        assert_eq!(state(&world, &admin, &id).await, "approved");
        let (one, two) = tokio::join!(fetch(&world, &admin, &id), fetch(&world, &admin, &id));
        let fetched = [&one, &two].map(|answer| u8::from(answer.status == 200));
        assert_eq!(fetched[0] + fetched[1], 1, "{} {}", text(&one), text(&two));
    }
    world.stop().await;
}

async fn keys_that_nobody_may_have_any_more_are_forgotten(database: TestDatabase) {
    let notifications = NotificationConfig {
        look_seconds: 1,
        ..NotificationConfig::default()
    };
    let world = World::telling(database, notifications).await;
    let once = "server_keys: {allowed: true}";
    world.apply(&policy("mail", "default", once)).await;
    let waiting = format!("{once}\nmanual_approval: true");
    world.apply(&policy("slow", "default", &waiting)).await;
    let admin = log_in(&world).await;
    let issued = issue(&world, &admin, "fetched").await;
    for id in ["waits", "declined"] {
        let mut wish = wish(id);
        wish["policy"] = json!("slow");
        let answer = post(&world, &admin, "certificates", wish).await;
        assert_eq!(answer.status, 202, "{}", text(&answer));
    }
    let no = json!({"approve": false});
    post(&world, &admin, "requests/declined/decision", no).await;
    // What is not kept cannot be recovered, though it is still there.
    let body = json!({"certificate": issued["fingerprint"], "comment": "lost"});
    let none = post(&world, &admin, "key-recoveries", body).await;
    assert_eq!(none.assert_problem(409)["field"], "certificate");

    world.clock.advance(Duration::days(40));
    let left = async || world.bytes("SELECT public_key FROM server_key").await.len();
    for _ in 0..400 {
        if left().await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(left().await, 1, "that of the request which waits");
    a_key_that_waited_is_fetched_by_who_asked(&world).await;
    world.stop().await;
}

async fn a_key_that_waited_is_fetched_by_who_asked(world: &World) {
    let admin = log_in(world).await;
    let ask_for = async |token: &str, password: &str| {
        let body = json!({"password": password});
        post(world, token, "requests/waits/key", body).await
    };
    let is_there = async || {
        let mine = get(world, &admin, "requests?mine=true&state=issued").await;
        mine.json()["requests"][0]["key_is_there"].clone()
    };
    let early = ask_for(&admin, PASSWORD).await;
    assert_eq!(early.assert_problem(409)["field"], "request_id");

    // After as long as a key is kept for who does not fetch it
    let yes = json!({"approve": true});
    let approved = post(world, &admin, "requests/waits/decision", yes).await;
    assert_eq!(approved.status, 200, "{}", text(&approved));
    assert_eq!(is_there().await, json!(true));
    let berta = person(world, &admin, "berta", &[("administrator", "")]).await;
    ask_for(&berta, PASSWORD).await.assert_problem(404);
    let weak = ask_for(&admin, "short").await;
    assert_eq!(weak.assert_problem(400)["field"], "password");
    world.clock.advance(Duration::days(20));
    let admin_again = log_in(world).await;
    let fetched = ask_for(&admin_again, PASSWORD).await;
    assert_eq!(fetched.status, 200, "{}", text(&fetched));
    assert_eq!(fetched.headers.get("cache-control").unwrap(), "no-store");
    let opened = open(&fetched.json()["pkcs12"]);
    let mut same = wish("waits");
    same["policy"] = json!("slow");
    let repeated = post(world, &admin_again, "certificates", same).await;
    assert_eq!(repeated.status, 201, "{}", text(&repeated));
    let repeated = repeated.json();
    let public = public_key_of(&repeated["certificate_pem"]);
    assert_eq!(opened.public_key, public);
    assert_eq!(open(&repeated["pkcs12"]).public_key, public);

    // For a day
    world.clock.advance(Duration::days(2));
    let admin_later = log_in(world).await;
    let late = ask_for(&admin_later, PASSWORD).await;
    assert!(late.status == 404 || late.status == 409, "{}", text(&late));
}

#[actix_web::test]
async fn a_policy_says_whether_keys_are_made_and_which() {
    let (world, admin) = world(None).await;
    let mut forbidden = wish("k1");
    forbidden["policy"] = json!("server");
    let problem = post(&world, &admin, "certificates", forbidden)
        .await
        .assert_problem(422);
    assert_eq!(
        (&problem["type"], &problem["field"]),
        (
            &json!("urn:ers:clm:refused:not-allowed"),
            &json!("server_key")
        )
    );
    let mut other = wish("k2");
    other["server_key"]["key_algorithm"] = json!("P-384");
    let problem = post(&world, &admin, "certificates", other)
        .await
        .assert_problem(422);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("P-256, RSA-2048")
    );
    let mut rsa = wish("k3");
    rsa["server_key"]["key_algorithm"] = json!("RSA-2048");
    let made = post(&world, &admin, "certificates", rsa).await.json();
    open(&made["pkcs12"]);
    for (body, field) in [
        (json!({"policy": "mail"}), "csr"),
        (
            json!({"policy": "mail", "server_key": {"password": "short"}}),
            "password",
        ),
        (
            json!({"policy": "mail", "server_key": {"password": PASSWORD, "key_algorithm": "P-1"}}),
            "key_algorithm",
        ),
    ] {
        let answer = post(&world, &admin, "certificates", body).await;
        assert_eq!(answer.assert_problem(400)["field"], field);
    }
    // A refused request leaves no key behind.
    let mut refused = wish("k4");
    refused["subject_alternative_names"] = json!(["ip:192.0.2.1"]);
    post(&world, &admin, "certificates", refused)
        .await
        .assert_problem(422);
    assert_eq!(world.bytes("SELECT sealed FROM server_key").await.len(), 1);
    world.stop().await;
}

/// Failure 3 and 20: without the signer nothing is half done, and it may be tried again.
#[actix_web::test]
async fn without_the_signer_it_is_tried_again_later() {
    let (world, admin) = world(None).await;
    world.signer.refuse_to_seal(true);
    let answer = post(&world, &admin, "certificates", wish("k1")).await;
    answer.assert_problem(503);
    assert_eq!(
        world.cara.calls(),
        0,
        "nothing was issued for a key that is lost"
    );
    world.signer.refuse_to_seal(false);
    issue(&world, &admin, "k1").await;
    world.stop().await;
}

#[actix_web::test]
async fn what_is_declined_withdrawn_or_too_late_releases_nothing() {
    let (world, admin) = world(None).await;
    let issued = issue(&world, &admin, "k1").await;
    let berta = person(&world, &admin, "berta", &[("approver", "")]).await;
    let carla = person(&world, &admin, "carla", &[("approver", "")]).await;

    let declined = ask(&world, &admin, &issued).await;
    decide(&world, &berta, &declined, true).await;
    decide(&world, &carla, &declined, false).await;
    assert_eq!(state(&world, &admin, &declined).await, "declined");
    fetch(&world, &admin, &declined).await.assert_problem(409);

    let withdrawn = ask(&world, &admin, &issued).await;
    let path = format!("key-recoveries/{withdrawn}/withdrawal");
    let body = json!({});
    // An approver cannot: that is for who asked.
    post(&world, &berta, &path, body.clone())
        .await
        .assert_problem(403);
    assert_eq!(
        post(&world, &admin, &path, body.clone()).await.json()["state"],
        "withdrawn"
    );
    post(&world, &admin, &path, body).await.assert_problem(409);
    decide(&world, &berta, &withdrawn, true)
        .await
        .assert_problem(409);

    let late = ask(&world, &admin, &issued).await;
    decide(&world, &berta, &late, true).await;
    decide(&world, &carla, &late, true).await;
    world.clock.advance(Duration::hours(25));
    let admin = log_in(&world).await;
    assert_eq!(state(&world, &admin, &late).await, "expired");
    let problem = fetch(&world, &admin, &late).await.assert_problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("expired"));
    let open = get(&world, &admin, "key-recoveries?state=approved").await;
    assert_eq!(open.json()["total"], 0);
    let expired = get(&world, &admin, "key-recoveries?state=expired&mine=true").await;
    assert_eq!(expired.json()["total"], 1);
    // It can be asked for anew.
    ask(&world, &admin, &issued).await;
    world.stop().await;
}

#[actix_web::test]
async fn a_policy_that_became_stricter_counts_and_one_that_became_laxer_does_not() {
    let (world, admin) = world(None).await;
    let lax = policy(
        "mail",
        "default",
        &KEPT.replace("kept", "approvals: 1, kept"),
    );
    let strict = issue(&world, &admin, "two").await;
    world.apply(&lax).await;
    let easy = issue(&world, &admin, "one").await;
    let needed = async |issued: &Value| {
        let id = ask(&world, &admin, issued).await;
        let shown = get(&world, &admin, &format!("key-recoveries/{id}")).await;
        (id, shown.json()["approvals_needed"].as_u64().unwrap())
    };
    assert_eq!(needed(&strict).await.1, 2);
    let (id, one) = needed(&easy).await;
    assert_eq!(one, 1);
    let berta = person(&world, &admin, "berta", &[("approver", "")]).await;
    let decided = decide(&world, &berta, &id, true).await.json();
    assert_eq!(decided["state"], "approved");
    assert_eq!(fetch(&world, &admin, &id).await.status, 200);
    world.apply(&policy("mail", "default", KEPT)).await;
    assert_eq!(needed(&easy).await.1, 2);
    world.stop().await;
}

#[actix_web::test]
async fn keys_are_wanted_back_by_people_and_within_their_realms() {
    let (world, admin) = world(None).await;
    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    world.apply(&policy("shop-mail", "shop", KEPT)).await;
    let issued = issue(&world, &admin, "k1").await;
    let roles = [("realm-administrator", "shop")];
    let of_shop = person(&world, &admin, "sarah", &roles).await;
    let id = ask(&world, &admin, &issued).await;
    let listed = get(&world, &of_shop, "key-recoveries").await.json();
    assert_eq!(listed["total"], 0);
    let path = format!("key-recoveries/{id}");
    get(&world, &of_shop, &path).await.assert_problem(404);
    decide(&world, &of_shop, &id, true)
        .await
        .assert_problem(404);
    let body = json!({"certificate": issued["fingerprint"], "comment": "please"});
    post(&world, &of_shop, "key-recoveries", body.clone())
        .await
        .assert_problem(404);

    // A token is in nobody's hands in particular.
    let all = [
        "recovery:read",
        "recovery:create",
        "recovery:decide",
        "certificate:read",
    ];
    let robot = token(&world, &admin, &all, None).await;
    post(&world, &robot, "key-recoveries", body)
        .await
        .assert_problem(403);
    decide(&world, &robot, &id, true).await.assert_problem(403);
    assert_eq!(get(&world, &robot, &path).await.status, 200);

    a_key_of_the_shop(&world, &admin).await;
    // Somebody else's CA certifies the same public key, and its certificate is imported where one may ask for keys.
    world
        .apply(&policy(
            "watched",
            "shop",
            "import: {allowed: true, self_signed: true}",
        ))
        .await;
    let forged = forged(&issued["certificate_pem"]);
    let import = json!({"policy": "watched", "certificates": forged});
    let report = post(&world, &of_shop, "certificates/imports", import).await;
    let fingerprint = report.json()["certificates"][0]["fingerprint"].clone();
    let body = json!({"certificate": fingerprint, "comment": "mine, really"});
    post(&world, &of_shop, "key-recoveries", body)
        .await
        .assert_problem(409);

    with_its_realm_a_key_goes(&world, &admin).await;
    world.stop().await;
}

/// A key of the realm that is deleted later; its certificate stands in the way no more.
async fn a_key_of_the_shop(world: &World, admin: &str) {
    let mut of_shop = wish("shop-1");
    of_shop["policy"] = json!("shop-mail");
    let made = post(world, admin, "certificates", of_shop).await.json();
    world.caught_up().await;
    let serial = made["serial"].as_str().unwrap();
    let path = format!("certificates/{serial}/revocation");
    post(world, admin, &path, json!({"reason": "superseded"})).await;
    world.caught_up().await;
}

async fn with_its_realm_a_key_goes(world: &World, admin: &str) {
    assert_eq!(world.bytes("SELECT sealed FROM server_key").await.len(), 2);
    let realm = "/clm-api/v1/realms/shop";
    let archived = call(world, admin, "patch", realm, json!({"archived": true})).await;
    assert_eq!(archived.status, 200, "{}", text(&archived));
    assert_eq!(
        call(world, admin, "delete", realm, json!({})).await.status,
        204
    );
    assert_eq!(world.bytes("SELECT sealed FROM server_key").await.len(), 1);
}

/// A certificate of another CA for the public key of one of ours, PEM.
fn forged(certificate: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("ours.pem"),
        certificate.as_str().unwrap(),
    )
    .unwrap();
    let script = "openssl x509 -in ours.pem -noout -pubkey >public.pem
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=Mine -days 30
        openssl req -new -key ca.key -subj /CN=mine -out mine.csr
        openssl x509 -req -in mine.csr -CA ca.pem -CAkey ca.key -CAcreateserial -force_pubkey public.pem -days 20 -out mine.pem";
    let made = Command::new("sh")
        .args(["-ec", script])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read_to_string(folder.path().join("mine.pem")).unwrap()
}

#[actix_web::test]
async fn the_owner_is_told_by_mail_and_who_has_subscribed_too() {
    let mail: MailConfig = serde_json::from_value(json!({
        "host": "127.0.0.1", "port": 9, "security": "none", "from": "ers@example.org",
    }))
    .unwrap();
    let notifications = NotificationConfig {
        mail: Some(mail),
        ..NotificationConfig::default()
    };
    let database = ers_test_support::databases::fresh(ers_test_support::databases::Kind::Sqlite);
    let world = World::telling(database.await.unwrap(), notifications).await;
    let one = KEPT.replace("kept", "approvals: 1, kept");
    world.apply(&policy("mail", "default", &one)).await;
    let admin = log_in(&world).await;
    let issued = issue(&world, &admin, "k1").await;
    let own = json!({"owner": "anna@example.org"});
    let path = format!(
        "/clm-api/v1/certificates/{}",
        issued["serial"].as_str().unwrap()
    );
    call(&world, &admin, "patch", &path, own).await;
    let berta = person(&world, &admin, "berta", &[("approver", "")]).await;
    let id = ask(&world, &admin, &issued).await;
    decide(&world, &berta, &id, true).await;
    assert_eq!(fetch(&world, &admin, &id).await.status, 200);
    let request = proto::ListDeliveriesRequest::default();
    let listed = world.notifications().list_deliveries(request).await;
    let told: Vec<(String, String, String)> = listed
        .unwrap()
        .into_inner()
        .deliveries
        .into_iter()
        .rev()
        .map(|one| (one.subscription, one.event, one.recipient))
        .collect();
    let owner = |event: &str| {
        (
            "key-owner".to_owned(),
            event.to_owned(),
            "anna@example.org".to_owned(),
        )
    };
    assert_eq!(
        told,
        [
            owner("recovery.asked"),
            owner("recovery.decided"),
            owner("recovery.released")
        ]
    );
    world.stop().await;
}
