//! Promises, on a real PKCS #11 library: what vendors do in other ways is a line of configuration, and each of these
//! lines does what it says; openssl accepts what is signed.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

#[cfg(test)]
mod common;

use std::process::Command;

use common::{Signing, ca_key, openssl_accepts, root, sign_with};
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_signer_client::{Key, Purpose, Signer as _, SignerClient};
use ers_test_support::softhsm::{self, SoftHsmToken};
use tonic::Code;

async fn start(more: &str) -> (Signing, SoftHsmToken, SignerClient) {
    let token = softhsm::token().unwrap();
    let lines = format!(
        "tokens: [{{ name: hsm, pkcs11: {{ library: {}, slot: {{ label: {} }}, pin: '{}', {more} }} }}]\n",
        softhsm::LIBRARY,
        token.label,
        token.pin
    );
    let signing = Signing::with(&lines).await;
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    (signing, token, cara)
}

async fn make(cara: &SignerClient, kind: KeyAlgorithm) -> Key {
    cara.create_key(ca_key(&format!("ca:{kind}"), kind))
        .await
        .unwrap()
}

/// Signs in every way that suits the key, and has openssl look at it.
async fn signs(signing: &Signing, cara: &SignerClient, key: &Key) {
    for algorithm in SignatureAlgorithm::ALL
        .into_iter()
        .filter(|algorithm| algorithm.suits(key.algorithm))
    {
        let issuer = ers_pki::issuance::Issuer::self_signed(
            "CN=Root".parse().unwrap(),
            key.public_key.clone(),
            algorithm,
        );
        let name = "CN=Root".parse().unwrap();
        let prepared = common::certify("root-ca", &issuer.unwrap(), &key.public_key, name, None);
        let bytes = prepared.to_be_signed();
        let signed = sign_with(cara, key, Purpose::Certificate, algorithm, bytes)
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

/// What pkcs11-tool says of the private keys in a token.
fn private_keys(token: &SoftHsmToken) -> String {
    let output = Command::new("pkcs11-tool")
        .args(["--module", softhsm::LIBRARY])
        .args(["--token-label", &token.label])
        .args(["--login", "--pin", &token.pin, "-O", "--type", "privkey"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn the_token_hashes_where_it_is_told_to() {
    let (signing, _token, cara) = start("mechanisms: { rsa_pkcs1: token, rsa_pss: token }").await;
    for kind in [KeyAlgorithm::Rsa2048, KeyAlgorithm::RsaPss2048] {
        let key = make(&cara, kind).await;
        signs(&signing, &cara, &key).await;
    }
}

#[tokio::test]
async fn what_is_off_is_refused_by_name() {
    let (_signing, _token, cara) =
        start("mechanisms: { ecdsa: off, eddsa: false, rsa_pkcs1: off, rsa_pss: off }").await;
    for kind in [
        KeyAlgorithm::P256,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::RsaPss2048,
    ] {
        let key = make(&cara, kind).await;
        let refused = common::sign(
            &cara,
            &key,
            Purpose::Certificate,
            root(&key.public_key).to_be_signed(),
        )
        .await
        .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.to_string().contains("mechanisms"), "{refused}");
    }
}

#[tokio::test]
async fn a_library_without_locks_is_called_by_one_at_a_time() {
    // this process has the library initialised for its other tests: only the order of calls is seen here
    let (signing, _token, cara) = start("os_locking: false, sessions: 3").await;
    let key = make(&cara, KeyAlgorithm::P256).await;
    let prepared = root(&key.public_key);
    let calls =
        (0..30).map(|_| common::sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()));
    futures::future::try_join_all(calls).await.unwrap();
    signs(&signing, &cara, &key).await;
}

#[tokio::test]
async fn templates_are_as_they_are_told() {
    let (signing, token, cara) = start(
        "read_only_sessions: true, generation: { id_bytes: 2, modifiable: false, allowed_mechanisms: true, \
         edwards_curve: name, omit: [label, public_private, verify, decrypt, unwrap] }, ec_point: octet_string",
    )
    .await;
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::P256,
        KeyAlgorithm::Ed25519,
    ] {
        let key = make(&cara, kind).await;
        assert_eq!(key.token_key_id.len(), 2);
        signs(&signing, &cara, &key).await;
        let told = private_keys(&token);
        let id = hex::encode(&key.token_key_id);
        assert!(told.contains(&id), "{told}");
        assert!(!told.contains("ca:"), "no label was asked for: {told}");
    }
    let told = private_keys(&token);
    assert_eq!(told.matches("never extractable").count(), 3, "{told}");
    assert_eq!(told.matches("Allowed mechanisms").count(), 3, "{told}");
    let key = make(&cara, KeyAlgorithm::P256).await;
    cara.destroy_key(&key.id).await.unwrap();
    assert_eq!(private_keys(&token).matches("never extractable").count(), 2);
}

#[tokio::test]
async fn keys_that_want_the_pin_each_time_get_it() {
    let (signing, token, cara) =
        start("always_authenticate: true, mechanisms: { rsa_pkcs1: token, rsa_pss: token }").await;
    let key = make(&cara, KeyAlgorithm::Rsa2048).await;
    signs(&signing, &cara, &key).await;
    let told = private_keys(&token);
    assert!(told.contains("always authenticate"), "{told}");
}

#[tokio::test]
async fn a_slot_is_found_in_each_of_its_ways() {
    let token = softhsm::token().unwrap();
    let lines = |slot: &str| {
        format!(
            "tokens: [{{ name: hsm, pkcs11: {{ library: {}, slot: {slot}, pin: '{}' }} }}]\n",
            softhsm::LIBRARY,
            token.pin
        )
    };
    let by_label = Signing::with(&lines(&format!("{{ label: {} }}", token.label))).await;
    by_label.wait_until_ready().await;
    let told = by_label
        .caller("administrator")
        .list_tokens()
        .await
        .unwrap();
    let told = told.into_iter().next().unwrap();
    assert!(
        told.up && told.is_default && told.kind == "pkcs11",
        "{told:?}"
    );
    let device = told.description.unwrap();
    assert_eq!(
        (device.label, device.pin_state),
        (token.label.clone(), "ok".to_owned())
    );
    assert!(device.sessions.unwrap_or(1) >= 1 && device.free_slots >= 1);
    assert!(
        device.mechanisms.iter().any(|name| name == "CKM_ECDSA"),
        "{:?}",
        device.mechanisms
    );
    for slot in [
        format!("{{ serial: '{}' }}", device.serial),
        format!("{{ number: {} }}", device.slot),
        format!("{{ label: {}, serial: '{}' }}", token.label, device.serial),
    ] {
        let signing = Signing::with(&lines(&slot)).await;
        signing.wait_until_ready().await;
    }
    let nowhere = Signing::with(&lines("{ index: 99 }")).await;
    assert!(
        nowhere
            .down()
            .iter()
            .any(|reason| reason.contains("index 99")),
        "{:?}",
        nowhere.down()
    );
}

/// Children of the signer: keys of every kind, one login for each child, and no secret in what `ps` shows.
#[tokio::test]
async fn worker_processes_make_and_sign_with_keys_of_every_kind() {
    let program = env!("CARGO_BIN_EXE_signer");
    let (signing, token, cara) = start(&format!("workers: 2, worker_program: {program}")).await;
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::Ed25519,
    ] {
        let key = make(&cara, kind).await;
        signs(&signing, &cara, &key).await;
    }
    let own = std::process::id();
    let mut seen = 0;
    for entry in std::fs::read_dir("/proc").unwrap() {
        let folder = entry.unwrap().path();
        let Ok(arguments) = std::fs::read(folder.join("cmdline")) else {
            continue;
        };
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
        if !status.contains(&format!("PPid:\t{own}\n")) || !arguments.contains("token-worker") {
            continue;
        }
        seen += 1;
        let environment = std::fs::read(folder.join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(
            arguments.trim_end().ends_with(" token-worker"),
            "{arguments}"
        );
        assert!(!environment.contains("\0ERS_"), "{environment}");
    }
    assert!((1..=2).contains(&seen), "{seen} children");
    let told = private_keys(&token);
    assert_eq!(told.matches("never extractable").count(), 4, "{told}");
}
