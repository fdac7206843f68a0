//! Promises: a repeated message gets the same answer and never a second certificate, at any replica and after any crash;
//! another message under the same transactionID gets none.

use ers_pki::cmp::{Body, BodyKind, Failure};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;

use crate::support::device::signed;
use crate::support::{Mode, World};

on_every_database!(
    a_repeated_message_gets_the_same_answer_and_no_second_certificate,
    what_was_cut_off_goes_on_without_a_second_certificate,
);

/// Failure 39: a replayed transactionID.
async fn a_repeated_message_gets_the_same_answer_and_no_second_certificate(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(&key), Vec::new(), &key)],
    );
    let message = device.message(&request);
    let first = device.send_octets(message.clone()).await;
    device.url = format!("{other}/cmp");
    let second = device.send_octets(message.clone()).await;
    assert_eq!(first.message.der(), second.message.der());
    let another = device.message(&request);
    device.server_nonce = None;
    assert_eq!(
        device.send_octets(another).await.error(),
        Failure::TransactionIdInUse
    );
    device.server_nonce = first.message.header().sender_nonce.clone();
    let confirmation = device.message(&Body::CertConfirm(vec![
        ers_pki::cmp::CertStatus::accepted(0, &first.certificate()),
    ]));
    let confirmed = device.send_octets(confirmation.clone()).await;
    assert_eq!(confirmed.message.body(), &Body::Confirmation);
    assert_eq!(
        device.send_octets(confirmation).await.message.der(),
        confirmed.message.der()
    );
    assert_eq!(
        device.send_octets(message).await.error(),
        Failure::TransactionIdInUse
    );
    assert_eq!(world.clm.issued(), 1);
    // somebody else's transaction of the same id is another one
    let mut stranger = world.device("stranger");
    stranger.transaction_id.clone_from(&device.transaction_id);
    stranger.ask(BodyKind::Ir, &key).await.certificate();
}

async fn what_was_cut_off_goes_on_without_a_second_certificate(database: TestDatabase) {
    let world = World::over(database).await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(&key), Vec::new(), &key)],
    );
    let message = device.message(&request);
    world.clm.mode(Mode::LoseAnswer);
    assert_eq!(
        device.send_octets(message.clone()).await.error(),
        Failure::SystemUnavail
    );
    world.clm.mode(Mode::Issue);
    device.send_octets(message).await.certificate();
    assert_eq!(world.clm.issued(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_at_two_replicas_at_once_has_one_answer() {
    let world = World::new().await;
    let other = world.replica().await;
    let mut here = world.device("device");
    let mut there = world.device("device");
    there.url = format!("{other}/cmp");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, here.template(&key), Vec::new(), &key)],
    );
    let message = here.message(&request);
    let (one, two) = tokio::join!(
        here.send_octets(message.clone()),
        there.send_octets(message)
    );
    assert_eq!(one.message.der(), two.message.der());
    assert_eq!(world.clm.issued(), 1);
}
