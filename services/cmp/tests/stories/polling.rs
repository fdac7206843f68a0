//! Promises: what waits for a person is told as `waiting` and can be polled for, at any replica, until it is decided.

use ers_pki::cmp::{Body, BodyKind, Failure, Status};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_proto::clm::v1::RefusalReason;
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;

use crate::support::{Mode, World, secret_of, until};

on_every_database!(a_decision_is_polled_for_at_any_replica);

async fn a_decision_is_polled_for_at_any_replica(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    world.clm.mode(Mode::Wait);
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    assert_eq!(
        device.ask(BodyKind::Ir, &key).await.status(),
        Status::Waiting
    );
    device.url = format!("{other}/cmp");
    let answer = device.send(&Body::PollRequest(vec![0])).await;
    let Body::PollResponse(answers) = answer.message.body() else {
        panic!("{answer:?}")
    };
    assert_eq!(
        (answers[0].cert_req_id, answers[0].check_after_seconds),
        (0, 1)
    );
    let strange = device.send(&Body::PollRequest(vec![3])).await;
    assert_eq!(strange.error(), Failure::BadRequest);
    world.clm.decide(true);
    device.server_nonce = answer.message.header().sender_nonce.clone();
    let answer = device.send(&Body::PollRequest(vec![0])).await;
    assert_eq!(answer.message.body().kind(), Some(BodyKind::Ip));
    let certificate = answer.certificate();
    assert_eq!(
        device.confirm(&[&certificate]).await.message.body(),
        &Body::Confirmation
    );
    assert_eq!(world.clm.issued(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_polls_until_a_person_has_decided() {
    let world = World::new().await;
    world
        .clm
        .share_secret("device", &secret_of("device"), false);
    world.clm.mode(Mode::Wait);
    let openssl = world.openssl();
    openssl.write_secret("device", &secret_of("device"));
    for (command, source) in [
        ("ir", "-newkey new.key -subject /CN=device"),
        ("p10cr", "-csr new.csr"),
    ] {
        openssl.key("new.key").await;
        openssl
            .run("req -new -config /dev/null -key new.key -subj /CN=device -out new.csr")
            .await
            .ok();
        let before = world.clm.asked().len();
        let enrol = format!(
            "-cmd {command} -ref device -secret file:device.secret {source} -certout new.pem"
        );
        let decide = async {
            until("it is asked for", || world.clm.asked().len() > before).await;
            world.clm.decide(true);
        };
        let (said, ()) = tokio::join!(openssl.cmp(&enrol), decide);
        said.ok();
        openssl.run("verify -CAfile root.pem new.pem").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_told_with_its_reason() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    for (reason, failure) in [
        (RefusalReason::BadRequest, Failure::BadRequest),
        (RefusalReason::BadKey, Failure::BadAlg),
        (RefusalReason::BadName, Failure::BadCertTemplate),
        (RefusalReason::BadValidity, Failure::BadCertTemplate),
        (RefusalReason::NotAllowed, Failure::NotAuthorized),
        (RefusalReason::Declined, Failure::NotAuthorized),
        (RefusalReason::Duplicate, Failure::DuplicateCertReq),
    ] {
        world.clm.mode(Mode::Refuse(reason));
        device.begin();
        assert_eq!(
            device.ask(BodyKind::Cr, &key).await.rejection(),
            failure,
            "{reason:?}"
        );
    }
    world.clm.mode(Mode::Wait);
    device.begin();
    assert_eq!(
        device.ask(BodyKind::Cr, &key).await.status(),
        Status::Waiting
    );
    world.clm.decide(false);
    assert_eq!(
        device.send(&Body::PollRequest(vec![0])).await.rejection(),
        Failure::NotAuthorized
    );
}
