use time::Duration;
use time::macros::datetime;

use super::*;
use crate::asn1::{Writer, oid, tag};
use crate::certificate::Certificate;
use crate::issuance::{Issuer, Prepared, prepare as prepare_certificate};
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::profile::Profile;
use crate::serial::SerialNumber;

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);
const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Sha256WithEcdsa;

fn serial(number: u8) -> SerialNumber {
    SerialNumber::from_hex(&format!("5a5a5a5a5a5a5a5a5a{number:02x}")).unwrap()
}

fn sign(prepared: Prepared, key: &PrivateKey) -> Certificate {
    let signature = key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}

fn request_for(key: &PrivateKey, subject: &str) -> crate::issuance::Request {
    crate::issuance::Request {
        subject: subject.parse().unwrap(),
        ..crate::issuance::Request::new(key.public_key().clone())
    }
}

fn authority() -> (Issuer, PrivateKey) {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let issuer = Issuer::self_signed(
        "CN=CA".parse().unwrap(),
        key.public_key().clone(),
        ALGORITHM,
    )
    .unwrap();
    let profile = Profile::find_ready("root-ca").unwrap();
    let prepared = prepare_certificate(
        profile,
        &issuer,
        &request_for(&key, "CN=CA"),
        serial(1),
        NOW,
    )
    .unwrap();
    (Issuer::new(sign(prepared, &key), ALGORITHM).unwrap(), key)
}

fn issue(issuer: &Issuer, key: &PrivateKey, profile: &str) -> (Certificate, PrivateKey) {
    let own = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let profile = Profile::find_ready(profile).unwrap();
    let prepared = prepare_certificate(
        profile,
        issuer,
        &request_for(&own, "CN=Signer"),
        serial(2),
        NOW,
    )
    .unwrap();
    (sign(prepared, key), own)
}

fn request_with(list: impl FnOnce(&mut Writer), extensions: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.sequence(|writer| {
            writer.sequence(list);
            extensions(writer);
        });
    });
    writer.finish()
}

fn ids(writer: &mut Writer, id: &CertId, count: usize) {
    (0..count).for_each(|_| writer.sequence(|writer| writer.raw(id.der())));
}

fn extension(writer: &mut Writer, oid: &const_oid::ObjectIdentifier, critical: bool, value: &[u8]) {
    writer.nest(tag::context_constructed(2), |writer| {
        writer.sequence(|writer| {
            crate::extension::write(writer, oid, critical, |writer| writer.raw(value))
        });
    });
}

#[test]
fn requests_come_back() {
    let (issuer, _) = authority();
    let hashes = IssuerHashes::new(issuer.certificate().unwrap());
    let ids = vec![
        CertId::sha1(&hashes, serial(7)),
        CertId::sha256(&hashes, serial(8)),
    ];
    for nonce in [None, Some(&[1_u8][..]), Some(&[2; 128])] {
        let request = Request::new(ids.clone(), nonce).unwrap();
        let read = Request::from_der(&request.to_der()).unwrap();
        assert_eq!(read, request);
        assert!(read.cert_ids().iter().all(|id| hashes.matches(id)));
        assert_eq!(read.nonce(), nonce);
    }
    let (other, _) = authority();
    assert!(!IssuerHashes::new(other.certificate().unwrap()).matches(&ids[0]));
}

#[test]
fn unknown_hashes_and_impossible_serials_are_read_and_match_nothing() {
    let (issuer, _) = authority();
    let hashes = IssuerHashes::new(issuer.certificate().unwrap());
    let der = request_with(
        |writer| {
            writer.sequence(|writer| {
                writer.sequence(|writer| {
                    // SHA-384, without parameters
                    writer.sequence(|writer| {
                        writer.oid(&const_oid::ObjectIdentifier::new_unwrap(
                            "2.16.840.1.101.3.4.2.2",
                        ))
                    });
                    writer.tlv(tag::OCTET_STRING, &[0; 48]);
                    writer.tlv(tag::OCTET_STRING, &[0; 48]);
                    writer.tlv(tag::INTEGER, &[0xff]);
                });
            });
        },
        |_| {},
    );
    let request = Request::from_der(&der).unwrap();
    let id = &request.cert_ids()[0];
    assert_eq!(
        (id.hash_algorithm(), id.serial()),
        (HashAlgorithm::Other, None)
    );
    assert!(!hashes.matches(id));
}

#[test]
fn hostile_requests_are_refused() {
    let (issuer, _) = authority();
    let id = CertId::sha1(&IssuerHashes::new(issuer.certificate().unwrap()), serial(7));
    let many = |count| request_with(|writer| ids(writer, &id, count), |_| {});
    assert!(Request::from_der(&many(100)).is_ok());
    assert_eq!(Request::from_der(&many(101)), Err(RequestError::TooMany));
    assert_eq!(Request::from_der(&many(10_000)), Err(RequestError::TooLong));
    assert!(matches!(
        Request::from_der(&many(0)),
        Err(RequestError::Malformed(_))
    ));
    assert_eq!(
        Request::from_der(&vec![0x30; 1 << 20]),
        Err(RequestError::TooLong)
    );
    let nonce = |value: &[u8]| {
        request_with(
            |writer| ids(writer, &id, 1),
            |writer| extension(writer, &oid::OCSP_NONCE, false, value),
        )
    };
    assert!(Request::from_der(&nonce(&[4, 1, 9])).is_ok());
    assert_eq!(Request::from_der(&nonce(&[4, 0])), Err(RequestError::Nonce));
    assert_eq!(Request::from_der(&nonce(&[9, 9])), Err(RequestError::Nonce));
    assert_eq!(
        Request::from_der(&nonce(&[&[4, 0x81, 129][..], &[1; 129]].concat())),
        Err(RequestError::Nonce)
    );
    let strange = request_with(
        |writer| ids(writer, &id, 1),
        |writer| extension(writer, &oid::KEY_USAGE, true, &[5, 0]),
    );
    assert_eq!(
        Request::from_der(&strange),
        Err(RequestError::CriticalExtension)
    );
    assert!(matches!(
        Request::from_der(b""),
        Err(RequestError::Malformed(_))
    ));
    assert_eq!(
        Request::new(vec![id.clone()], Some(&[])),
        Err(RequestError::Nonce)
    );
    assert_eq!(
        Request::new(vec![id; 101], None),
        Err(RequestError::TooMany)
    );
}

#[test]
fn only_certificates_for_it_become_responders() {
    let (issuer, key) = authority();
    let ca = issuer.certificate().unwrap();
    let (signer, _) = issue(&issuer, &key, "ocsp-signer");
    assert!(Responder::new(signer.clone(), ca, ALGORITHM).is_ok());
    assert!(Responder::new(ca.clone(), ca, ALGORITHM).is_ok());
    let (client, _) = issue(&issuer, &key, "tls-client");
    assert!(matches!(
        Responder::new(client, ca, ALGORITHM),
        Err(OcspError::Usage(_))
    ));
    let wrong = SignatureAlgorithm::Sha256WithRsa;
    assert!(matches!(
        Responder::new(signer.clone(), ca, wrong),
        Err(OcspError::Algorithm { .. })
    ));
    let (other, _) = authority();
    let other = other.certificate().unwrap();
    assert!(matches!(
        Responder::new(signer, other, ALGORITHM),
        Err(OcspError::NotOfIssuer(..))
    ));
}

#[test]
fn responses_that_would_mislead_are_not_made() {
    let (issuer, key) = authority();
    let ca = issuer.certificate().unwrap();
    let (signer, signer_key) = issue(&issuer, &key, "ocsp-signer");
    let responder = Responder::new(signer, ca, ALGORITHM).unwrap();
    let cert_id = CertId::sha1(&IssuerHashes::new(ca), serial(7));
    let answer = |next_update| Answer {
        cert_id: cert_id.clone(),
        status: CertStatus::Good,
        this_update: NOW,
        next_update,
    };
    let good = [answer(Some(NOW + Duration::hours(1)))];
    let late = NOW + Duration::days(31);
    assert!(matches!(
        prepare(&responder, &good, late, None),
        Err(OcspError::NotValid { .. })
    ));
    assert_eq!(
        prepare(&responder, &[], NOW, None).unwrap_err(),
        OcspError::Empty
    );
    assert_eq!(
        prepare(&responder, &[answer(Some(NOW))], NOW, None).unwrap_err(),
        OcspError::NextUpdate
    );
    assert_eq!(
        prepare(&responder, &good, NOW, Some(&[0; 129])).unwrap_err(),
        OcspError::Nonce
    );
    let prepared = prepare(&responder, &good, NOW, Some(&[7; 32])).unwrap();
    let by_the_ca = key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
    assert!(matches!(
        prepared.assemble(&by_the_ca),
        Err(OcspError::Signature(_))
    ));
    let prepared = prepare(&responder, &[answer(None)], NOW, None).unwrap();
    let signature = signer_key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
    assert!(prepared.assemble(&signature).is_ok());
}
