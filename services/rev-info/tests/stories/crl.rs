//! Promises:
//! - the newest CRL is served with what a proxy needs, and openssl verifies it;
//! - a new one takes its place as soon as CARA tells of it;
//! - when events of CARA do not arrive, CARA is asked; a kept one is served only while it does not answer;
//! - a CA that does not exist is a problem document.

use ers_proto::cara::v1::{CrlPublished, event::What};

use crate::world::{World, openssl};

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_crl_is_served_and_verified_by_openssl() {
    let world = World::start().await;
    let client = reqwest::Client::new();
    let url = format!("{}/rev-info/crl/sub.crl", world.url);
    let first = client.get(&url).send().await.unwrap();
    assert_eq!(first.headers()["content-type"], "application/pkix-crl");
    let etag = first.headers()["etag"].clone();
    let known = client
        .get(&url)
        .header("if-none-match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), 304);

    *world.cara.crl.lock() = world.crl(2, &["abcdef"]);
    world.cara.tell(What::CrlPublished(CrlPublished {
        issuer: "sub".into(),
        number: 2,
        name: "sub".into(),
    }));
    let begun = std::time::Instant::now();
    let second = loop {
        let answer = client.get(&url).send().await.unwrap();
        if answer.headers()["etag"] == "\"2\"" {
            break answer.bytes().await.unwrap();
        }
        assert!(begun.elapsed().as_secs() < 10, "the new CRL never comes");
    };
    let (file, ca) = (world.file("crl.der"), world.file("ca.pem"));
    std::fs::write(&file, second).unwrap();
    let (file, ca) = (file.display().to_string(), ca.display().to_string());
    let said = openssl(&[
        "crl", "-inform", "DER", "-in", &file, "-noout", "-text", "-CAfile", &ca,
    ])
    .await;
    assert!(
        said.contains("verify OK") && said.contains("ABCDEF"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_the_ca_is_served_and_that_of_no_ca_is_a_problem() {
    let world = World::start().await;
    let get = async |path: &str| reqwest::get(format!("{}{path}", world.url)).await.unwrap();
    let answer = get("/rev-info/ca/sub.cer").await;
    assert_eq!(answer.headers()["content-type"], "application/pkix-cert");
    assert_eq!(
        answer.bytes().await.unwrap(),
        world.cara.responder.issuer_certificate
    );
    for path in [
        "/rev-info/ca/none.cer",
        "/rev-info/crl/none.crl",
        "/rev-info/nothing",
        "/",
    ] {
        let answer = get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(
            answer.headers()["content-type"],
            "application/problem+json",
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_crl_is_served_while_cara_is_away() {
    let world = World::start().await;
    let url = format!("{}/rev-info/crl/sub.crl", world.url);
    let number = async || {
        let answer = reqwest::get(&url).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers()["etag"].clone()
    };
    assert_eq!(number().await, "\"1\"");
    world.cara.go_away();
    world.clock.advance(time::Duration::hours(1));
    assert_eq!(number().await, "\"1\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_crl_is_not_believed_when_events_stopped_arriving() {
    let world = World::start().await;
    let url = format!("{}/rev-info/crl/sub.crl", world.url);
    let number = async || reqwest::get(&url).await.unwrap().headers()["etag"].clone();
    assert_eq!(number().await, "\"1\"");
    world.cara.stop_events();
    while world.is_ready() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // nobody tells of it
    *world.cara.crl.lock() = world.crl(2, &[]);
    assert_eq!(number().await, "\"1\"");
    world.clock.advance(time::Duration::hours(1));
    assert_eq!(number().await, "\"2\"");
}
