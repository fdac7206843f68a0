//! Promises, on a real PKCS #11 library (SoftHSM): keys are made in the token and do not leave it; openssl accepts what
//! they sign; a token that goes away and comes back needs no restart; a
//! key that is not the one on record signs nothing; other tokens do not notice.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail them"
)]

#[cfg(test)]
mod common;

use std::process::Command;
use std::time::Duration;

use common::{Signing, ca_key, openssl_accepts, root, sign, sign_with};
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_signer_client::{Key, Purpose, Signer as _, SignerClient};
use ers_test_support::softhsm::{self, SoftHsmToken};
use tonic::Code;

fn lines(token: &SoftHsmToken, pin: &str) -> String {
    format!(
        "tokens: [{{ name: software, software: {{}} }}, {{ name: hsm, pkcs11: {{ library: {}, slot: {{ label: {} }}, \
         pin: '{pin}', sessions: 2 }} }}]\ndefault_token: hsm\n",
        softhsm::LIBRARY,
        token.label
    )
}

async fn start() -> (Signing, SoftHsmToken) {
    let token = softhsm::token().unwrap();
    let signing = Signing::with(&lines(&token, &token.pin)).await;
    signing.wait_until_ready().await;
    (signing, token)
}

/// What pkcs11-tool says of the objects in a token.
fn objects(token: &SoftHsmToken) -> String {
    let output = Command::new("pkcs11-tool")
        .args([
            "--module",
            softhsm::LIBRARY,
            "--token-label",
            &token.label,
            "--login",
            "--pin",
            &token.pin,
            "-O",
        ])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn keys_of_every_kind_are_made_in_the_token_and_sign() {
    let (signing, token) = start().await;
    let cara = signing.caller("cara-ws");
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Rsa3072,
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::P521,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::RsaPss2048,
        KeyAlgorithm::BrainpoolP256r1,
        KeyAlgorithm::BrainpoolP512r1,
        KeyAlgorithm::Ed448,
    ] {
        let key = cara
            .create_key(ca_key(&format!("ca:{kind}"), kind))
            .await
            .unwrap();
        assert_eq!(
            (key.token.as_str(), key.public_key.algorithm()),
            ("hsm", kind)
        );
        for algorithm in SignatureAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| algorithm.suits(kind))
        {
            let issuer = ers_pki::issuance::Issuer::self_signed(
                "CN=Root".parse().unwrap(),
                key.public_key.clone(),
                algorithm,
            );
            let prepared = common::certify(
                "root-ca",
                &issuer.unwrap(),
                &key.public_key,
                "CN=Root".parse().unwrap(),
                None,
            );
            let bytes = prepared.to_be_signed();
            let signed = sign_with(&cara, &key, Purpose::Certificate, algorithm, bytes)
                .await
                .unwrap();
            openssl_accepts(
                signing.folder.path(),
                &key.public_key,
                algorithm,
                bytes,
                &signed.signature,
            );
        }
    }
    let objects = objects(&token);
    assert_eq!(
        objects.matches("Private Key Object").count(),
        10,
        "{objects}"
    );
    assert_eq!(
        objects
            .matches("sensitive, always sensitive, never extractable")
            .count(),
        10,
        "{objects}"
    );
}

#[tokio::test]
async fn keys_in_the_token_are_found_after_a_restart_and_destroyed_for_good() {
    let (signing, token) = start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    drop(cara);
    let folder = signing.stop().await;
    let signing = Signing::try_with(folder, &lines(&token, &token.pin))
        .await
        .unwrap();
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    sign(
        &cara,
        &key,
        Purpose::Certificate,
        root(&key.public_key).to_be_signed(),
    )
    .await
    .unwrap();
    cara.destroy_key(&key.id).await.unwrap();
    assert!(!objects(&token).contains("Key Object"));
}

#[tokio::test]
async fn many_signatures_at_once_share_the_sessions() {
    let (signing, _token) = start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    let calls = (0..100).map(|_| sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()));
    let signed = futures::future::try_join_all(calls).await.unwrap();
    assert_eq!(signed.len(), 100);
}

async fn try_until_signed(cara: &SignerClient, key: &Key) {
    let prepared = root(&key.public_key);
    for _ in 0..400 {
        if sign(cara, key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .is_ok()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the token did not come back");
}

#[tokio::test]
async fn a_token_that_goes_away_and_comes_back_needs_no_restart() {
    let (signing, token) = start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let software = ers_signer_client::NewKey {
        token: Some("software".to_owned()),
        ..ca_key("soft", KeyAlgorithm::P256)
    };
    let software = cara.create_key(software).await.unwrap();
    let prepared = root(&key.public_key);
    sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    let elsewhere = tempfile::tempdir_in(token.folder.parent().unwrap().parent().unwrap()).unwrap();
    let away = elsewhere.path().join("away");
    std::fs::rename(&token.folder, &away).unwrap();
    let refused = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    assert!(!signing.down().is_empty());
    // known to be away: refused before the journal is written
    let before = cara.list_chains().await.unwrap()[0].sequence;
    let refused = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(cara.list_chains().await.unwrap()[0].sequence, before);
    // the other token goes on
    sign(
        &cara,
        &software,
        Purpose::Certificate,
        root(&software.public_key).to_be_signed(),
    )
    .await
    .unwrap();
    std::fs::rename(&away, &token.folder).unwrap();
    try_until_signed(&cara, &key).await;
    signing.wait_until_ready().await;
}

#[tokio::test]
async fn another_key_under_the_same_id_signs_nothing() {
    let (signing, token) = start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let other = cara
        .create_key(ca_key("other", KeyAlgorithm::P256))
        .await
        .unwrap();
    // the rows' materials exchanged: what a token restored from the wrong backup looks like
    let database = signing.database().await;
    let row = |key: &Key| format!("select material from signer_key where id = '{}'", key.id);
    let exchange = format!(
        "update signer_key set material = ({}) where id = '{}'",
        row(&other),
        key.id
    );
    sea_orm::ConnectionTrait::execute_unprepared(&database, &exchange)
        .await
        .unwrap();
    drop(cara);
    let folder = signing.stop().await;
    let signing = Signing::try_with(folder, &lines(&token, &token.pin))
        .await
        .unwrap();
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let refused = sign(
        &cara,
        &key,
        Purpose::Certificate,
        root(&key.public_key).to_be_signed(),
    )
    .await
    .unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    sign(
        &cara,
        &other,
        Purpose::Certificate,
        root(&other.public_key).to_be_signed(),
    )
    .await
    .unwrap();
}
