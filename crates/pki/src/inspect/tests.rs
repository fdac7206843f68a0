use time::Duration;
use time::macros::datetime;

use super::*;
use crate::issuance::{Issuer, Request, prepare};
use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use crate::profile::Profile;
use crate::serial::SerialNumber;

const NOW: time::OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

fn root() -> (Issuer, Request) {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let name: crate::name::Name = "CN=CA".parse().unwrap();
    let issuer = Issuer::self_signed(
        name.clone(),
        key.public_key().clone(),
        SignatureAlgorithm::Sha256WithEcdsa,
    )
    .unwrap();
    let public_key = key.public_key().clone();
    (
        issuer,
        Request {
            subject: name,
            validity: Some(Duration::days(10)),
            ..Request::new(public_key)
        },
    )
}

fn to_be_signed() -> Vec<u8> {
    let (issuer, request) = root();
    let serial = SerialNumber::from_hex("5a5a5a5a5a5a5a5a5a").unwrap();
    prepare(
        Profile::find_ready("root-ca").unwrap(),
        &issuer,
        &request,
        serial,
        NOW,
    )
    .unwrap()
    .to_be_signed()
    .to_vec()
}

#[test]
fn certificate_facts_are_those_that_were_written() {
    let facts = certificate(&to_be_signed()).unwrap();
    assert_eq!(facts.issuer_der, facts.subject.to_der());
    assert_eq!(facts.validity(), Duration::days(10));
    assert_eq!((facts.is_ca, facts.path_length), (true, None));
    assert_eq!(
        facts.signature_algorithm,
        SignatureAlgorithm::Sha256WithEcdsa
    );
    assert_eq!(facts.serial.to_hex(), "5a5a5a5a5a5a5a5a5a");
}

#[test]
fn bytes_of_one_kind_are_not_taken_for_another() {
    let (issuer, _) = root();
    let certificate_bytes = to_be_signed();
    let list = crate::crl::prepare(&issuer, 5, NOW, NOW + Duration::days(1), []).unwrap();
    assert_eq!(crl(list.to_be_signed()).unwrap().entries, 0);
    assert!(crl(&certificate_bytes).is_err() && ocsp(&certificate_bytes).is_err());
    assert!(certificate(list.to_be_signed()).is_err() && ocsp(list.to_be_signed()).is_err());
    for bytes in [&b""[..], b"\x30\x00", b"rubbish", &[0xa0; 100]] {
        assert!(certificate(bytes).is_err() && crl(bytes).is_err() && ocsp(bytes).is_err());
    }
}

#[test]
fn trailing_octets_are_refused() {
    let mut bytes = to_be_signed();
    bytes.push(0);
    assert!(matches!(
        certificate(&bytes),
        Err(InspectError::Malformed(_))
    ));
}

/// A certificate as `openssl req -x509` makes it.
fn of_openssl(options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.der");
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-outform",
            "DER",
            "-days",
            "30",
        ])
        .arg("-out")
        .arg(&out)
        .args(options)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::read(out).unwrap()
}

#[test]
fn weak_keys_and_odd_extensions_of_others_are_facts() {
    let der = of_openssl(&[
        "-newkey",
        "rsa:1024",
        "-sha1",
        "-subj",
        "/C=de/CN=old",
        "-set_serial",
        "-5",
        "-addext",
        "1.2.3.4=ASN1:UTF8String:x",
        "-addext",
        "subjectAltName=DNS:bad name,DNS:good.example,IP:192.0.2.1",
    ]);
    assert!(crate::certificate::Certificate::from_der(&der).is_err());
    let facts = foreign(&der).unwrap();
    assert_eq!(facts.fingerprint, openssl::sha::sha256(&der));
    assert_eq!(
        (facts.serial.as_str(), facts.subject.as_str()),
        ("fb", "CN=old,C=de")
    );
    assert_eq!(facts.key.modulus_bits, Some(1024));
    assert!(matches!(
        facts.key.accepted,
        Err(crate::key::KeyError::ModulusSize { bits: 1024 })
    ));
    // sha1WithRSAEncryption
    assert_eq!(facts.signature_oid.to_string(), "1.2.840.113549.1.1.5");
    assert_eq!(facts.signature_algorithm, None);
    assert!(facts.is_ca && facts.not_after > facts.not_before);
    assert_eq!(facts.names.len(), 2);
    assert!(
        facts
            .extensions
            .iter()
            .any(|extension| extension.oid.to_string() == "1.2.3.4")
    );
    let all = facts.oddities.join("\n");
    for expected in ["serial number", "1024 bits", "bad name", "country code"] {
        assert!(all.contains(expected), "{expected} is not in {all}");
    }
}

#[test]
fn sound_certificates_of_others_have_no_oddities() {
    let der = of_openssl(&["-newkey", "ed25519", "-subj", "/CN=new"]);
    let facts = foreign(&der).unwrap();
    assert!(facts.oddities.is_empty(), "{:?}", facts.oddities);
    assert_eq!(facts.key.accepted, Ok(KeyAlgorithm::Ed25519));
    let trailing = [der.as_slice(), &[0]].concat();
    let facts = foreign(&trailing);
    assert!(facts.is_err() || facts.unwrap().fingerprint == openssl::sha::sha256(&der));
}

#[test]
fn what_is_no_certificate_is_refused_leniently_too() {
    for octets in [
        &b""[..],
        b"rubbish",
        &[0x30, 0],
        &[0x30; 70_000],
        &to_be_signed(),
    ] {
        assert!(foreign(octets).is_err());
    }
}
