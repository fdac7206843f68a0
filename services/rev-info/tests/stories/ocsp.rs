//! Promises:
//! - openssl reads and verifies every answer: good, revoked with time and reason, unknown for what was never issued;
//! - a kept answer is given until its certificate is revoked, and never after;
//! - many who ask at once cost one signature; a nonce always gets a fresh one;
//! - what cannot be answered gets RFC 6960's error status, and bad bytes do no harm.

use base64::Engine as _;
use ers_signer_client::{Purpose, SignerError};

use crate::world::World;

const SERIAL: &str = "1a2b3c4d5e6f";

fn signatures(world: &World) -> usize {
    world
        .signer
        .entries()
        .iter()
        .filter(|entry| entry.purpose == Purpose::Ocsp)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_is_told_good_revoked_and_unknown() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    for options in [&["-no_nonce"][..], &[], &["-sha256"]] {
        let said = world.ocsp(SERIAL, options).await;
        assert!(
            said.contains("Response verify OK") && said.contains(": good"),
            "{options:?}: {said}"
        );
        assert!(!said.contains("WARNING"), "{said}");
    }
    let said = world.ocsp("ffff", &[]).await;
    assert!(
        said.contains("Response verify OK") && said.contains(": unknown"),
        "{said}"
    );
    world.cara.revoke(SERIAL, "keyCompromise", 1_790_000_000);
    // as soon as the event has arrived
    let mut said = world.ocsp(SERIAL, &[]).await;
    while said.contains(": good") {
        said = world.ocsp(SERIAL, &[]).await;
    }
    assert!(
        said.contains(": revoked") && said.contains("keyCompromise"),
        "{said}"
    );
    assert!(said.contains("Revocation Time: Sep 21"), "{said}");
}

/// Failure 29: the kept answer is replaced as soon as the revocation is heard of.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_answer_ends_with_the_revocation() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    assert!(world.ocsp(SERIAL, &["-no_nonce"]).await.contains(": good"));
    assert!(world.ocsp(SERIAL, &["-no_nonce"]).await.contains(": good"));
    assert_eq!(
        (world.cara.asked(), signatures(&world)),
        (1, 1),
        "the second answer was kept"
    );
    world.cara.revoke(SERIAL, "superseded", 1_790_000_000);
    let begun = std::time::Instant::now();
    while !world
        .ocsp(SERIAL, &["-no_nonce"])
        .await
        .contains(": revoked")
    {
        assert!(
            begun.elapsed().as_secs() < 10,
            "the revocation is never told"
        );
    }
}

/// Failure 28: what was never issued is unknown, and asked for again each time.
#[tokio::test(flavor = "multi_thread")]
async fn that_a_certificate_is_unknown_is_never_kept() {
    let world = World::start().await;
    assert!(
        world
            .ocsp(SERIAL, &["-no_nonce"])
            .await
            .contains(": unknown")
    );
    world.cara.issue(SERIAL);
    assert!(world.ocsp(SERIAL, &["-no_nonce"]).await.contains(": good"));
}

/// Failure 29: all ask at the moment when the kept answer has ended.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_share_one_signature() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    let file = world.file("request.der");
    let ca = world.file("ca.pem").display().to_string();
    let path = file.display().to_string();
    crate::world::openssl(&[
        "ocsp",
        "-issuer",
        &ca,
        "-serial",
        &format!("0x{SERIAL}"),
        "-no_nonce",
        "-reqout",
        &path,
    ])
    .await;
    let request = std::fs::read(file).unwrap();
    let client = reqwest::Client::new();
    let asked = (0..50).map(|_| {
        let url = format!("{}/rev-info/ocsp", world.url);
        client.post(url).body(request.clone()).send()
    });
    let answers = futures::future::join_all(asked).await;
    let mut bodies = Vec::new();
    for answer in answers {
        bodies.push(answer.unwrap().bytes().await.unwrap());
    }
    bodies.dedup();
    assert_eq!((bodies.len(), signatures(&world)), (1, 1));

    // The same over GET, with what a proxy needs to keep it.
    let encoded = base64::engine::general_purpose::STANDARD
        .encode(&request)
        .replace('/', "%2F")
        .replace('+', "%2B");
    let answer = client
        .get(format!("{}/rev-info/ocsp/{encoded}", world.url))
        .send()
        .await
        .unwrap();
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(header("content-type"), "application/ocsp-response");
    assert!(
        header("cache-control").contains("max-age=3600"),
        "{}",
        header("cache-control")
    );
    assert!(header("expires").ends_with(" GMT") && !header("etag").is_empty());
    assert_eq!(answer.bytes().await.unwrap(), bodies[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_repeated_and_never_answered_from_what_is_kept() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    for expected in 1..=3 {
        assert!(world.ocsp(SERIAL, &["-nonce"]).await.contains(": good"));
        assert_eq!(signatures(&world), expected);
    }
}

/// Failure 30: hostile requests.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_gets_an_error_status() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    let client = reqwest::Client::new();
    let post = async |body: Vec<u8>| {
        let answer = client
            .post(format!("{}/rev-info/ocsp", world.url))
            .body(body)
            .send()
            .await
            .unwrap();
        answer.bytes().await.unwrap().to_vec()
    };
    let status = |code: u8| vec![0x30, 0x03, 0x0a, 0x01, code];
    for garbage in [
        vec![],
        vec![0x30],
        vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        vec![0; 1000],
        vec![0; 100_000],
    ] {
        assert_eq!(post(garbage).await, status(1), "malformedRequest");
    }
    let answer = client
        .get(format!("{}/rev-info/ocsp/%zz", world.url))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.bytes().await.unwrap().to_vec(), status(1));
    // Another CA than ours: unauthorized.
    let other = World::start().await;
    let said = {
        let ca = other.file("ca.pem").display().to_string();
        let url = format!("{}/rev-info/ocsp", world.url);
        crate::world::openssl(&[
            "ocsp", "-issuer", &ca, "-CAfile", &ca, "-serial", "0x01", "-url", &url,
        ])
        .await
    };
    assert!(said.contains("unauthorized"), "{said}");
    // The signer is busy: try later.
    world.signer.fail_next(SignerError::Busy);
    assert!(
        world
            .ocsp(SERIAL, &["-no_nonce"])
            .await
            .contains("trylater")
    );
    assert!(world.ocsp(SERIAL, &["-no_nonce"]).await.contains(": good"));
}

/// Failure 5: what was revoked meanwhile is not told as good for longer than the bound.
#[tokio::test(flavor = "multi_thread")]
async fn kept_answers_are_given_only_for_a_while_when_cara_is_away() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    assert!(world.ocsp(SERIAL, &["-no_nonce"]).await.contains(": good"));
    world.cara.go_away();
    while world.is_ready() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(world.ocsp(SERIAL, &["-no_nonce"]).await.contains(": good"));
    world.clock.advance(time::Duration::seconds(61));
    assert!(
        world
            .ocsp(SERIAL, &["-no_nonce"])
            .await
            .contains("trylater")
    );
}
