//! Promises: what is malformed, forged, weak or too much gets the protocol's error, or an HTTP status where there is no
//! transaction to answer; nothing else happens, and nothing is learnt from it.

use ers_pki::cms::{Attribute, ContentCipher};
use ers_pki::key::SignatureAlgorithm;

use crate::support::device::Answer;
use crate::support::device::{NONCE, oid, post};
use crate::support::{Device, World};

/// Failure 39: another one's message sent on with a changed key or content, whatever it is said to be, and nonsense are
/// answered alike, so that padding is no oracle.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_does_not_open_is_answered_alike() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let victim = Device::new("victim");
    let attacker = Device::new("attacker");
    let csr = victim.csr("a.example.com", "secret");
    let sealed = victim.sealed(&authority, &csr);
    // octets of the encrypted key; of the content's last blocks, which is the padding; of its signature and its names
    let content_at = sealed.len() - csr.len();
    let places = [
        content_at - 200,
        sealed.len() - 1,
        sealed.len() - 17,
        sealed.len() - 33,
        sealed.len() - 100,
        content_at + 40,
        content_at + csr.len() / 2,
    ];
    for kind in ["17", "19", "20", "21", "22"] {
        for place in places {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            let message = attacker.signed(kind, "O1", &changed);
            let answer = attacker.post(&url, &authority, "O1", message).await;
            assert_unreadable(&answer);
        }
        for nonsense in [&b""[..], b"nonsense", &csr[1..], &[0x30; 400]] {
            let answer = attacker.ask(&url, &authority, kind, "O1", nonsense).await;
            assert_unreadable(&answer);
        }
    }
    assert!(world.clm.questions().is_empty());
}

fn assert_unreadable(answer: &Answer) {
    assert_eq!(answer.failure(), "1");
    let text = answer.text.as_deref();
    assert_eq!(text, Some("the message could not be opened"));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_signatures_and_weak_algorithms_are_refused() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let mut device = Device::new("old");
    let csr = device.csr("old.example.com", "secret");
    // a signature by another key
    let other = Device::new("other");
    let forged = Device::new("forger").showing(other.certificate);
    let content = forged.sealed(&authority, &csr);
    let mut message = device.signed("19", "H1", &content);
    let last = message.len() - 1;
    message[last] ^= 1;
    let answer = device.post(&url, &authority, "H1", message).await;
    assert_eq!(answer.failure(), "1");
    // triple DES only where the policy says so
    device.cipher = ContentCipher::DesEde3Cbc;
    let answer = device.ask(&url, &authority, "19", "H2", &csr).await;
    assert_eq!(answer.failure(), "0");
    let old = format!("{}/scep/old", world.base);
    device
        .ask(&old, &authority, "19", "H3", &csr)
        .await
        .certificates();
    device.cipher = ContentCipher::Aes128Cbc;
    // encrypted for nobody that is here
    let answer = device.message(&device.certificate, "19", "H4", &csr);
    let answer = device.post(&url, &authority, "H4", answer).await;
    assert_eq!(answer.failure(), "1");
    device.algorithm = SignatureAlgorithm::Sha384WithRsa;
    device
        .ask(&url, &authority, "19", "H5", &csr)
        .await
        .certificates();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_without_what_they_need_are_refused() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let device = Device::new("odd");
    let csr = device.csr("odd.example.com", "secret");
    let content = device.sealed(&authority, &csr);
    let kind = |number| Attribute::printable_string(oid("2.16.840.1.113733.1.9.2"), number);
    let transaction = |id| Attribute::printable_string(oid("2.16.840.1.113733.1.9.7"), id);
    let nonce = || Attribute::octet_string(oid("2.16.840.1.113733.1.9.5"), &NONCE);
    for attributes in [
        vec![transaction("X1"), nonce()],
        vec![transaction("X1"), nonce(), kind("99")],
        vec![transaction("X1"), nonce(), kind("3")],
        vec![transaction("X1"), kind("19")],
    ] {
        let message = device.signed_with(attributes, &content);
        let answer = device.post(&url, &authority, "X1", message).await;
        assert_eq!(answer.failure(), "2");
    }
    for attributes in [
        vec![kind("19"), nonce()],
        vec![kind("19"), nonce(), transaction("")],
        vec![kind("19"), nonce(), transaction(&"9".repeat(256))],
    ] {
        let message = device.signed_with(attributes, &content);
        assert_eq!(post(&url, message).await.0, 400);
    }
    // a content that is no EnvelopedData
    let message = device.signed("19", "X2", &csr);
    let answer = device.post(&url, &authority, "X2", message).await;
    assert_eq!(answer.failure(), "2");
    assert!(world.clm.asked().is_empty());
}

/// Failure 41: bombs and nonsense end as an HTTP status.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_and_bombs_are_turned_away() {
    let world = World::new().await;
    let url = format!("{}/scep", world.base);
    let deep: Vec<u8> = std::iter::repeat_n([0x30, 0x80], 50_000)
        .flatten()
        .collect();
    for body in [
        Vec::new(),
        b"nonsense".to_vec(),
        deep,
        vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(post(&url, body).await.0, 400);
    }
    let (status, _) = post(&url, vec![0; 300 * 1024]).await;
    assert_eq!(status, 413);
    for (path, expected) in [
        ("/scep", 400),
        ("/scep?operation=Nonsense", 400),
        ("/scep?operation=PKIOperation", 400),
        ("/scep?operation=PKIOperation&message=*", 400),
        ("/scep?operation=PKIOperation&message=AAAA", 400),
        ("/scep/nowhere?operation=GetCACert", 404),
        ("/scep/NOWHERE?operation=GetCACert", 404),
        ("/scep/..%2f?operation=GetCACert", 404),
        ("/scep/a/b?operation=GetCACert", 404),
    ] {
        let answer = reqwest::get(format!("{}{path}", world.base)).await.unwrap();
        assert_eq!(answer.status(), expected, "{path}");
    }
    let answer = reqwest::Client::new().put(&url).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert!(world.clm.asked().is_empty());
}
