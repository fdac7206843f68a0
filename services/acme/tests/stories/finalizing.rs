//! Promises: a certificate is for the ordered names and not by the account key; an order has one certificate, however
//! often and however many at once ask for it, whatever is lost on the way; CLM's word is told in ACME's words.

use ers_proto::clm::v1::RefusalReason;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509StoreContext};

use crate::support::{Key, Mode, World, csr, csr_of, p256};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_the_ordered_names_is_downloaded_with_its_chain() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = world
        .ready_order(&mut client, &["a.test", "127.0.0.1"])
        .await;
    let finalized = client
        .finalize(&order, &csr(&["127.0.0.1", "a.test"]))
        .await;
    assert_eq!(finalized.header("location"), Some(order.url.as_str()));
    let answer = client
        .get(finalized.ok()["certificate"].as_str().unwrap())
        .await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/pem-certificate-chain")
    );
    let certificates = X509::stack_from_pem(answer.text.as_bytes()).unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store
        .add_cert(X509::from_der(world.clm.root().der()).unwrap())
        .unwrap();
    let mut context = X509StoreContext::new().unwrap();
    let verified = context.init(
        &store.build(),
        &certificates[0],
        &Stack::new().unwrap(),
        openssl::x509::X509StoreContextRef::verify_cert,
    );
    assert!(verified.unwrap(), "OpenSSL believes the chain");
    let names = certificates[0].subject_alt_names().unwrap();
    let names: Vec<_> = names
        .iter()
        .map(|name| name.dnsname().map_or("ip", |name| name))
        .collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"a.test") && names.contains(&"ip"));
    let asked = &world.clm.asked()[0];
    assert_eq!(
        (
            asked.protocol.as_str(),
            asked.policy.as_str(),
            asked.names_proven
        ),
        ("acme", "acme", true)
    );
    assert!(
        asked.requester.starts_with("acme-account:") && asked.request_id.starts_with("acme-order-")
    );
}

/// Failure 41: a request that asks for more than was ordered.
#[tokio::test(flavor = "multi_thread")]
async fn a_csr_that_asks_for_something_else_is_refused_and_the_order_stays() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test", "b.test"]).await;
    let key = p256();
    let account_key = openssl::pkey::PKey::private_key_from_pkcs8(&client.key.pkcs8()).unwrap();
    let weak = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let mut forged = csr(&["a.test", "b.test"]);
    *forged.last_mut().unwrap() ^= 1;
    for (what, csr) in [
        (
            "extra name",
            csr_of(&key, &["a.test", "b.test", "c.test"], None),
        ),
        ("missing name", csr_of(&key, &["a.test"], None)),
        (
            "extra common name",
            csr_of(&key, &["a.test", "b.test"], Some("c.test")),
        ),
        (
            "common name that is no name",
            csr_of(&key, &["a.test", "b.test"], Some("My Company")),
        ),
        ("no names", csr_of(&key, &[], None)),
        (
            "account key",
            csr_of(&account_key, &["a.test", "b.test"], None),
        ),
        ("weak key", csr_of(&weak, &["a.test", "b.test"], None)),
        ("broken signature", forged),
        ("not DER", b"certificate, please".to_vec()),
        ("nothing", Vec::new()),
    ] {
        assert_eq!(
            client.finalize(&order, &csr).await.refusal(),
            (400, "badCSR".into()),
            "{what}"
        );
    }
    let url = order.body["finalize"].as_str().unwrap();
    assert_eq!(
        client.post(url, r#"{"csr": "a+b/"}"#).await.refusal(),
        (400, "malformed".into())
    );
    assert_eq!(world.clm.asked().len(), 0);
    let good = csr_of(&key, &["b.test"], Some("a.test"));
    assert_eq!(client.finalize(&order, &good).await.ok()["status"], "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_ready_is_not_finalized() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    assert_eq!(
        client.finalize(&order, &csr(&["a.test"])).await.refusal(),
        (403, "orderNotReady".into())
    );
    assert_eq!(world.clm.asked().len(), 0);
}

/// Failure 12: the same order finalized many times at once.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_finalizes_at_once_make_one_certificate() {
    let world = World::new().await;
    world.clm.mode(Mode::IssueSlowly);
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let csr = csr(&["a.test"]);
    let finalizing = (0..50).map(|_| {
        let (mut one, order, csr) = (client.also(client.key.copy()), order.clone(), csr.clone());
        tokio::spawn(async move { one.finalize(&order, &csr).await })
    });
    for answer in futures::future::join_all(finalizing).await {
        let body = answer.unwrap().ok();
        assert!(
            ["processing", "valid"].contains(&body["status"].as_str().unwrap()),
            "{body}"
        );
    }
    assert_eq!(client.get(&order.url).await.ok()["status"], "valid");
    assert_eq!((world.clm.issued(), world.clm.asked().len()), (1, 1));
}

/// Failure 2: a client repeats its finalize.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_finalize_gives_the_same_certificate_and_another_csr_none() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let csr = csr(&["a.test"]);
    let first = client.finalize(&order, &csr).await.ok();
    let second = client.finalize(&order, &csr).await.ok();
    assert_eq!(first, second);
    let other = crate::support::csr(&["a.test"]);
    assert_eq!(
        client.finalize(&order, &other).await.refusal(),
        (403, "orderNotReady".into())
    );
    assert_eq!(world.clm.issued(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_clm_is_away_nothing_is_lost() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    world.clm.mode(Mode::Down);
    let csr = csr(&["a.test"]);
    let answer = client.finalize(&order, &csr).await;
    assert_eq!(answer.refusal(), (503, "serverInternal".into()));
    assert!(answer.header("retry-after").is_some());
    assert_eq!(
        client.get(&order.url).await.refusal(),
        (503, "serverInternal".into())
    );
    world.clm.mode(Mode::Issue);
    assert_eq!(client.get(&order.url).await.ok()["status"], "valid");
    assert_eq!(client.finalize(&order, &csr).await.ok()["status"], "valid");
    assert_eq!(world.clm.issued(), 1);
}

/// Failure 2: the answer of CLM is lost after it issued.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_whose_answer_was_lost_is_found_again() {
    let mut world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    world.clm.mode(Mode::LoseAnswer);
    let csr = csr(&["a.test"]);
    assert_eq!(
        client.finalize(&order, &csr).await.refusal(),
        (503, "serverInternal".into())
    );
    world.clm.mode(Mode::Issue);
    world.restart().await;
    let mut again = client.also(client.key.copy());
    assert_eq!(again.finalize(&order, &csr).await.ok()["status"], "valid");
    assert_eq!(world.clm.issued(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_for_a_person() {
    let world = World::new().await;
    world.clm.mode(Mode::Wait);
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let answer = client.finalize(&order, &csr(&["a.test"])).await;
    assert_eq!(
        (answer.ok()["status"].clone(), answer.header("retry-after")),
        ("processing".into(), Some("7"))
    );
    let polled = client.get(&order.url).await;
    assert_eq!(
        (polled.ok()["status"].clone(), polled.header("retry-after")),
        ("processing".into(), Some("7"))
    );
    let certificate = order.url.replace("/order/", "/cert/");
    assert_eq!(
        client.get(&certificate).await.refusal(),
        (404, "malformed".into())
    );
    world.clm.decide(true);
    assert_eq!(client.get(&order.url).await.ok()["status"], "valid");
    assert!(
        client
            .get(&certificate)
            .await
            .text
            .starts_with("-----BEGIN CERTIFICATE-----\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_say_no() {
    let world = World::new().await;
    world.clm.mode(Mode::Wait);
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    client.finalize(&order, &csr(&["a.test"])).await.ok();
    world.clm.decide(false);
    let body = client.get(&order.url).await.ok();
    assert_eq!(body["status"], "invalid");
    assert_eq!(
        body["error"]["type"],
        "urn:ietf:params:acme:error:unauthorized"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_acme_words_and_ends_the_order() {
    let world = World::new().await;
    let mut client = world.client().await;
    for (reason, status, kind) in [
        (RefusalReason::BadRequest, 400, "badCSR"),
        (RefusalReason::BadKey, 400, "badPublicKey"),
        (RefusalReason::BadName, 400, "rejectedIdentifier"),
        (RefusalReason::BadValidity, 400, "malformed"),
        (RefusalReason::NotAllowed, 403, "unauthorized"),
        (RefusalReason::Declined, 403, "unauthorized"),
        (RefusalReason::Duplicate, 400, "rejectedIdentifier"),
        (RefusalReason::Unspecified, 500, "serverInternal"),
    ] {
        world.clm.mode(Mode::Refuse(reason));
        let order = world.ready_order(&mut client, &["a.test"]).await;
        let answer = client.finalize(&order, &csr(&["a.test"])).await;
        let (told_status, told_kind, document) = answer.problem();
        assert_eq!(
            (told_status, told_kind.as_str()),
            (status, kind),
            "{reason:?}"
        );
        assert_eq!(document["detail"], "csr: the story wants it so");
        let body = client.get(&order.url).await.ok();
        assert_eq!(body["error"]["type"], document["type"], "{reason:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clm_calls_wrong_is_not_asked_again() {
    let world = World::new().await;
    world.clm.mode(Mode::Invalid);
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    assert_eq!(
        client.finalize(&order, &csr(&["a.test"])).await.refusal(),
        (400, "badCSR".into())
    );
    assert_eq!(client.get(&order.url).await.ok()["status"], "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_clm_is_away_orders_and_directories_say_so() {
    let world = World::new().await;
    world.clm.mode(Mode::Down);
    let mut client = world.stranger();
    assert_eq!(
        client.plain(&client.url("directory")).await.refusal(),
        (503, "serverInternal".into())
    );
    assert_eq!(
        client.new_account(serde_json::json!({})).await.refusal(),
        (503, "serverInternal".into())
    );
    world.clm.mode(Mode::Issue);
    client.key = Key::es256();
    client.register().await;
}
