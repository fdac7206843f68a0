//! Promises: a key that can only decrypt proves itself by the numbers that openssl decrypts with it (popdecc, popdecr), at
//! any replica; a wrong number ends the transaction, and CLM is asked for nothing before the right one.

use ers_pki::cmp::{Body, BodyKind, EncryptedRand, Failure};
use ers_pki::crmf::{CertReqMsg, CertTemplate, ProofOfPossession};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;

use crate::support::device::{Answer, signed};
use crate::support::{Device, OpenSsl, World};

on_every_database!(a_key_is_proven_by_what_it_decrypts_at_any_replica);

/// A request for a key of openssl's in `<name>.key`.
async fn wish(openssl: &OpenSsl, device: &Device, id: i64, name: &str, kind: &str) -> CertReqMsg {
    openssl
        .run(&format!("genpkey {kind} -out {name}.key"))
        .await
        .ok();
    openssl
        .run(&format!(
            "pkey -in {name}.key -pubout -outform DER -out {name}.pub"
        ))
        .await
        .ok();
    let template = CertTemplate {
        public_key: Some(openssl.read(&format!("{name}.pub"))),
        ..device.template(&PrivateKey::generate(KeyAlgorithm::P256).unwrap())
    };
    CertReqMsg::new(id, template, Vec::new()).with_proof(ProofOfPossession::ChallengeResponse)
}

/// The number in a challenge, decrypted by openssl.
async fn number(openssl: &OpenSsl, answer: &Answer, place: usize, name: &str) -> Vec<u8> {
    let Body::Challenges(challenges) = answer.message.body() else {
        panic!("{answer:?}")
    };
    let arguments = match &challenges[place].rand {
        EncryptedRand::Direct(octets) => {
            openssl.write("sealed", octets);
            "pkeyutl -decrypt -in sealed -out rand".to_owned()
        }
        EncryptedRand::Enveloped(der) => {
            let mut content = der.clone();
            content[0] = 0x30;
            openssl.write("sealed", &content_info(&content));
            "cms -decrypt -binary -inform DER -in sealed -out rand".to_owned()
        }
    };
    openssl
        .run(&format!("{arguments} -inkey {name}.key"))
        .await
        .ok();
    let rand = openssl.read("rand");
    // Rand ::= SEQUENCE { int INTEGER, sender GeneralName }
    assert_eq!((rand[0], &rand[2..4]), (0x30, &[2, 16][..]), "{rand:?}");
    let number = rand[4..20].to_vec();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number);
    assert_eq!(challenges[place].witness, digest.as_ref());
    number
}

/// ContentInfo of an EnvelopedData.
fn content_info(enveloped: &[u8]) -> Vec<u8> {
    const ENVELOPED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
    let long = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    };
    long(0x30, &[ENVELOPED, &long(0xa0, enveloped)].concat())
}

const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const EC: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

async fn a_key_is_proven_by_what_it_decrypts_at_any_replica(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    let openssl = world.openssl();
    for (version, kind) in [(3, RSA), (3, EC), (2, RSA)] {
        let mut device = world.device("device");
        device.version = version;
        let wanted = wish(&openssl, &device, 0, "new", kind).await;
        let body = Body::Request(BodyKind::Ir, vec![wanted]);
        let asked = device.message(&body);
        let challenged = device.send_octets(asked.clone()).await;
        let again = device.send_octets(asked).await;
        assert_eq!(challenged.message.der(), again.message.der());
        let before = world.clm.asked().len();
        let number = number(&openssl, &challenged, 0, "new").await;
        device.url = format!("{other}/cmp");
        let response = device.message(&Body::ChallengeResponses(vec![number]));
        let answer = device.send_octets(response.clone()).await;
        let certificate = answer.certificate();
        assert_eq!(
            certificate.public_key().spki_der(),
            openssl.read("new.pub"),
            "{kind}"
        );
        let repeated = device.send_octets(response).await;
        assert_eq!(answer.message.der(), repeated.message.der());
        assert_eq!(world.clm.asked().len(), before + 1);
        let confirmed = device.confirm(&[&certificate]).await;
        assert_eq!(confirmed.message.body(), &Body::Confirmation);
        assert!(world.clm.revocation(certificate.der()).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_number_ends_the_transaction() {
    let world = World::new().await;
    let openssl = world.openssl();
    let mut device = world.device("device");
    let wanted = wish(&openssl, &device, 0, "new", EC).await;
    let body = Body::Request(BodyKind::Cr, vec![wanted]);
    for wrong in [
        vec![vec![1; 16]],
        Vec::new(),
        vec![vec![1; 16], vec![2; 16]],
    ] {
        device.begin();
        let challenged = device.send(&body).await;
        let right = number(&openssl, &challenged, 0, "new").await;
        let refused = device.send(&Body::ChallengeResponses(wrong)).await;
        assert_eq!(refused.error(), Failure::BadPop);
        let late = device.send(&Body::ChallengeResponses(vec![right])).await;
        assert_eq!(late.error(), Failure::BadRequest);
    }
    assert!(world.clm.asked().is_empty());
    device.begin();
    let unasked = device.send(&Body::ChallengeResponses(vec![vec![1]])).await;
    assert_eq!(unasked.error(), Failure::BadRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_keys_are_challenged_each_and_others_prove_themselves_beside() {
    let world = World::new().await;
    let openssl = world.openssl();
    let mut device = world.device("device");
    let first = wish(&openssl, &device, 0, "first", EC).await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let second = signed(1, device.template(&key), Vec::new(), &key);
    let third = wish(&openssl, &device, 2, "third", RSA).await;
    let requests = vec![first, second, third];
    let challenged = device.send(&Body::Request(BodyKind::Cr, requests)).await;
    let numbers = vec![
        number(&openssl, &challenged, 0, "first").await,
        number(&openssl, &challenged, 1, "third").await,
    ];
    let answer = device.send(&Body::ChallengeResponses(numbers)).await;
    let Body::Response(BodyKind::Cp, content) = answer.message.body() else {
        panic!("{answer:?}")
    };
    assert_eq!(content.responses.len(), 3);
    assert!(content.responses.iter().all(|one| one.issued.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_can_only_sign_is_not_challenged() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
    let wanted = CertReqMsg::new(0, device.template(&key), Vec::new())
        .with_proof(ProofOfPossession::ChallengeResponse);
    let answer = device
        .send(&Body::Request(BodyKind::Ir, vec![wanted]))
        .await;
    assert_eq!(answer.error(), Failure::BadPop);
    assert!(world.clm.asked().is_empty());
}
