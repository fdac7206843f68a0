//! Promises: a certificate that is not confirmed in time is revoked, by one replica; so is one that the client does not
//! take; a confirmation of something else confirms nothing; who is shut out meanwhile may end what was begun, and begin
//! nothing.

use ers_pki::cmp::{Body, BodyKind, CertStatus, Failure, Status, StatusInfo};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;

use crate::support::device::signed;
use crate::support::{World, until};

on_every_database!(a_certificate_that_nobody_confirms_is_revoked);

async fn a_certificate_that_nobody_confirms_is_revoked(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = device.ask(BodyKind::Ir, &key).await.certificate();
    assert!(world.clm.revocation(certificate.der()).is_none());
    world.clock.advance(time::Duration::seconds(61));
    until("it is revoked", || {
        world.clm.revocation(certificate.der()).is_some()
    })
    .await;
    device.url = format!("{other}/cmp");
    let answer = device.confirm(&[&certificate]).await;
    assert_eq!(answer.error(), Failure::CertRevoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_client_does_not_take_is_revoked() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = device.ask(BodyKind::Cr, &key).await.certificate();
    let status = CertStatus {
        status: Some(StatusInfo::of(Status::Rejection)),
        ..CertStatus::accepted(0, &certificate)
    };
    let answer = device.send(&Body::CertConfirm(vec![status])).await;
    assert_eq!(answer.message.body(), &Body::Confirmation);
    assert!(world.clm.revocation(certificate.der()).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_client_gives_its_certificate_back() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = device.ask(BodyKind::Cr, &key).await.certificate();
    let error = Body::error(StatusInfo::rejection(
        Failure::IncorrectData,
        "that is not me",
    ));
    let answer = device.send(&error).await;
    assert_eq!(answer.message.body(), &Body::Confirmation);
    assert!(world.clm.revocation(certificate.der()).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_of_something_else_confirms_nothing() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = device.ask(BodyKind::Cr, &key).await.certificate();
    let nonce = device.server_nonce.clone();
    let wrong = CertStatus {
        cert_hash: vec![7; 32],
        ..CertStatus::accepted(0, &certificate)
    };
    assert_eq!(
        device.send(&Body::CertConfirm(vec![wrong])).await.error(),
        Failure::BadCertId
    );
    device.server_nonce = Some(vec![9; 16]);
    assert_eq!(
        device.confirm(&[&certificate]).await.error(),
        Failure::BadRecipientNonce
    );
    device.server_nonce.clone_from(&nonce);
    let strange = CertStatus::accepted(5, &certificate);
    assert_eq!(
        device.send(&Body::CertConfirm(vec![strange])).await.error(),
        Failure::BadRequest
    );
    device.server_nonce = nonce;
    let answer = device.confirm(&[&certificate]).await;
    assert_eq!(answer.message.body(), &Body::Confirmation);
    assert_eq!(
        device.confirm(&[&certificate]).await.error(),
        Failure::CertConfirmed
    );
    assert!(world.clm.revocation(certificate.der()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_certificates_those_not_mentioned_are_not_taken() {
    let world = World::new().await;
    let mut device = world.device("device");
    let keys = [0, 1].map(|_| PrivateKey::generate(KeyAlgorithm::P256).unwrap());
    let requests = (0..)
        .zip(&keys)
        .map(|(id, key)| signed(id, device.template(key), Vec::new(), key));
    let body = Body::Request(BodyKind::Cr, requests.collect());
    let answer = device.send(&body).await;
    let Body::Response(_, content) = answer.message.body() else {
        panic!("{answer:?}")
    };
    let certificates: Vec<_> = content
        .responses
        .iter()
        .map(|one| {
            ers_pki::certificate::Certificate::from_der(&one.issued.as_ref().unwrap().certificate)
                .unwrap()
        })
        .collect();
    assert_eq!(certificates.len(), 2);
    device.confirm(&[&certificates[0]]).await;
    assert!(world.clm.revocation(certificates[0].der()).is_none());
    assert!(world.clm.revocation(certificates[1].der()).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_confirms_is_known_from_the_request_and_must_prove_it_again() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = device.ask(BodyKind::Cr, &key).await.certificate();
    assert_eq!(
        (world.clm.secrets_loaded(), world.clm.questions().len()),
        (1, 0)
    );
    let nonce = device.server_nonce.clone();

    let right = std::mem::replace(&mut device.secret, b"wrong".to_vec());
    let confirmation = Body::CertConfirm(vec![CertStatus::accepted(0, &certificate)]);
    let guess = device.message(&confirmation);
    let refused = device.send_octets(guess).await;
    assert_eq!(refused.error(), Failure::BadMessageCheck);
    assert_eq!(world.clm.attempts(), [("device".to_owned(), false)]);
    assert_eq!(
        world.clm.secrets_loaded(),
        1,
        "guessed from what is remembered"
    );

    // after a wrong one CLM is asked again, which may have locked it
    device.secret = right;
    device.server_nonce = nonce;
    let answer = device.confirm(&[&certificate]).await;
    assert_eq!(answer.message.body(), &Body::Confirmation);
    assert_eq!(world.clm.secrets_loaded(), 2);
    assert_eq!(
        world.clm.attempts(),
        [("device".to_owned(), false), ("device".to_owned(), true)]
    );

    device.begin();
    let next = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = device.ask(BodyKind::Cr, &next).await.certificate();
    device.confirm(&[&certificate]).await;
    assert_eq!(world.clm.secrets_loaded(), 3, "one for each transaction");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_meanwhile_may_confirm_where_it_was_let_in_and_begin_nothing() {
    let world = World::new().await;
    let other = world.replica().await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let (mut here, mut there) = (world.device("here"), world.device("there"));
    let confirmed = here.ask(BodyKind::Ir, &key).await.certificate();
    let lost = there.ask(BodyKind::Ir, &key).await.certificate();
    world.clm.lock();
    let answer = here.confirm(&[&confirmed]).await;
    assert_eq!(answer.message.body(), &Body::Confirmation);
    there.url = format!("{other}/cmp");
    let confirmation = Body::CertConfirm(vec![CertStatus::accepted(0, &lost)]);
    let refused = there.send_octets(there.message(&confirmation)).await;
    assert_eq!(refused.error(), Failure::SystemUnavail);
    here.begin();
    let request = Body::Request(
        BodyKind::Cr,
        vec![signed(0, here.template(&key), Vec::new(), &key)],
    );
    let refused = here.send_octets(here.message(&request)).await;
    assert_eq!(refused.error(), Failure::SystemUnavail);
    world.clock.advance(time::Duration::seconds(61));
    until("what nobody took is revoked", || {
        world.clm.revocation(lost.der()).is_some()
    })
    .await;
    assert!(world.clm.revocation(confirmed.der()).is_none());
}
