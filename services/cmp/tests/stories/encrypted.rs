//! Promises: a key that cannot sign proves itself by confirming a certificate that only it can read; without that the
//! certificate is revoked.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{Body, BodyKind, Failure};
use ers_pki::cms::{EnvelopedData, Recipient};
use ers_pki::crmf::{CertReqMsg, ProofOfPossession};
use ers_pki::key::{KeyAlgorithm, PrivateKey};

use crate::support::{World, secret_of, until};

#[tokio::test(flavor = "multi_thread")]
async fn openssl_decrypts_and_confirms_the_certificate_of_an_rsa_key() {
    let world = World::new().await;
    world
        .clm
        .share_secret("device", &secret_of("device"), false);
    let openssl = world.openssl();
    openssl.write_secret("device", &secret_of("device"));
    openssl.run("genrsa -out new.key 2048").await.ok();
    openssl
        .cmp("-cmd ir -ref device -secret file:device.secret -newkey new.key -subject /CN=device -popo 2 -certout new.pem")
        .await
        .ok();
    openssl.run("verify -CAfile root.pem new.pem").await.ok();
    assert!(world.clm.revocation(&openssl.der("new.pem")).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_certificate_is_never_confirmed_implicitly_and_revoked_when_nobody_can_read_it()
 {
    let world = World::new().await;
    let mut device = world.device("device");
    device.implicit_confirm = true;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = CertReqMsg::new(0, device.template(&key), Vec::new())
        .with_proof(ProofOfPossession::EncryptedCertificate);
    let body = Body::Request(BodyKind::Ir, vec![request]);
    let read = |answer: &crate::support::device::Answer| {
        assert!(!answer.message.header().has_implicit_confirm());
        let issued = answer.issued();
        assert!(issued.is_encrypted);
        let mut content = issued.certificate;
        content[0] = 0x30;
        let data = EnvelopedData::from_content_der(&content, false).unwrap();
        let Recipient::KeyAgreement(recipient) = &data.recipients()[0] else {
            panic!("{data:?}")
        };
        let content_key = recipient.open(&key).unwrap();
        Certificate::from_der(&data.decrypt(&content_key).unwrap()).unwrap()
    };
    let certificate = read(&device.send(&body).await);
    assert_eq!(
        device.confirm(&[&certificate]).await.message.body(),
        &Body::Confirmation
    );
    device.begin();
    let unread = read(&device.send(&body).await);
    world.clock.advance(time::Duration::seconds(61));
    until("it is revoked", || {
        world.clm.revocation(unread.der()).is_some()
    })
    .await;
    assert!(world.clm.revocation(certificate.der()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nothing_can_be_encrypted_for_must_sign() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
    let request = CertReqMsg::new(0, device.template(&key), Vec::new())
        .with_proof(ProofOfPossession::EncryptedCertificate);
    let answer = device
        .send(&Body::Request(BodyKind::Ir, vec![request]))
        .await;
    assert_eq!(answer.rejection(), Failure::BadPop);
}
