//! Promises: a registration authority vouches for possession, revokes for others and hands in messages of others, one or
//! many; nobody else does.

use ers_pki::cmp::{Body, BodyKind, Failure, Message, Status};
use ers_pki::crmf::{CertReqMsg, ProofOfPossession};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_pki::revocation::Reason;

use crate::revoking::details;
use crate::support::device::signed;
use crate::support::{Device, World};

async fn authority(world: &World) -> Device {
    let (key, certificate) = world.device("ra").enrol().await;
    world.clm.trust_authority("ra");
    Device::with_certificate(&format!("{}/cmp", world.base), key, vec![certificate])
}

fn request(device: &Device, key: &PrivateKey) -> Body {
    Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(key), Vec::new(), key)],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_vouches_for_possession_and_revokes_for_others() {
    let world = World::new().await;
    let mut ra = authority(&world).await;
    let device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let vouched = CertReqMsg::new(0, device.template(&key), Vec::new())
        .with_proof(ProofOfPossession::RaVerified);
    let answer = ra.send(&Body::Request(BodyKind::Cr, vec![vouched])).await;
    let certificate = answer.certificate();
    ra.confirm(&[&certificate]).await;
    let asked = world.clm.asked().pop().unwrap();
    assert_eq!(
        (asked.end_entity.as_str(), asked.authenticated_by.as_str()),
        ("", "registration-authority")
    );
    ra.begin();
    let answer = ra
        .send(&Body::Revocation(vec![details(
            &certificate,
            Reason::Superseded,
        )]))
        .await;
    assert_eq!(answer.status(), Status::Accepted);
    assert_eq!(
        world.clm.revocation(certificate.der()).unwrap().requester,
        "end-entity:ra"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_adds_its_protection_to_one_message_and_hands_in_many() {
    let world = World::new().await;
    let mut ra = authority(&world).await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let device = world.device("device");
    ra.transaction_id.clone_from(&device.transaction_id);
    let inner = device.message(&request(&device, &key));
    // the answer is the device's, and protected for it
    let answer = ra.send_octets(ra.message(&Body::Nested(vec![inner]))).await;
    assert_eq!(answer.certificate().public_key(), key.public_key());

    ra.begin();
    let (first, second) = (world.device("first"), world.device("second"));
    let mut wrong = world.device("third");
    wrong.secret = b"wrong".to_vec();
    let messages = [&first, &second, &wrong].map(|device| device.message(&request(device, &key)));
    let answer = ra.send(&Body::Nested(messages.to_vec())).await;
    let Body::Nested(answers) = answer.message.body() else {
        panic!("{answer:?}")
    };
    let kinds: Vec<_> = answers
        .iter()
        .map(|der| Message::from_der(der).unwrap().body().kind().unwrap())
        .collect();
    assert_eq!(kinds, [BodyKind::Ip, BodyKind::Ip, BodyKind::Error]);
    assert_eq!(world.clm.asked().pop().unwrap().end_entity, "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_hands_in_messages_of_others() {
    let world = World::new().await;
    let mut ra = authority(&world).await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let mut device = world.device("device");
    let inner = device.message(&request(&device, &key));
    let nested = Body::Nested(vec![inner]);
    assert_eq!(device.send(&nested).await.error(), Failure::NotAuthorized);
    // a message in a message in a message
    ra.transaction_id.clone_from(&device.transaction_id);
    let twice = Body::Nested(vec![ra.message(&nested)]);
    assert_eq!(ra.send(&twice).await.error(), Failure::BadRequest);
}
