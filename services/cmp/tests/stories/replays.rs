//! Promises: a repeated message gets the same answer and never a second certificate, at any replica and after any crash;
//! another message under the same transactionID gets none.

use ers_pki::cmp::{Body, BodyKind, Failure};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;

use crate::support::device::{Answer, signed};
use crate::support::{Mode, World};

on_every_database!(
    a_repeated_message_gets_the_same_answer_and_no_second_certificate,
    what_was_cut_off_goes_on_without_a_second_certificate,
    the_same_message_many_times_at_once_has_one_answer,
    of_two_messages_of_a_transaction_at_once_one_is_answered,
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

/// Failure 2: the answer of CLM is lost after it issued.
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

/// Failure 12: the same message fifty times at once, at two replicas.
async fn the_same_message_many_times_at_once_has_one_answer(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(&key), Vec::new(), &key)],
    );
    let message = device.message(&request);
    let sent = (0..50).map(|number| {
        let mut same = world.device("device");
        same.transaction_id.clone_from(&device.transaction_id);
        if number % 2 == 1 {
            same.url = format!("{other}/cmp");
        }
        let message = message.clone();
        async move { same.send_octets(message).await }
    });
    let answers = futures::future::join_all(sent).await;
    for answer in &answers {
        assert_eq!(answer.message.der(), answers[0].message.der());
    }
    assert_eq!(world.clm.issued(), 1);
    let certificate = answers[0].certificate();
    device.server_nonce = answers[0].message.header().sender_nonce.clone();
    device.confirm(&[&certificate]).await;
    assert!(world.clm.revocation(certificate.der()).is_none());
}

/// Failure 39: two messages under one transactionID at once.
async fn of_two_messages_of_a_transaction_at_once_one_is_answered(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    world.clm.mode(Mode::IssueSlowly);
    let keys = [0, 1].map(|_| PrivateKey::generate(KeyAlgorithm::P256).unwrap());
    let mut devices = [world.device("device"), world.device("device")];
    devices[1].url = format!("{other}/cmp");
    devices[1].transaction_id = devices[0].transaction_id.clone();
    let [one, two] = &mut devices;
    let answers: [_; 2] = tokio::join!(
        one.ask(BodyKind::Cr, &keys[0]),
        two.ask(BodyKind::Cr, &keys[1])
    )
    .into();
    let refused = |answer: &Answer| matches!(answer.message.body(), Body::Error { .. });
    let place = answers.iter().position(|answer| !refused(answer)).unwrap();
    assert_eq!(answers[1 - place].error(), Failure::TransactionIdInUse);
    assert_eq!(world.clm.issued(), 1);
    let certificate = answers[place].certificate();
    assert_eq!(certificate.public_key(), keys[place].public_key());
    assert!(world.clm.revocation(certificate.der()).is_none());
}
