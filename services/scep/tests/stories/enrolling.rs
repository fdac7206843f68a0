//! Promises: who shows the right challenge, or a certificate, gets what CLM gives; with every cipher and kind of key that
//! devices have; by GET and POST, under the paths that old clients use; refusals are told in the words of SCEP.

use base64::Engine as _;
use ers_pki::certificate::Certificate;
use ers_pki::cms::{ContentCipher, KeyTransport};
use ers_pki::key::SignatureAlgorithm;
use ers_proto::clm::v1::RefusalReason;
use ers_proto::clm::v1::authenticate_request::Credential;

use crate::support::{Device, Mode, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_the_right_challenge_gets_its_certificate() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let device = Device::new("router");
    let csr = device.csr("router.example.com", "secret");
    let url = format!("{}/scep", world.base);
    let answer = device.ask(&url, &authority, "19", "T1", &csr).await;
    let [leaf, root] = answer.certificates().try_into().unwrap();
    let leaf = Certificate::from_der(leaf.der()).unwrap();
    leaf.verify_signed_by(world.clm.root()).unwrap();
    assert_eq!(leaf.public_key(), device.key.public_key());
    assert_eq!(root.der(), world.clm.root().der());
    let asked = &world.clm.asked()[0];
    assert_eq!(asked.policy, "scep");
    assert_eq!(asked.csr, csr);
    assert_eq!(asked.requester, "end-entity:anybody");
    assert_eq!(asked.authenticated_by, "challenge");
    assert!(asked.renews.is_empty());
    let question = &world.clm.questions()[0];
    assert_eq!(question.transaction_id, "T1");
    assert_eq!(question.address, "127.0.0.1");
    assert_eq!(
        question.credential,
        Some(Credential::Challenge("secret".to_owned()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cipher_hash_and_kind_of_key_is_answered_in_kind() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep/scep", world.base);
    let ciphers = [
        ContentCipher::Aes128Cbc,
        ContentCipher::Aes256Cbc,
        ContentCipher::Aes128Gcm,
        ContentCipher::Aes256Gcm,
    ];
    for (kind, algorithms) in [
        (
            "rsa:2048",
            vec![
                SignatureAlgorithm::Sha256WithRsa,
                SignatureAlgorithm::Sha512WithRsa,
            ],
        ),
        (
            "ec -pkeyopt ec_paramgen_curve:P-256",
            vec![SignatureAlgorithm::Sha256WithEcdsa],
        ),
    ] {
        let mut device = Device::with("device", kind);
        for (number, cipher) in ciphers.into_iter().enumerate() {
            for (other, &algorithm) in algorithms.iter().enumerate() {
                device.cipher = cipher;
                device.algorithm = algorithm;
                device.transport = [KeyTransport::Pkcs1, KeyTransport::OAEP_SHA256][number % 2];
                let transaction = format!("{}-{number}-{other}", &kind[..2]);
                let csr = device.csr("device.example.com", "secret");
                let answer = device.ask(&url, &authority, "19", &transaction, &csr).await;
                assert_eq!(answer.certificates().len(), 2);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_come_by_get_too_and_under_the_paths_of_old_clients() {
    let world = World::new().await;
    let authority = world.authority("/scep/pkiclient.exe").await;
    let device = Device::new("printer");
    let csr = device.csr("printer.example.com", "secret");
    for (number, path) in [
        "/scep",
        "/scep/pkiclient.exe",
        "/scep/cgi-bin/pkiclient.exe",
        "/scep/scep/pkiclient.exe",
        "/scep/scep/cgi-bin/pkiclient.exe",
    ]
    .into_iter()
    .enumerate()
    {
        let transaction = format!("GET-{number}");
        let message = device.message(&authority, "19", &transaction, &csr);
        let message = base64::engine::general_purpose::STANDARD.encode(message);
        let escaped = message
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let url = format!(
            "{}{path}?operation=PKIOperation&message={escaped}",
            world.base
        );
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let answer = device.read(&authority, &transaction, &answer.bytes().await.unwrap());
        assert_eq!(answer.certificates().len(), 2);
    }
}

/// Failure 39: a challenge that is wrong, missing or was used before asks CLM for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_missing_or_used_challenge_is_refused_and_nothing_is_asked_for() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let device = Device::new("stranger");
    let other = Device::new("other");
    let first = device.csr("a.example.com", "once-1");
    device
        .ask(&url, &authority, "19", "T0", &first)
        .await
        .certificates();
    for (number, challenge) in ["guessed", "", "once-1"].into_iter().enumerate() {
        let transaction = format!("W{number}");
        let csr = other.csr("b.example.com", challenge);
        let answer = other.ask(&url, &authority, "19", &transaction, &csr).await;
        assert_eq!(answer.failure(), "2", "{challenge}");
        assert!(answer.text.unwrap().contains("not right, or used before"));
    }
    assert_eq!(world.clm.requests(), 1);
    // who was wrong once may try again under the same transactionID
    let csr = other.csr("b.example.com", "secret");
    other
        .ask(&url, &authority, "19", "W0", &csr)
        .await
        .certificates();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_by_the_one_before_and_not_without() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let device = Device::new("switch");
    let csr = device.csr("switch.example.com", "secret");
    let issued = device
        .ask(&url, &authority, "19", "R1", &csr)
        .await
        .certificates();
    // a RenewalReq by its own certificate is none
    let csr = device.csr("switch.example.com", "");
    let answer = device.ask(&url, &authority, "17", "R2", &csr).await;
    assert_eq!(answer.failure(), "2");
    let device = device.renewed(&issued[0]);
    for (kind, transaction) in [("17", "R3"), ("19", "R4")] {
        let next = Device::new("switch");
        let csr = next.csr("switch.example.com", "");
        device
            .ask(&url, &authority, kind, transaction, &csr)
            .await
            .certificates();
        let asked = world.clm.asked().pop().unwrap();
        assert_eq!(asked.renews, issued[0].der(), "{kind}");
        assert_eq!(asked.authenticated_by, "certificate");
        assert_eq!(asked.end_entity, "anybody");
    }
    // nor where the policy allows none
    let old = format!("{}/scep/old", world.base);
    let csr = device.csr("switch.example.com", "");
    let answer = device.ask(&old, &authority, "17", "R5", &csr).await;
    assert_eq!(answer.failure(), "2");
}

/// Failure 39: a certificate that CLM does not know renews nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_certificate_and_another_ones_key_are_refused() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    // signed by a CA that nobody knows
    let stranger = World::new().await;
    let device = Device::new("robot");
    let csr = device.csr("robot.example.com", "secret");
    let theirs = stranger.authority("/scep").await;
    let foreign = device
        .ask(
            &format!("{}/scep", stranger.base),
            &theirs,
            "19",
            "F1",
            &csr,
        )
        .await
        .certificates();
    let device = device.renewed(&foreign[0]);
    for kind in ["17", "19"] {
        let answer = device.ask(&url, &authority, kind, "F2", &csr).await;
        assert_eq!(answer.failure(), "2");
    }
    // a request for another key than the one that signs the message
    let other = Device::new("other");
    let csr = Device::new("third").csr("third.example.com", "secret");
    let answer = other.ask(&url, &authority, "19", "F3", &csr).await;
    assert_eq!(answer.failure(), "2");
    assert_eq!(world.clm.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_clm_are_told_with_their_reason() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let device = Device::new("camera");
    for (number, (reason, info)) in [
        (RefusalReason::BadKey, "0"),
        (RefusalReason::BadName, "2"),
        (RefusalReason::NotAllowed, "2"),
        (RefusalReason::Duplicate, "2"),
    ]
    .into_iter()
    .enumerate()
    {
        world.clm.mode(Mode::Refuse(reason));
        let csr = device.csr("camera.example.com", "secret");
        let transaction = format!("N{number}");
        let answer = device.ask(&url, &authority, "19", &transaction, &csr).await;
        assert_eq!(answer.failure(), info, "{reason:?}");
        assert_eq!(answer.text.unwrap(), "csr: the story wants it so");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_signed_with_sha_1_are_taken_where_a_policy_says_so() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let device = Device::new("relic");
    let csr = device.csr_with("relic.example.com", "secret", "sha1");
    let url = format!("{}/scep", world.base);
    let answer = device.ask(&url, &authority, "19", "S1", &csr).await;
    assert_eq!(answer.failure(), "0");
    let url = format!("{}/scep/old", world.base);
    device
        .ask(&url, &authority, "19", "S2", &csr)
        .await
        .certificates();
    let asked = world.clm.asked().pop().unwrap();
    assert!(asked.csr.is_empty());
    assert_eq!(asked.public_key, device.key.public_key().spki_der());
    assert_eq!(asked.subject_alternative_names, ["dns:relic.example.com"]);
}
