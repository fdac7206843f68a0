//! Promises: what is sealed opens only for its context and for those granted it; codes are checked here, and the key
//! of a code never leaves; a wrong master password is told in one line; the password can be changed.

#[cfg(test)]
mod common;

use std::sync::Arc;

use aws_lc_rs::hmac;
use common::Signing;
use ers_runtime::Context;
use ers_runtime::clock::SystemClock;
use ers_signer_client::{MacAlgorithm, MacCheck, Signer as _};
use secrecy::SecretString;
use signer::StartError;
use tonic::Code;

const CONTEXT: &str = "acme/external-account";

#[tokio::test]
async fn a_secret_opens_for_its_context_and_its_owner_only() {
    let signing = Signing::start().await;
    let scep = signing.caller("scep");
    let sealed = scep.seal("scep/challenge", b"challenge").await.unwrap();
    assert_eq!(
        scep.unseal("scep/challenge", &sealed)
            .await
            .unwrap()
            .as_slice(),
        b"challenge"
    );
    assert_eq!(
        scep.unseal("scep/other", &sealed).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    assert_eq!(
        scep.unseal("cmp/challenge", &sealed)
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    assert_eq!(
        signing
            .caller("cmp")
            .unseal("scep/challenge", &sealed)
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    assert_eq!(
        scep.seal("scep/challenge", b"").await.unwrap_err().code(),
        Code::InvalidArgument
    );
    assert_eq!(
        scep.seal("scep/challenge", &[7; 65537])
            .await
            .unwrap_err()
            .code(),
        Code::InvalidArgument
    );
    assert_eq!(
        scep.seal("", b"x").await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn codes_are_checked_with_a_key_that_the_asker_never_sees() {
    let signing = Signing::start().await;
    let key = [9u8; 32];
    let sealed = signing.caller("clm-api").seal(CONTEXT, &key).await.unwrap();
    let acme = signing.caller("acme");
    assert_eq!(
        acme.unseal(CONTEXT, &sealed).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    for (algorithm, hash) in [
        (MacAlgorithm::Hs256, hmac::HMAC_SHA256),
        (MacAlgorithm::Hs384, hmac::HMAC_SHA384),
        (MacAlgorithm::Hs512, hmac::HMAC_SHA512),
    ] {
        let mac = hmac::sign(&hmac::Key::new(hash, &key), b"data");
        let check = |data, mac| MacCheck {
            context: CONTEXT,
            sealed_key: &sealed,
            algorithm,
            data,
            mac,
        };
        assert!(acme.verify_mac(check(b"data", mac.as_ref())).await.unwrap());
        assert!(!acme.verify_mac(check(b"date", mac.as_ref())).await.unwrap());
        assert!(
            !acme
                .verify_mac(check(b"data", &mac.as_ref()[1..]))
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn a_wrong_master_password_is_one_clear_line_and_harms_nothing() {
    let signing = Signing::start().await;
    let sealed = signing
        .caller("scep")
        .seal("scep/challenge", b"challenge")
        .await
        .unwrap();
    let folder = signing.stop().await;
    let wrong = Signing::try_with(Arc::clone(&folder), "master_password: guess\n")
        .await
        .err()
        .unwrap();
    assert!(matches!(wrong, StartError::Unlock(_)));
    let line = ers_runtime::error::chain(&wrong);
    assert!(
        line.contains("wrong master password")
            && line.contains("master_password")
            && !line.contains("guess"),
        "{line}"
    );
    let empty = Signing::try_with(Arc::clone(&folder), "master_password: ''\n")
        .await
        .err()
        .unwrap();
    assert!(empty.to_string().contains("is empty"));
    let signing = Signing::try_with(folder, "").await.unwrap();
    assert_eq!(
        signing
            .caller("scep")
            .unseal("scep/challenge", &sealed)
            .await
            .unwrap()
            .as_slice(),
        b"challenge"
    );
}

#[tokio::test]
async fn the_master_password_changes_and_what_was_sealed_still_opens() {
    let signing = Signing::start().await;
    let sealed = signing
        .caller("scep")
        .seal("scep/challenge", b"challenge")
        .await
        .unwrap();
    let folder = signing.stop().await;
    let context = Context::for_test("signer", SystemClock::shared()).unwrap();
    let new = SecretString::from("another one".to_owned());
    signer::change_master_password(&context, &common::config(folder.path(), ""), &new)
        .await
        .unwrap();
    assert!(Signing::try_with(Arc::clone(&folder), "").await.is_err());
    let signing = Signing::try_with(folder, "master_password: another one\n")
        .await
        .unwrap();
    assert_eq!(
        signing
            .caller("scep")
            .unseal("scep/challenge", &sealed)
            .await
            .unwrap()
            .as_slice(),
        b"challenge"
    );
}
