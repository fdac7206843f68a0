//! Promises of the fake: real signatures, a journal that survives a lost answer, purposes that are kept.

#![cfg(feature = "fake")]

use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_signer_client::fake::FakeSigner;
use ers_signer_client::{Key, KeyLimits, NewKey, Purpose, SignCall, Signer, SignerError};
use futures::TryStreamExt;

async fn key(signer: &FakeSigner) -> Result<Key, SignerError> {
    let new = NewKey {
        request_id: "request-1".to_owned(),
        label: "root".to_owned(),
        algorithm: KeyAlgorithm::P256,
        purposes: vec![Purpose::Certificate],
        token: None,
        limits: KeyLimits::default(),
    };
    signer.create_key(new).await
}

fn call(key: &Key, purpose: Purpose) -> SignCall<'_> {
    SignCall {
        request_id: "request-1",
        key_id: &key.id,
        purpose,
        signature_algorithm: SignatureAlgorithm::Sha256WithEcdsa,
        to_be_signed: b"bytes",
        context: Vec::new(),
        public_key: None,
    }
}

#[tokio::test]
async fn its_signatures_verify_and_stand_in_its_journal() {
    let signer = FakeSigner::new();
    let key = key(&signer).await.unwrap();
    let signed = signer.sign(call(&key, Purpose::Certificate)).await.unwrap();
    key.public_key
        .verify(
            SignatureAlgorithm::Sha256WithEcdsa,
            b"bytes",
            &signed.signature,
        )
        .unwrap();
    let entries: Vec<_> = signer
        .read_journal("fake", 1, &[])
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        (entries.len(), entries[0].to_be_signed.as_slice()),
        (1, b"bytes".as_slice())
    );
    assert!(matches!(
        signer.sign(call(&key, Purpose::Crl)).await,
        Err(SignerError::Refused { .. })
    ));
}

#[tokio::test]
async fn a_lost_answer_leaves_its_entry_and_a_failure_before_leaves_none() {
    let signer = FakeSigner::new();
    let key = key(&signer).await.unwrap();
    signer.lose_next_answer();
    assert!(
        signer
            .sign(call(&key, Purpose::Certificate))
            .await
            .unwrap_err()
            .is_retryable()
    );
    signer.fail_next(SignerError::Busy);
    assert!(matches!(
        signer.sign(call(&key, Purpose::Certificate)).await,
        Err(SignerError::Busy)
    ));
    assert_eq!(signer.entries().len(), 1);
}

#[tokio::test]
async fn sealed_secrets_are_bound_to_their_context() {
    let signer = FakeSigner::new();
    let sealed = signer
        .seal("acme/external-account", b"secret")
        .await
        .unwrap();
    assert_eq!(
        signer
            .unseal("acme/external-account", &sealed)
            .await
            .unwrap()
            .as_slice(),
        b"secret"
    );
    assert!(signer.unseal("acme/other", &sealed).await.is_err());
}
