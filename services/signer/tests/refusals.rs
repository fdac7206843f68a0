//! Promises: a caller has what it was granted and nothing else; a key signs only for its purposes, and only bytes that
//! are what the purpose says and keep its limits; what was refused leaves no entry in the journal; no bytes make the
//! signer panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

#[cfg(test)]
mod common;

use std::time::Duration;

use common::{Signing, ca_key, certify, issuer, new_key, root, sign, sign_with, signed_root};
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_signer_client::{KeyId, KeyLimits, Purpose, SignCall, Signer as _, SignerError};
use proptest::prelude::*;
use tonic::Code;

fn refusal(asked: Result<ers_signer_client::Signed, SignerError>) -> (Code, String) {
    let error = asked.unwrap_err();
    (error.code(), error.to_string())
}

/// Failure 21: a front end with a valid certificate asks for what is not its own.
#[tokio::test]
async fn failure_21_only_callers_with_a_grant_sign_and_make_keys() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let bytes = root(&key.public_key);
    for stranger in ["acme", "rev-info", "clm-api", "administrator", "stranger"] {
        let asked = sign(
            &signing.caller(stranger),
            &key,
            Purpose::Certificate,
            bytes.to_be_signed(),
        )
        .await;
        let (code, message) = refusal(asked);
        assert_eq!(code, Code::PermissionDenied, "{stranger}");
        assert!(
            message.contains(&format!("{stranger} has no grant")),
            "{message}"
        );
        let made = signing
            .caller(stranger)
            .create_key(ca_key("mine", KeyAlgorithm::P256))
            .await;
        assert_eq!(
            made.unwrap_err().code(),
            Code::PermissionDenied,
            "{stranger}"
        );
    }
    assert_eq!(
        signing
            .caller("stranger")
            .list_keys()
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    assert_eq!(
        signing
            .caller("acme")
            .list_chains()
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    assert!(cara.list_chains().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_configured_grant_opens_what_was_closed() {
    let signing = Signing::with("grants: [{ caller: my-service, sign: [certificate], create_keys: [certificate], labels: ['my:'] }]\n").await;
    let mine = signing.caller("my-service");
    let wish = |label| {
        new_key(
            label,
            KeyAlgorithm::P256,
            &[Purpose::Certificate],
            KeyLimits::default(),
        )
    };
    assert_eq!(
        mine.create_key(wish("root")).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    let key = mine.create_key(wish("my:key")).await.unwrap();
    let foreign = signing
        .caller("cara-ws")
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let asked = sign(
        &mine,
        &foreign,
        Purpose::Certificate,
        root(&foreign.public_key).to_be_signed(),
    )
    .await;
    assert_eq!(refusal(asked).0, Code::PermissionDenied);
    // the key may not sign CA certificates, which comes after the grant
    let asked = sign(
        &mine,
        &key,
        Purpose::Certificate,
        root(&key.public_key).to_be_signed(),
    )
    .await;
    assert_eq!(refusal(asked).0, Code::InvalidArgument);
}

#[tokio::test]
async fn a_key_for_ocsp_signs_no_certificate_and_bytes_for_one_purpose_pass_for_no_other() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let ocsp = new_key(
        "ocsp",
        KeyAlgorithm::P256,
        &[Purpose::Ocsp],
        KeyLimits::default(),
    );
    let ocsp = cara.create_key(ocsp).await.unwrap();
    let certificate = root(&ocsp.public_key);
    let asked = sign(
        &cara,
        &ocsp,
        Purpose::Certificate,
        certificate.to_be_signed(),
    )
    .await;
    assert_eq!(refusal(asked).0, Code::PermissionDenied);
    let asked = sign(
        &signing.caller("rev-info"),
        &ocsp,
        Purpose::Ocsp,
        certificate.to_be_signed(),
    )
    .await;
    let (code, message) = refusal(asked);
    assert_eq!(code, Code::InvalidArgument);
    assert!(message.contains("to_be_signed"), "{message}");
    let ca = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let asked = sign(
        &cara,
        &ca,
        Purpose::Crl,
        root(&ca.public_key).to_be_signed(),
    )
    .await;
    assert_eq!(refusal(asked).0, Code::InvalidArgument);
    assert!(cara.list_chains().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_in_another_responders_name_is_refused() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let ca = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let certificate = signed_root(&cara, &ca).await;
    let mut keys = Vec::new();
    for label in ["ocsp-1", "ocsp-2"] {
        let wish = new_key(
            label,
            KeyAlgorithm::P256,
            &[Purpose::Ocsp],
            KeyLimits::default(),
        );
        keys.push(cara.create_key(wish).await.unwrap());
    }
    let response = common::ocsp_response(&certificate, &cara, &ca, &keys[0]).await;
    let info = signing.caller("rev-info");
    let signed = sign(&info, &keys[0], Purpose::Ocsp, response.to_be_signed())
        .await
        .unwrap();
    let (code, message) =
        refusal(sign(&info, &keys[1], Purpose::Ocsp, response.to_be_signed()).await);
    assert_eq!(code, Code::InvalidArgument);
    assert!(message.contains("another responder"), "{message}");
    response.assemble(&signed.signature).unwrap();
}

/// Failure 21: CARA itself, taken over, asks for a CA certificate or a longer validity than the key may sign.
#[tokio::test]
async fn failure_21_a_key_keeps_its_limits() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let limits = KeyLimits {
        issuer_name: Some(
            "CN=Test Root,O=ERS"
                .parse::<ers_pki::name::Name>()
                .unwrap()
                .to_der()
                .to_vec(),
        ),
        max_path_length: Some(0),
        longest_validity: Some(Duration::from_secs(90 * 86_400)),
        may_sign_ca_certificates: true,
    };
    let wish = new_key(
        "root",
        KeyAlgorithm::P256,
        &[Purpose::Certificate, Purpose::Crl],
        limits,
    );
    let key = cara.create_key(wish).await.unwrap();
    // its own certificate is beside the limits
    let root = signed_root(&cara, &key).await;
    let leaf = |days| {
        let name = "CN=www.example.com".parse().unwrap();
        certify(
            "tls-server",
            &issuer(&root),
            &common::subscriber(),
            name,
            Some(time::Duration::days(days)),
        )
    };
    sign(&cara, &key, Purpose::Certificate, leaf(30).to_be_signed())
        .await
        .unwrap();
    sign(&cara, &key, Purpose::Certificate, leaf(90).to_be_signed())
        .await
        .unwrap();
    let refused = sign(&cara, &key, Purpose::Certificate, leaf(91).to_be_signed()).await;
    assert!(refusal(refused).1.contains("check validity"));
    // another issuer
    let other = cara
        .create_key(ca_key("other", KeyAlgorithm::P256))
        .await
        .unwrap();
    let name = "CN=Other Root".parse().unwrap();
    let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
    let foreign =
        ers_pki::issuance::Issuer::self_signed(name, other.public_key.clone(), algorithm).unwrap();
    let foreign = certify(
        "root-ca",
        &foreign,
        &other.public_key,
        "CN=Other Root".parse().unwrap(),
        None,
    );
    let refused = sign(&cara, &key, Purpose::Certificate, foreign.to_be_signed()).await;
    assert!(refusal(refused).1.contains("another issuer"));
    // a sub CA is valid for longer than the key may grant
    let sub = certify(
        "sub-ca",
        &issuer(&root),
        &common::subscriber(),
        "CN=Sub".parse().unwrap(),
        Some(time::Duration::days(365)),
    );
    assert_eq!(
        refusal(sign(&cara, &key, Purpose::Certificate, sub.to_be_signed()).await).0,
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn a_key_grants_no_longer_path_than_its_own() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let limits = KeyLimits {
        max_path_length: Some(1),
        may_sign_ca_certificates: true,
        ..KeyLimits::default()
    };
    let wish = new_key("root", KeyAlgorithm::P256, &[Purpose::Certificate], limits);
    let key = cara.create_key(wish).await.unwrap();
    let root = signed_root(&cara, &key).await;
    for (path_length, allowed) in [
        (Some(0), true),
        (Some(1), true),
        (Some(2), false),
        (None, false),
    ] {
        let mut profile = ers_pki::profile::Profile::find_ready("sub-ca")
            .unwrap()
            .clone();
        profile.basic_constraints.as_mut().unwrap().path_length = path_length;
        let request = ers_pki::issuance::Request {
            subject: "CN=Sub".parse().unwrap(),
            ..ers_pki::issuance::Request::new(common::subscriber())
        };
        let now = common::now();
        let prepared =
            ers_pki::issuance::prepare(&profile, &issuer(&root), &request, common::serial(8), now)
                .unwrap();
        let asked = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()).await;
        match allowed {
            true => assert!(asked.is_ok(), "{path_length:?}: {asked:?}"),
            false => assert!(refusal(asked).1.contains("path length"), "{path_length:?}"),
        }
    }
}

/// Failure 21: refused and audited.
#[tokio::test]
async fn failure_21_what_is_refused_is_an_audit_event() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let ocsp = new_key(
        "ocsp",
        KeyAlgorithm::P256,
        &[Purpose::Ocsp],
        KeyLimits::default(),
    );
    let ocsp = cara.create_key(ocsp).await.unwrap();
    let certificate = root(&ocsp.public_key);
    let log = Log::listen();
    sign(
        &signing.caller("acme"),
        &ocsp,
        Purpose::Certificate,
        certificate.to_be_signed(),
    )
    .await
    .unwrap_err();
    sign(
        &cara,
        &ocsp,
        Purpose::Certificate,
        certificate.to_be_signed(),
    )
    .await
    .unwrap_err();
    signing
        .caller("acme")
        .create_key(ca_key("mine", KeyAlgorithm::P256))
        .await
        .unwrap_err();
    signing
        .caller("acme")
        .destroy_key(&ocsp.id)
        .await
        .unwrap_err();
    signing
        .caller("acme")
        .unseal("scep/challenge", b"x")
        .await
        .unwrap_err();
    signing.caller("acme").list_chains().await.unwrap_err();
    signing.caller("stranger").list_keys().await.unwrap_err();
    let text = log.text();
    let audited: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" audit: "))
        .collect();
    assert_eq!(audited.len(), 7, "{text}");
    assert!(
        audited[0].contains("requester=\"acme\"") && audited[0].contains("no grant"),
        "{}",
        audited[0]
    );
}

/// What the current thread logs: a test's, and that of the signer which runs on it.
///
/// One subscriber for the whole process: with one for each thread, what tests on other threads do decides whether an
/// event is looked at here.
struct Log;

thread_local! {
    static LOGGED: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Log {
    fn listen() -> Self {
        static LISTENING: std::sync::Once = std::sync::Once::new();
        LISTENING.call_once(|| {
            tracing_subscriber::fmt()
                .with_ansi(false)
                .with_writer(|| Self)
                .init();
        });
        LOGGED.take();
        Self
    }

    fn text(&self) -> String {
        LOGGED.with_borrow(|logged| String::from_utf8_lossy(logged).into_owned())
    }
}

impl std::io::Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(octets))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_key_without_the_right_signs_no_ca_certificate() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let wish = new_key(
        "leafs",
        KeyAlgorithm::P256,
        &[Purpose::Certificate],
        KeyLimits::default(),
    );
    let key = cara.create_key(wish).await.unwrap();
    let (code, message) = refusal(
        sign(
            &cara,
            &key,
            Purpose::Certificate,
            root(&key.public_key).to_be_signed(),
        )
        .await,
    );
    assert_eq!(code, Code::InvalidArgument);
    assert!(message.contains("CA certificates"), "{message}");
}

#[tokio::test]
async fn the_algorithm_in_the_bytes_is_the_one_that_signs() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::Rsa2048))
        .await
        .unwrap();
    let bytes = root(&key.public_key);
    let with = |algorithm| {
        sign_with(
            &cara,
            &key,
            Purpose::Certificate,
            algorithm,
            bytes.to_be_signed(),
        )
    };
    let (code, message) = refusal(with(SignatureAlgorithm::Sha384WithRsa).await);
    assert_eq!(code, Code::InvalidArgument);
    assert!(message.contains("SHA256withRSA"), "{message}");
    let (code, message) = refusal(with(SignatureAlgorithm::Sha256WithEcdsa).await);
    assert_eq!(code, Code::InvalidArgument);
    assert!(message.contains("signature_algorithm"), "{message}");
}

#[tokio::test]
async fn fields_that_make_no_sense_are_named() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let bytes = root(&key.public_key);
    let call = |request_id, context| SignCall {
        request_id,
        key_id: &key.id,
        purpose: Purpose::Certificate,
        signature_algorithm: SignatureAlgorithm::Sha256WithEcdsa,
        to_be_signed: bytes.to_be_signed(),
        context,
        public_key: None,
    };
    assert!(
        refusal(cara.sign(call("", Vec::new())).await)
            .1
            .contains("request_id")
    );
    assert!(
        refusal(cara.sign(call("request-1", vec![0; 8193])).await)
            .1
            .contains("context")
    );
    let unknown = KeyId::new("unknown");
    let unknown = SignCall {
        key_id: &unknown,
        ..call("request-1", Vec::new())
    };
    assert_eq!(refusal(cara.sign(unknown).await).0, Code::NotFound);
    let too_long = vec![0x30; 65537];
    let too_long = SignCall {
        to_be_signed: &too_long,
        ..call("request-1", Vec::new())
    };
    assert!(
        refusal(cara.sign(too_long).await)
            .1
            .contains("to_be_signed")
    );
    let no_purpose = new_key("x", KeyAlgorithm::P256, &[], KeyLimits::default());
    assert_eq!(
        cara.create_key(no_purpose).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let for_agreement = ca_key("x", KeyAlgorithm::X25519);
    assert_eq!(
        cara.create_key(for_agreement).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let no_token = ers_signer_client::NewKey {
        token: Some("none".to_owned()),
        ..ca_key("x", KeyAlgorithm::P256)
    };
    assert_eq!(
        cara.create_key(no_token).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[test]
fn no_bytes_make_the_signer_panic_and_none_but_right_ones_are_signed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let all = "grants: [{ caller: all, sign: [certificate, crl, ocsp, cms, tls, token, certificate-request, cmp], \
               create_keys: [certificate, crl, ocsp, cms, tls, token, certificate-request, cmp], read_journal: true }]\n";
    let signing = runtime.block_on(Signing::with(all));
    let client = signing.caller("all");
    let mut purposes = Purpose::ALL.to_vec();
    purposes.retain(|purpose| *purpose != Purpose::Decryption);
    let wish = new_key("all", KeyAlgorithm::P256, &purposes, KeyLimits::default());
    let key = runtime.block_on(client.create_key(wish)).unwrap();
    let right = root(&key.public_key).to_be_signed().to_vec();
    // the right bytes with some of them changed come further than any others
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..512),
        proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4).prop_map(
            move |changes| {
                let mut bytes = right.clone();
                for (at, octet) in changes {
                    let at = at.index(bytes.len());
                    bytes[at] = octet;
                }
                bytes
            }
        ),
    ];
    proptest!(ProptestConfig::with_cases(300), |(bytes in bytes, purpose in proptest::sample::select(purposes.clone()))| {
        let asked = runtime.block_on(sign(&client, &key, purpose, &bytes));
        // the key may not sign CA certificates, and that is what the right bytes are
        if let Err(error) = asked {
            prop_assert_eq!(error.code(), Code::InvalidArgument);
        }
    });
}
