//! Promises: nobody gets anything without showing who they are and that they have the key; unknown names and wrong secrets
//! look the same; old and future messages are refused.

use ers_pki::cmp::{Body, BodyKind, Failure, Header, Message, PasswordMac};
use ers_pki::crmf::{
    AuthInfo, CertReqMsg, CertTemplate, Control, OldCertId, ProofOfPossession, SigningKeyInput,
};
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_runtime::clock::{Clock as _, SystemClock};

use crate::support::device::signed;
use crate::support::{Device, Protection, World, secret_of};

fn p256() -> PrivateKey {
    PrivateKey::generate(KeyAlgorithm::P256).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_and_an_unknown_name_look_the_same_and_count() {
    let world = World::new().await;
    let key = p256();
    let mut wrong = world.device("device");
    wrong.secret = b"wrong".to_vec();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, wrong.template(&key), Vec::new(), &key)],
    );
    let first = wrong.send_octets(wrong.message(&request)).await;
    let mut unknown = world.device("device");
    unknown.name = "nobody".to_owned();
    let second = unknown.send_octets(unknown.message(&request)).await;
    assert_eq!(first.error(), Failure::BadMessageCheck);
    assert_eq!(first.message.body(), second.message.body());
    assert_eq!(
        world.clm.attempts(),
        [("device".to_owned(), false), ("nobody".to_owned(), false)]
    );
    assert_eq!(world.clm.issued(), 0);
    world.clm.lock();
    let third = wrong.send_octets(wrong.message(&request)).await;
    assert_eq!(third.error(), Failure::SystemUnavail);
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_is_refused_with_a_wrong_secret_a_wrong_name_and_without_protection() {
    let world = World::new().await;
    world
        .clm
        .share_secret("device", &secret_of("device"), false);
    let openssl = world.openssl();
    openssl.write_secret("device", &secret_of("device"));
    openssl.key("new.key").await;
    let enrol = "-cmd ir -newkey new.key -subject /CN=device -certout new.pem -trusted root.pem -unprotected_errors";
    for (proof, failure) in [
        ("-ref device -secret pass:wrong", "badMessageCheck"),
        ("-ref nobody -secret file:device.secret", "badMessageCheck"),
        ("-unprotected_requests", "badMessageCheck"),
    ] {
        openssl
            .cmp(&format!("{enrol} {proof}"))
            .await
            .refused(failure);
    }
    assert_eq!(world.clm.issued(), 0);
}

/// Failure 39: a MAC that costs the server a thousand million hashes.
#[tokio::test(flavor = "multi_thread")]
async fn a_mac_of_a_thousand_million_iterations_is_refused_unlooked_at() {
    let world = World::new().await;
    let key = p256();
    for mac in [PasswordMac::pbmac1, PasswordMac::password_based] {
        let mut device = world.device("device");
        device.protection = Protection::Mac(mac(&[7; 16], 1_000_000_000.try_into().unwrap()));
        let request = Body::Request(
            BodyKind::Ir,
            vec![signed(0, device.template(&key), Vec::new(), &key)],
        );
        let answer = device.send_octets(device.message(&request)).await;
        assert_eq!(answer.error(), Failure::BadAlg);
    }
    assert!(world.clm.attempts().is_empty());
}

/// Failure 39: the proof of possession is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_proof_of_possession_is_refused() {
    let world = World::new().await;
    let mut device = world.device("device");
    let (key, other) = (p256(), p256());
    let template = device.template(&key);
    let plain = CertReqMsg::new(0, template.clone(), Vec::new());
    let elsewhere = signed(0, template.clone(), Vec::new(), &other);
    for request in [
        plain.clone(),
        elsewhere,
        plain.clone().with_proof(ProofOfPossession::RaVerified),
        plain.clone().with_proof(ProofOfPossession::Other),
    ] {
        device.begin();
        let answer = device
            .send(&Body::Request(BodyKind::Ir, vec![request]))
            .await;
        assert_eq!(answer.rejection(), Failure::BadPop);
    }
    device.begin();
    let keyless = CertTemplate {
        public_key: None,
        ..template
    };
    let request = CertReqMsg::new(0, keyless, Vec::new());
    let answer = device
        .send(&Body::Request(BodyKind::Ir, vec![request]))
        .await;
    assert_eq!(answer.rejection(), Failure::BadCertTemplate);
    assert_eq!(world.clm.asked().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn poposk_input_counts_when_it_names_who_asks() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = p256();
    let spki = key.public_key().spki_der();
    let sender = |name: &str| {
        let name = name.parse().unwrap();
        AuthInfo::Sender(ers_pki::cmp::Party::Directory(name).to_der())
    };
    let mac = PasswordMac::password_based(&[3; 16], 600.try_into().unwrap());
    let with_mac = |secret: &[u8]| AuthInfo::PublicKeyMac {
        algorithm: mac.to_der(),
        mac: mac.compute(secret, spki),
    };
    for (auth_info, is_right) in [
        (sender("CN=device"), true),
        (sender("CN=somebody"), false),
        (with_mac(&secret_of("device")), true),
        (with_mac(b"wrong"), false),
    ] {
        let input = SigningKeyInput::new(auth_info, spki);
        let algorithm = SignatureAlgorithm::default_for(KeyAlgorithm::P256);
        let proof = ProofOfPossession::Signature {
            signature: key.sign(algorithm, input.der()).unwrap(),
            algorithm: algorithm.to_der(),
            input: Some(input),
        };
        let request = CertReqMsg::new(0, device.template(&key), Vec::new()).with_proof(proof);
        device.begin();
        let answer = device
            .send(&Body::Request(BodyKind::Ir, vec![request]))
            .await;
        match is_right {
            true => drop(answer.certificate()),
            false => assert_eq!(answer.rejection(), Failure::BadPop),
        }
    }
}

/// Failure 39: a key update for the certificate of another, and one that changes the identity.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_update_is_for_ones_own_certificate_and_its_own_names() {
    let world = World::new().await;
    let (_, others) = world.device("victim").enrol().await;
    let (key, own) = world.device("device").enrol().await;
    let url = format!("{}/cmp", world.base);
    let mut device = Device::with_certificate(&url, key, vec![own.clone()]);
    let new = p256();
    let old = |certificate: &ers_pki::certificate::Certificate| {
        let issuer = Some(certificate.issuer().clone());
        vec![Control::OldCertId(OldCertId {
            issuer,
            serial: certificate.serial().as_bytes().to_vec(),
        })]
    };
    let template = device.template(&new);
    let request = signed(0, template.clone(), old(&others), &new);
    let answer = device
        .send_octets(device.message(&Body::Request(BodyKind::Kur, vec![request])))
        .await;
    assert_eq!(answer.rejection(), Failure::NotAuthorized);
    device.begin();
    let renamed = CertTemplate {
        subject: Some("CN=victim".parse().unwrap()),
        ..template.clone()
    };
    let request = signed(0, renamed, old(&own), &new);
    let answer = device
        .send_octets(device.message(&Body::Request(BodyKind::Kur, vec![request])))
        .await;
    assert_eq!(answer.rejection(), Failure::BadCertTemplate);
    device.begin();
    let request = signed(0, template.clone(), old(&own), &new);
    let answer = device
        .send_octets(device.message(&Body::Request(BodyKind::Kur, vec![request])))
        .await;
    assert_eq!(answer.certificate().subject(), own.subject());
    // by a shared secret the certificate must be named, and be one's own
    let mut device = world.device("device");
    for (certificate, failure) in [(&others, Some(Failure::NotAuthorized)), (&own, None)] {
        device.begin();
        let request = signed(0, template.clone(), old(certificate), &new);
        let answer = device
            .send(&Body::Request(BodyKind::Kur, vec![request]))
            .await;
        match failure {
            Some(failure) => assert_eq!(answer.rejection(), failure),
            None => drop(answer.certificate()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_counts_only_as_the_certificates_own() {
    let world = World::new().await;
    let (key, own) = world.device("device").enrol().await;
    let url = format!("{}/cmp", world.base);
    let (new, other) = (p256(), p256());
    let mut thief = Device::with_certificate(&url, other, vec![own.clone()]);
    let request = Body::Request(
        BodyKind::Kur,
        vec![signed(0, thief.template(&new), Vec::new(), &new)],
    );
    let answer = thief.send_octets(thief.message(&request)).await;
    assert_eq!(answer.error(), Failure::BadMessageCheck);
    let mut device = Device::with_certificate(&url, key, vec![own]);
    let message = Message::from_der(&device.message(&request)).unwrap();
    let (header, body) = (message.header().to_der(), message.body().to_der());
    let bare = ers_pki::cmp::assemble(&header, &body, message.protection(), &[]);
    assert_eq!(
        device.send_octets(bare).await.error(),
        Failure::AddInfoNotAvailable
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_wrong_are_refused_with_their_failure() {
    let world = World::new().await;
    let key = p256();
    let refused = async |change: fn(&mut Header)| {
        let mut device = world.device("device");
        let mut header = Header {
            message_time: Some(SystemClock.now()),
            transaction_id: Some(device.transaction_id.clone()),
            sender_nonce: Some(vec![5; 16]),
            ..Header::new(
                2,
                ers_pki::cmp::Party::unnamed(),
                ers_pki::cmp::Party::unnamed(),
            )
        };
        change(&mut header);
        let request = Body::Request(
            BodyKind::Ir,
            vec![signed(0, device.template(&key), Vec::new(), &key)],
        );
        let message = device.message_with(header, &request);
        device.send_octets(message).await.error()
    };
    assert_eq!(
        refused(|header| header.version = 1).await,
        Failure::UnsupportedVersion
    );
    assert_eq!(
        refused(|header| header.sender_nonce = None).await,
        Failure::BadSenderNonce
    );
    assert_eq!(
        refused(|header| header.transaction_id = None).await,
        Failure::BadDataFormat
    );
    assert_eq!(
        refused(
            |header| header.message_time = header.message_time.map(|at| at - time::Duration::HOUR)
        )
        .await,
        Failure::BadTime
    );
    assert_eq!(
        refused(
            |header| header.message_time = header.message_time.map(|at| at + time::Duration::HOUR)
        )
        .await,
        Failure::BadTime
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_policy_does_not_take_and_what_is_unprotected_gets_nothing() {
    let world = World::new().await;
    world.clm.change_policy("cmp", |policy| {
        policy.cmp.as_mut().unwrap().mac_allowed = false;
    });
    let key = p256();
    let mut device = world.device("device");
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(&key), Vec::new(), &key)],
    );
    let answer = device.send_octets(device.message(&request)).await;
    assert_eq!(answer.error(), Failure::WrongIntegrity);
    device.protection = Protection::None;
    let answer = device.send_octets(device.message(&request)).await;
    assert_eq!(answer.error(), Failure::BadMessageCheck);
    assert!(world.clm.asked().is_empty());
}
