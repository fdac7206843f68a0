//! Promises, on a PKCS #11 library that fails when it is told to: whatever a token or its library does wrong is one error
//! with a name of its own, costs what it must and no more, and needs no restart.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail them"
)]

#[cfg(test)]
mod common;

use std::time::Duration;

use common::{Signing, ca_key, new_key, root, sign};
use ers_faulty_pkcs11::{Fault, FaultyToken};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{
    Key, KeyLimits, NewKey, Purpose, Signed, Signer as _, SignerClient, SignerError,
};
use tonic::Code;

const CKR_GENERAL_ERROR: u64 = 0x05;
const CKR_DEVICE_ERROR: u64 = 0x30;
const CKR_SESSION_HANDLE_INVALID: u64 = 0xb3;
const CKR_USER_NOT_LOGGED_IN: u64 = 0x101;
const CKM_ECDSA: u64 = 0x1041;

/// A token of the configuration, and more lines for it.
fn line(name: &str, token: &FaultyToken, more: &str) -> String {
    let pin = if more.contains("pin:") {
        ""
    } else {
        "pin: '1234', "
    };
    format!(
        "  - {{ name: {name}, pkcs11: {{ library: {}, {pin}{more} }} }}\n",
        token.library().display()
    )
}

fn lines(token: &FaultyToken, more: &str) -> String {
    format!(
        "tokens:\n{}  - {{ name: software, software: {{}} }}\n",
        line("hsm", token, more)
    )
}

/// A signer over a token, with a key.
async fn start(more: &str) -> (Signing, FaultyToken, SignerClient, Key) {
    let token = FaultyToken::new().unwrap();
    let signing = Signing::with(&lines(&token, more)).await;
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    (signing, token, cara, key)
}

async fn certify(client: &SignerClient, key: &Key) -> Result<Signed, SignerError> {
    let prepared = root(&key.public_key);
    sign(client, key, Purpose::Certificate, prepared.to_be_signed()).await
}

async fn software_key(cara: &SignerClient) -> Key {
    let wish = NewKey {
        token: Some("software".to_owned()),
        ..ca_key("soft", KeyAlgorithm::P256)
    };
    cara.create_key(wish).await.unwrap()
}

async fn until_signed(client: &SignerClient, key: &Key) {
    for _ in 0..1600 {
        if certify(client, key).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the token did not come back");
}

async fn until_down(signing: &Signing, reason: &str) {
    for _ in 0..400 {
        if signing.down().iter().any(|told| told.contains(reason)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not down for {reason}: {:?}", signing.down());
}

/// Failure 16: a session that is lost in the middle of a signature, a login that is gone, and a device that fails once
/// cost no call.
#[tokio::test]
async fn what_fails_once_costs_no_call() {
    let (signing, token, cara, key) = start("sessions: 1").await;
    certify(&cara, &key).await.unwrap();
    for (function, value) in [
        ("C_Sign", CKR_SESSION_HANDLE_INVALID),
        ("C_SignInit", CKR_USER_NOT_LOGGED_IN),
        ("C_Sign", CKR_DEVICE_ERROR),
        ("C_SignInit", CKR_GENERAL_ERROR),
    ] {
        token.set(&[Fault::ReturnOnce(function, value)]).unwrap();
        certify(&cara, &key).await.unwrap();
        assert_eq!(token.pending().unwrap(), 0, "{function} {value:#x}");
    }
    assert!(signing.context.health.is_ready(), "{:?}", signing.down());
}

/// Failure 16: CKR_DEVICE_ERROR and CKR_GENERAL_ERROR that last are errors of this token alone; when it is well again,
/// it signs again, without a restart.
#[tokio::test]
async fn a_device_that_fails_for_a_while_is_given_time() {
    let (signing, token, cara, key) = start("sessions: 2").await;
    let software = software_key(&cara).await;
    for value in [CKR_DEVICE_ERROR, CKR_GENERAL_ERROR] {
        token
            .set(&[
                Fault::Return("C_Sign", value),
                Fault::Return("C_FindObjectsInit", value),
            ])
            .unwrap();
        let refused = certify(&cara, &key).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        assert!(
            signing
                .down()
                .iter()
                .any(|reason| reason.contains("device failed")),
            "{:?}",
            signing.down()
        );
        certify(&cara, &software).await.unwrap();
        token.set(&[]).unwrap();
        until_signed(&cara, &key).await;
        signing.wait_until_ready().await;
    }
}

/// Failure 16: a token that is pulled out is told as away, and is found again when it is back.
#[tokio::test]
async fn a_token_that_is_removed_and_returned_needs_no_restart() {
    let (signing, token, cara, key) = start("sessions: 2").await;
    token.set(&[Fault::Removed]).unwrap();
    let refused = certify(&cara, &key).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    until_down(&signing, "out of reach").await;
    let told = cara.list_tokens().await.unwrap();
    let hsm = told.iter().find(|token| token.name == "hsm").unwrap();
    assert!(!hsm.up && hsm.reason.contains("out of reach"), "{hsm:?}");
    token.set(&[]).unwrap();
    until_signed(&cara, &key).await;
    signing.wait_until_ready().await;
}

/// Failure 17: a signature that takes a minute is given up after its time; other keys do not notice, the queue is bounded,
/// and the token signs again while the call still hangs in it.
#[tokio::test]
async fn a_token_that_hangs_is_given_up_in_time_and_other_keys_go_on() {
    let token = FaultyToken::new().unwrap();
    let lines = lines(&token, "sessions: 1, timeout_s: 1") + "queue_length: 2\n";
    let signing = Signing::with(&lines).await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let software = software_key(&cara).await;
    certify(&cara, &key).await.unwrap();
    token
        .set(&[Fault::Delay("C_Sign", Duration::from_secs(60))])
        .unwrap();
    // one after another: some still have time left when the first is given up, and must not hang in its place
    let calls = (0..8).map(async |number| {
        tokio::time::sleep(Duration::from_millis(100) * number).await;
        certify(&cara, &key).await.unwrap_err().code()
    });
    let codes: Vec<Code> = futures::future::join_all(calls).await;
    let count = |code| codes.iter().filter(|other| **other == code).count();
    // at most one that hung and two that waited for it; for the others there was no place
    assert!((1..=3).contains(&count(Code::Unavailable)), "{codes:?}");
    assert_eq!(
        count(Code::Unavailable) + count(Code::ResourceExhausted),
        8,
        "{codes:?}"
    );
    // the call still hangs
    certify(&cara, &software).await.unwrap();
    until_down(&signing, "hangs").await;
    token.set(&[]).unwrap();
    until_signed(&cara, &key).await;
    signing.wait_until_ready().await;
}

/// Failure 17: with worker processes the library that hangs is ended with its process.
#[tokio::test]
async fn a_library_that_hangs_or_dies_costs_its_process_and_no_more() {
    let program = env!("CARGO_BIN_EXE_signer");
    let more = format!("workers: 2, worker_program: {program}, timeout_s: 1");
    let (signing, token, cara, key) = start(&more).await;
    for _ in 0..4 {
        certify(&cara, &key).await.unwrap();
    }
    token
        .set(&[Fault::Delay("C_Sign", Duration::from_secs(60))])
        .unwrap();
    let refused = certify(&cara, &key).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    until_down(&signing, "hangs").await;
    token.set(&[]).unwrap();
    until_signed(&cara, &key).await;
    token.set(&[Fault::Crash("C_Sign")]).unwrap();
    let refused = certify(&cara, &key).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    token.set(&[]).unwrap();
    until_signed(&cara, &key).await;
    signing.wait_until_ready().await;
    // one process more for each that ended, and one login for each
    assert!(token.calls("C_Login") >= 3);
}

/// Failure 15: a signature with a wrong bit is not handed on, and its key signs nothing until an administrator lets it;
/// also after a restart.
#[tokio::test]
async fn a_flipped_bit_is_not_released_and_its_key_is_put_in_quarantine() {
    let (signing, token, cara, key) = start("sessions: 1").await;
    let other = cara
        .create_key(ca_key("other", KeyAlgorithm::Rsa2048))
        .await
        .unwrap();
    token.set(&[Fault::Flip]).unwrap();
    let refused = certify(&cara, &key).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal, "{refused}");
    token.set(&[]).unwrap();
    let refused = certify(&cara, &key).await.unwrap_err();
    assert!(refused.to_string().contains("quarantine"), "{refused}");
    certify(&cara, &other).await.unwrap();
    drop(cara);
    let folder = signing.stop().await;
    let signing = Signing::try_with(folder, &lines(&token, "sessions: 1"))
        .await
        .unwrap();
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let told = cara.load_key(&key.id).await.unwrap();
    assert!(told.quarantine.unwrap().reason.contains("token hsm"));
    let refused = certify(&cara, &key).await.unwrap_err();
    assert!(refused.to_string().contains("quarantine"), "{refused}");

    let refused = cara.lift_quarantine(&key.id, "looked at it").await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let administrator = signing.caller("administrator");
    let refused = administrator.lift_quarantine(&key.id, "").await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    let lifted = administrator
        .lift_quarantine(&key.id, "looked at it")
        .await
        .unwrap();
    assert_eq!(lifted.quarantine, None);
    certify(&cara, &key).await.unwrap();
}

#[tokio::test]
async fn a_mechanism_that_is_missing_is_the_askers_to_know() {
    let (signing, token, cara, key) = start("sessions: 1").await;
    token.set(&[Fault::NoMechanism(CKM_ECDSA)]).unwrap();
    let refused = certify(&cara, &key).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    assert!(refused.to_string().contains("Mechanism"), "{refused}");
    // the token is well
    assert!(signing.context.health.is_ready());
    token.set(&[]).unwrap();
    certify(&cara, &key).await.unwrap();
}

/// Failure 19: a PIN that is locked, or has one try left, is not tried; when the token is unlocked, nobody need restart
/// anything.
#[tokio::test]
async fn a_locked_pin_is_not_tried_and_an_unlocked_one_is() {
    for fault in [Fault::PinLocked, Fault::FinalTry] {
        let token = FaultyToken::new().unwrap();
        token.set(&[fault]).unwrap();
        let signing = Signing::with(&lines(&token, "sessions: 3")).await;
        let cara = signing.caller("cara-ws");
        until_down(&signing, "PIN locked").await;
        let refused = cara
            .create_key(ca_key("root", KeyAlgorithm::P256))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(token.calls("C_Login"), 0);
        token.set(&[]).unwrap();
        signing.wait_until_ready().await;
        assert_eq!(token.calls("C_Login"), 1);
    }
}

/// Failure 19: a wrong PIN is tried once, by threads and by processes; another one is tried as soon as it stands where it
/// is read from.
#[tokio::test]
async fn a_wrong_pin_is_tried_once_and_a_corrected_one_needs_no_restart() {
    let program = env!("CARGO_BIN_EXE_signer");
    let workers = format!("workers: 3, worker_program: {program}");
    for way in ["sessions: 3", &workers] {
        let token = FaultyToken::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        std::fs::write(&file, "0000").unwrap();
        let more = format!("pin: 'file:{}', {way}", file.display());
        let signing = Signing::with(&lines(&token, &more)).await;
        let cara = signing.caller("cara-ws");
        until_down(&signing, "PIN refused").await;
        for _ in 0..10 {
            let refused = cara
                .create_key(ca_key("root", KeyAlgorithm::P256))
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Code::Unavailable);
        }
        assert_eq!(token.calls("C_Login"), 1, "{way}");
        std::fs::write(&file, "1234").unwrap();
        signing.wait_until_ready().await;
        let key = cara
            .create_key(ca_key("root", KeyAlgorithm::P256))
            .await
            .unwrap();
        certify(&cara, &key).await.unwrap();
    }
}

/// A process that ended between the token making a pair and the row that names it: the next one finishes the key.
#[tokio::test]
async fn a_key_that_was_made_and_not_written_down_is_finished_at_the_next_start() {
    let token = FaultyToken::new().unwrap();
    let signing = Signing::with(&lines(&token, "sessions: 1")).await;
    signing.wait_until_ready().await;
    let database = signing.database().await;
    let tell = async |statement: &str| {
        sea_orm::ConnectionTrait::execute_unprepared(&database, statement)
            .await
            .unwrap();
    };
    tell("create trigger cut before insert on signer_key begin select raise(abort, 'cut'); end")
        .await;
    let cara = signing.caller("cara-ws");
    let wish = || {
        new_key(
            "root",
            KeyAlgorithm::P256,
            &[Purpose::Certificate],
            KeyLimits {
                may_sign_ca_certificates: true,
                max_path_length: Some(3),
                ..KeyLimits::default()
            },
        )
    };
    assert!(cara.create_key(wish()).await.is_err());
    assert_eq!(token.calls("C_GenerateKeyPair"), 1);
    assert!(cara.list_keys().await.unwrap().is_empty());
    tell("drop trigger cut").await;
    drop(cara);
    let folder = signing.stop().await;
    let signing = Signing::try_with(folder, &lines(&token, "sessions: 1"))
        .await
        .unwrap();
    let cara = signing.caller("cara-ws");
    for _ in 0..400 {
        if !cara.list_keys().await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    // it is the key that was asked for
    let key = cara.create_key(wish()).await.unwrap();
    assert_eq!(key.limits.max_path_length, Some(3));
    assert_eq!(token.calls("C_GenerateKeyPair"), 1);
    certify(&cara, &key).await.unwrap();
}

/// Failure 16, Failure 15: each fault is counted under a name of its own, a wrong signature sets off the alarm, and a queue
/// that is empty says so.
#[tokio::test]
async fn every_fault_has_its_own_number() {
    use opentelemetry::metrics::MeterProvider as _;
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .unwrap();
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder()
        .with_reader(exporter)
        .build();
    let token = FaultyToken::new().unwrap();
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let mut context =
        ers_runtime::Context::for_test("signer", ers_runtime::clock::SystemClock::shared())
            .unwrap();
    context.meter = provider.meter("signer");
    let config = common::config(folder.path(), &lines(&token, "sessions: 1, timeout_s: 1"));
    let signer = signer::start(context.clone(), config).await.unwrap();
    let signing = Signing {
        context,
        signer,
        folder,
    };
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    for fault in [
        Fault::NoMechanism(CKM_ECDSA),
        Fault::Return("C_Sign", CKR_DEVICE_ERROR),
        Fault::Removed,
        Fault::Delay("C_Sign", Duration::from_secs(3)),
        Fault::Flip,
    ] {
        token.set(&[fault]).unwrap();
        assert!(certify(&cara, &key).await.is_err());
        token.set(&[]).unwrap();
        signing.wait_until_ready().await;
    }
    let value = |name: &str, label: Option<&str>| {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == name)?;
        let metric = family.get_metric().iter().find(|metric| {
            label.is_none_or(|wanted| {
                metric
                    .get_label()
                    .iter()
                    .any(|label| label.value() == wanted)
            })
        })?;
        Some(metric.get_counter().get_value() + metric.get_gauge().get_value())
    };
    for error in [
        "unsupported",
        "device_failed",
        "token_absent",
        "hung",
        "wrong_signature",
    ] {
        let counted = value("ers_signer_token_errors_total", Some(error));
        assert!(counted >= Some(1.0), "{error}: {counted:?}");
    }
    let wrong = value("ers_signer_wrong_signatures_total", Some("hsm"));
    assert_eq!(wrong, Some(1.0));
    assert_eq!(value("ers_signer_quarantined_keys", None), Some(1.0));
    assert_eq!(value("ers_signer_token_up", Some("hsm")), Some(1.0));
    // the call that hung comes back in its time, and leaves its place
    for _ in 0..400 {
        if value("ers_signer_queue_depth", Some("hsm")) == Some(0.0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the queue is not empty");
}
