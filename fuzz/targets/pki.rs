//! What is fuzzed: one function for each parser of `ers-pki` that reads what strangers send. Beside "never panics", each
//! holds what it accepts against what it gives back.
//!
//! The functions are plain, so that they are called by libFuzzer (`fuzz_targets/`, nightly Rust) and by the test
//! `crates/pki/tests/fuzz.rs`, which replays the corpus and changes it at random on stable Rust.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{self, Body, BodyKind, Message, PasswordMac};
use ers_pki::cms::{EnvelopedData, Recipient, SignedData};
use ers_pki::crl::Crl;
use ers_pki::csr::Csr;
use ers_pki::general_name::GeneralName;
use ers_pki::key::{PrivateKey, PublicKey};
use ers_pki::lint::{LintSet, lint_sets};
use ers_pki::name::Name;
use ers_pki::ocsp::{MAX_CERT_IDS, MAX_NONCE_BYTES, Request};
use ers_pki::profile::Profile;
use ers_pki::{inspect, pem};

/// A target; it panics when something is wrong.
pub type Target = fn(&[u8]);

/// Every target of `ers-pki` by the name of its folder in the corpus.
pub const PKI: [(&str, Target); 14] = [
    ("certificate", certificate),
    ("cms", cms),
    ("crl", crl),
    ("crmf", crmf),
    ("csr", csr),
    ("general_name", general_name),
    ("key", key),
    ("lint", lint),
    ("name", name),
    ("ocsp_request", ocsp_request),
    ("ocsp_response", ocsp_response),
    ("pem", pem_document),
    ("pki_message", pki_message),
    ("profile", profile),
];

/// Certificates, and the signer's look at the bytes that are signed.
pub fn certificate(octets: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(octets) {
        assert_eq!(certificate.der(), octets);
        let facts = inspect::certificate(certificate.to_be_signed());
        if let Ok(facts) = facts {
            assert_eq!(facts.serial, certificate.serial());
            assert_eq!(facts.names, certificate.names());
        }
        let _ = certificate.verify_signed_by(&certificate);
        let _ = format!("{certificate:?}");
    }
    let _ = inspect::certificate(octets);
}

/// CMS messages: signatures are verified, contents are tried to be opened.
pub fn cms(octets: &[u8]) {
    if let Ok(signed) = SignedData::from_ber(octets) {
        for signer in signed.signers() {
            let key = signed
                .find_certificate(signer)
                .and_then(|found| found.public_key().ok());
            let _ = key.map(|key| signed.verify(signer, &key));
        }
        let _ = format!("{signed:?}");
    }
    if let Ok(enveloped) = EnvelopedData::from_ber(octets) {
        let key = vec![7; enveloped.cipher().key_octets()];
        let _ = enveloped.decrypt(&key);
        for recipient in enveloped.recipients() {
            if let Recipient::SharedKey(shared) = recipient {
                let _ = shared.open(&key);
            }
        }
    }
}

/// CRLs and their bytes to be signed.
pub fn crl(octets: &[u8]) {
    if let Ok(list) = Crl::from_der(octets) {
        assert_eq!(list.der(), octets);
        assert_eq!(list.entries().count(), list.len());
    }
    let _ = inspect::crl(octets);
}

/// Certificate request messages: the content of an ir.
pub fn crmf(octets: &[u8]) {
    let unnamed = cmp::Header::new(2, cmp::Party::unnamed(), cmp::Party::unnamed()).to_der();
    let Ok(length) = u16::try_from(octets.len()) else {
        return;
    };
    let [high, low] = length.to_be_bytes();
    let body = [&[0xa0, 0x82, high, low], octets].concat();
    let message = cmp::assemble(&unnamed, &body, None, &[]);
    let Ok(message) = Message::from_der(&message) else {
        return;
    };
    if let Body::Request(BodyKind::Ir, requests) = message.body() {
        for request in requests {
            let _ = request.template().names();
            let key = request
                .template()
                .public_key
                .as_deref()
                .map(PublicKey::from_spki_der);
            if let Some(Ok(key)) = key {
                let _ = request.verify_signature(&key);
            }
        }
    }
}

/// Certification requests, DER and PEM.
pub fn csr(octets: &[u8]) {
    if let Ok(csr) = Csr::from_der(octets) {
        assert_eq!(csr.der(), octets);
        let again = Csr::from_der(csr.der());
        assert!(again.is_ok_and(|again| again.names() == csr.names()));
        let _ = csr.change_subject_name();
        let _ = csr.decrypt_key();
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        let _ = Csr::from_pem(text);
    }
}

/// Subject alternative names as text.
pub fn general_name(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    if let Ok(name) = text.parse::<GeneralName>() {
        assert_eq!(name.to_string().parse::<GeneralName>().as_ref(), Ok(&name));
    }
}

/// Public and private keys.
pub fn key(octets: &[u8]) {
    if let Ok(key) = PublicKey::from_spki_der(octets) {
        assert_eq!(key.spki_der(), octets);
    }
    let _ = PrivateKey::from_pkcs8_der(octets);
}

/// The linter with all its sets: no rule panics, and what is too broken to be read is an error.
pub fn lint(octets: &[u8]) {
    for finding in lint_sets(octets, &LintSet::ALL) {
        assert_ne!(finding.rule.id, "rfc5280-lint-failed");
        assert!(finding.detail.len() < 400);
    }
}

/// Names: DER and RFC 4514 text.
pub fn name(octets: &[u8]) {
    if let Ok(name) = Name::from_der(octets) {
        assert_eq!(name.to_der(), octets);
        let _ = name.check();
        let _ = name.to_string().parse::<Name>();
    }
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    if let Ok(name) = text.parse::<Name>() {
        let again = name.to_string().parse::<Name>();
        // a value written as # and its DER may have another string type than we would give it
        assert!(text.contains('#') || again == Ok(name));
    }
}

/// OCSP requests.
pub fn ocsp_request(octets: &[u8]) {
    if let Ok(request) = Request::from_der(octets) {
        assert!((1..=MAX_CERT_IDS).contains(&request.cert_ids().len()));
        let sound = |nonce: &[u8]| (1..=MAX_NONCE_BYTES).contains(&nonce.len());
        assert!(request.nonce().is_none_or(sound));
        assert_eq!(Request::from_der(&request.to_der()), Ok(request));
    }
}

/// The signer's look at the data of OCSP responses.
pub fn ocsp_response(octets: &[u8]) {
    let _ = inspect::ocsp(octets);
}

/// PEM: what is decoded is encoded again and decoded to the same.
pub fn pem_document(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    if let Ok(der) = pem::decode(text, &["CERTIFICATE"]) {
        let again = pem::decode(&pem::encode("CERTIFICATE", &der), &["CERTIFICATE"]);
        assert_eq!(again.as_deref(), Ok(der.as_slice()));
    }
    let _ = pem::decode_all(text, "CERTIFICATE");
    let _ = Certificate::all_from_pem(text);
}

/// Messages of CMP, their protection, and the signer's look at them.
pub fn pki_message(octets: &[u8]) {
    if let Some(header) = cmp::peek_header(octets) {
        let algorithm = header.protection_algorithm.as_deref().unwrap_or_default();
        if let Ok(mac) = PasswordMac::from_der(algorithm) {
            assert!(mac.iterations() <= cmp::MAX_ITERATIONS);
            assert_eq!(PasswordMac::from_der(&mac.to_der()), Ok(mac));
        }
    }
    if let Ok(message) = Message::from_der(octets) {
        assert_eq!(message.der(), octets);
        let _ = inspect::protected_part(&message.protected_part());
        // what is written again says the same
        let written = cmp::assemble(
            &message.header().to_der(),
            &message.body().to_der(),
            message.protection(),
            message.extra_certificates(),
        );
        if !matches!(message.body(), Body::Unsupported(_)) {
            let again = Message::from_der(&written);
            assert!(again.is_ok_and(|again| again.header() == message.header()));
        }
    }
    let _ = inspect::protected_part(octets);
}

/// Profiles in JSON.
pub fn profile(octets: &[u8]) {
    if let Ok(profile) = serde_json::from_slice::<Profile>(octets) {
        let _ = profile.check();
        let again = serde_json::to_vec(&profile)
            .ok()
            .and_then(|json| serde_json::from_slice::<Profile>(&json).ok());
        assert_eq!(again, Some(profile));
    }
}
