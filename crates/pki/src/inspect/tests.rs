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
