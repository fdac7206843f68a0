//! Promises: what is sealed opens only for its context and for those granted it; codes are checked here, and the key
//! of a code never leaves; a key made for a client is its alone and kept nowhere; a wrong master password is told in one line; the password can be changed.

#[cfg(test)]
mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use common::Signing;
use ers_pki::cmp::{MAX_ITERATIONS, PasswordMac};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_proto::signer::v1::{
    self as wire, sealing_client::SealingClient, verify_password_mac_answer::Outcome,
};
use ers_runtime::Context;
use ers_runtime::clock::SystemClock;
use ers_runtime::grpc::Caller;
use ers_signer_client::{MacAlgorithm, MacCheck, PasswordKeyCall, PasswordMacCall, Signer as _};
use secrecy::SecretString;
use signer::StartError;
use tonic::Code;
use tower::ServiceExt as _;

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

const SHARED_SECRET: &str = "clm/shared-secret";

#[tokio::test(flavor = "multi_thread")]
async fn codes_with_a_password_are_computed_for_who_may_never_see_it() {
    let signing = Signing::start().await;
    let sealed = signing
        .caller("clm-api")
        .seal(SHARED_SECRET, b"a good secret")
        .await
        .unwrap();
    let cmp = signing.caller("cmp");
    for mac in [
        PasswordMac::password_based(&[7; 16], 500.try_into().unwrap()),
        PasswordMac::pbmac1(&[7; 16], MAX_ITERATIONS.try_into().unwrap()),
    ] {
        let algorithm = mac.to_der();
        let call = PasswordMacCall {
            context: SHARED_SECRET,
            sealed_secret: &sealed,
            algorithm: &algorithm,
            data: b"message",
        };
        let code = cmp.compute_password_mac(call).await.unwrap();
        assert_eq!(code, mac.compute(b"a good secret", b"message"));
        assert!(cmp.verify_password_mac(call, &code).await.unwrap());
        assert!(!cmp.verify_password_mac(call, &code[1..]).await.unwrap());
        assert!(!cmp.verify_password_mac(call, b"").await.unwrap());
        let other = PasswordMacCall {
            data: b"massage",
            ..call
        };
        assert!(!cmp.verify_password_mac(other, &code).await.unwrap());
        for stranger in ["acme", "est", "rev-info"] {
            let refused = signing.caller(stranger).compute_password_mac(call).await;
            assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
        }
    }
    let unsealed = cmp.unseal(SHARED_SECRET, &sealed).await;
    assert_eq!(unsealed.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn the_key_for_answers_is_given_to_who_shows_a_right_code_and_for_such_answers_only() {
    let signing = Signing::start().await;
    let sealed = signing
        .caller("clm-api")
        .seal(SHARED_SECRET, b"a good secret")
        .await
        .unwrap();
    let cmp = signing.caller("cmp");
    let iterations = 500.try_into().unwrap();
    let mac = PasswordMac::password_based(&[7; 16], iterations);
    let algorithm = mac.to_der();
    let call = PasswordMacCall {
        context: SHARED_SECRET,
        sealed_secret: &sealed,
        algorithm: &algorithm,
        data: b"message",
    };
    let code = mac.compute(b"a good secret", b"message");
    let answers = mac.with_salt(&[8; 16]);
    let opened = cmp.open_password_mac(call, &code, &answers.to_der()).await;
    let key = opened.unwrap().expect("the code is right");
    assert_eq!(
        answers.compute_with_key(&key, b"answer"),
        answers.compute(b"a good secret", b"answer")
    );
    let wrong = cmp
        .open_password_mac(call, &code[1..], &answers.to_der())
        .await;
    assert_eq!(wrong.unwrap(), None);
    let plain = cmp.open_password_mac(call, &code, &[]).await;
    assert!(plain.unwrap().expect("the code is right").is_empty());
    // the same salt, a short one, a cheaper way
    for other in [
        mac.clone(),
        mac.with_salt(&[8; 8]),
        PasswordMac::pbmac1(&[8; 16], iterations),
        PasswordMac::password_based(&[8; 16], 1.try_into().unwrap()),
    ] {
        let refused = cmp.open_password_mac(call, &code, &other.to_der()).await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    }
    let acme = signing.caller("acme");
    let refused = acme.open_password_mac(call, &code, &answers.to_der()).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

/// Failure 39: a MAC that asks for a thousand million iterations.
#[tokio::test]
async fn a_code_of_too_many_iterations_is_refused_and_not_computed() {
    let signing = Signing::start().await;
    let sealed = signing
        .caller("clm-api")
        .seal(SHARED_SECRET, b"a good secret")
        .await
        .unwrap();
    let cmp = signing.caller("cmp");
    let too_many = (MAX_ITERATIONS + 1).try_into().unwrap();
    let thousand_million = 1_000_000_000.try_into().unwrap();
    for mac in [
        PasswordMac::password_based(&[7; 16], thousand_million),
        PasswordMac::pbmac1(&[7; 16], thousand_million),
        PasswordMac::pbmac1(&[7; 16], too_many),
        PasswordMac::password_based(&[7; 129], 500.try_into().unwrap()),
    ] {
        let algorithm = mac.to_der();
        let call = PasswordMacCall {
            context: SHARED_SECRET,
            sealed_secret: &sealed,
            algorithm: &algorithm,
            data: b"message",
        };
        let refused = cmp.verify_password_mac(call, b"code").await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.to_string().contains("algorithm"), "{refused}");
    }
}

#[tokio::test]
async fn a_question_too_long_for_a_stream_is_refused_and_those_beside_it_are_answered() {
    let signing = Signing::start().await;
    let clm = signing.caller("clm-api");
    let sealed = clm.seal(SHARED_SECRET, b"a good secret").await.unwrap();
    let algorithm = PasswordMac::password_based(&[7; 16], 500.try_into().unwrap()).to_der();
    let asked = |number, octets: usize| wire::VerifyPasswordMacQuestion {
        number,
        request: Some(wire::VerifyPasswordMacRequest {
            context: SHARED_SECRET.to_owned(),
            sealed_secret: sealed.clone(),
            algorithm: algorithm.clone(),
            data: vec![1; octets],
            mac: vec![0; 32],
            ..wire::VerifyPasswordMacRequest::default()
        }),
        ..wire::VerifyPasswordMacQuestion::default()
    };
    let nothing = wire::VerifyPasswordMacQuestion {
        number: 3,
        ..wire::VerifyPasswordMacQuestion::default()
    };
    let questions = vec![asked(1, 300 * 1024), asked(2, 1024), nothing];
    let cmp = Caller::named("cmp");
    let channel = signing.signer.routes().map_request(
        move |mut request: tonic::codegen::http::Request<_>| {
            request.extensions_mut().insert(cmp.clone());
            request
        },
    );
    let mut sealing = SealingClient::new(channel);
    let answers = sealing.verify_password_mac_each(futures::stream::iter(questions));
    let mut answers = answers.await.unwrap().into_inner();
    let mut told = BTreeMap::new();
    while let Some(answer) = answers.message().await.unwrap() {
        told.insert(answer.number, answer.outcome.unwrap());
    }
    let code = |number| match &told[&number] {
        Outcome::Failure(failure) => Code::from(failure.code),
        Outcome::Verified(verified) => panic!("{verified:?}"),
    };
    assert_eq!(code(1), Code::InvalidArgument);
    assert_eq!(
        told[&2],
        Outcome::Verified(wire::VerifyPasswordMacResponse::default()),
        "looked at, and wrong"
    );
    assert_ne!(code(3), Code::Internal);
}

#[tokio::test]
async fn a_key_is_derived_from_a_password_that_the_asker_never_sees() {
    let signing = Signing::start().await;
    let password = b"secret of station-7";
    let sealed = signing
        .caller("clm-api")
        .seal(SHARED_SECRET, password)
        .await;
    let sealed = sealed.unwrap();
    let cmp = signing.caller("cmp");
    let call = |salt, iterations: u32| PasswordKeyCall {
        context: SHARED_SECRET,
        sealed_secret: &sealed,
        salt,
        iterations: iterations.try_into().unwrap(),
    };
    let key = cmp
        .derive_password_key(call(&[7; 16], 10_000))
        .await
        .unwrap();
    // what Python's hashlib.pbkdf2_hmac makes of it
    assert_eq!(
        hex::encode(&key),
        "34a8b9346fb7afc6d741b8cade2c8c26975b7edbaa03883d88c3e2a286d82c02"
    );
    for (salt, iterations) in [
        (&[7; 15][..], 10_000),
        (&[7; 129], 10_000),
        (&[7; 16], 9_999),
        (&[7; 16], 100_001),
    ] {
        let refused = cmp.derive_password_key(call(salt, iterations)).await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    }
    for stranger in ["acme", "scep", "clm-api", "administrator"] {
        let asked = call(&[7; 16], 10_000);
        let refused = signing.caller(stranger).derive_password_key(asked).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
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

#[tokio::test]
async fn a_key_for_a_client_is_its_alone_and_kept_nowhere() {
    let signing = Signing::start().await;
    let est = signing.caller("est");
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Rsa2048] {
        let made = est.make_client_key("est-1", algorithm).await.unwrap();
        let key = PrivateKey::from_pkcs8_der(&made.private_key).unwrap();
        assert_eq!(key.public_key().spki_der(), made.public_key);
        assert_eq!(key.public_key().algorithm(), algorithm);
        let another = est.make_client_key("est-1", algorithm).await.unwrap();
        assert_ne!(another.public_key, made.public_key);
    }
    assert!(est.list_keys().await.unwrap().is_empty());
    let too_slow = est.make_client_key("est-1", KeyAlgorithm::Rsa8192).await;
    assert_eq!(too_slow.err().unwrap().code(), Code::InvalidArgument);
    // Failure 21: who may have no keys made gets none.
    for caller in ["acme", "scep", "rev-info"] {
        let caller = signing.caller(caller);
        let refused = caller.make_client_key("1", KeyAlgorithm::P256).await;
        assert_eq!(refused.err().unwrap().code(), Code::PermissionDenied);
    }
}
