use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509Builder, X509NameBuilder};

use super::*;

/// A self-signed certificate that openssl made.
fn foreign(key: &PKey<Private>, change: impl FnOnce(&mut X509Builder)) -> Vec<u8> {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "foreign").unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(77).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder
        .set_not_before(&Asn1Time::from_str("260101000000Z").unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_str("20510101000000Z").unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    change(&mut builder);
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

fn rsa() -> PKey<Private> {
    PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap()
}

#[test]
fn foreign_certificate_is_read() {
    let key = rsa();
    let der = foreign(&key, |builder| {
        let ca = openssl::x509::extension::BasicConstraints::new()
            .critical()
            .ca()
            .pathlen(3)
            .build()
            .unwrap();
        builder.append_extension(ca).unwrap();
    });
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=foreign");
    assert_eq!(certificate.serial().to_hex(), "4d");
    assert_eq!(
        certificate.not_after(),
        time::macros::datetime!(2051-01-01 00:00:00 UTC)
    );
    assert_eq!(
        (certificate.is_ca(), certificate.path_length()),
        (true, Some(3))
    );
    assert!(certificate.is_self_issued() && certificate.names().is_empty());
    certificate.verify_signed_by(&certificate).unwrap();
    assert_eq!(
        Certificate::all_from_pem(&certificate.pem().repeat(2)).unwrap(),
        [certificate.clone(), certificate.clone()]
    );
    assert_eq!(certificate.fingerprint(), openssl::sha::sha256(&der));
}

#[test]
fn validity_includes_both_ends() {
    let certificate = Certificate::from_der(&foreign(&rsa(), |_| {})).unwrap();
    let (first, last) = (certificate.not_before(), certificate.not_after());
    let second = time::Duration::SECOND;
    assert!(
        certificate.is_valid_at(first)
            && certificate.is_valid_at(last)
            && certificate.is_valid_at(last + second / 2)
    );
    assert!(!certificate.is_valid_at(first - second) && !certificate.is_valid_at(last + second));
}

#[test]
fn certificates_of_others_are_not_ones_own() {
    let key = rsa();
    let plain = Certificate::from_der(&foreign(&key, |_| {})).unwrap();
    assert_eq!(plain.verify_signed_by(&plain), Err(ChainError::NotCa));
    let ca = |key: &PKey<Private>| {
        let extension = openssl::x509::extension::BasicConstraints::new()
            .critical()
            .ca()
            .build()
            .unwrap();
        Certificate::from_der(&foreign(key, |builder| {
            builder.append_extension(extension).unwrap()
        }))
        .unwrap()
    };
    assert!(plain.verify_signed_by(&ca(&key)).is_ok());
    assert!(matches!(
        plain.verify_signed_by(&ca(&rsa())),
        Err(ChainError::Signature(_))
    ));
    let mut der = foreign(&key, |_| {});
    let place = der
        .windows(7)
        .position(|octets| octets == b"foreign")
        .unwrap();
    der[place] = b'F';
    let renamed = Certificate::from_der(&der).unwrap();
    assert!(matches!(
        renamed.verify_signed_by(&ca(&key)),
        Err(ChainError::OtherIssuer(_))
    ));
}

#[test]
fn algorithms_that_we_do_not_support_are_read_but_not_verified() {
    let key = rsa();
    let extension = openssl::x509::extension::BasicConstraints::new()
        .critical()
        .ca()
        .build()
        .unwrap();
    let der = foreign(&key, |builder| builder.append_extension(extension).unwrap());
    // sha256WithRSAEncryption becomes sha1WithRSAEncryption
    let identifier = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    let mut changed = der.clone();
    for place in 0..der.len() - 9 {
        if der[place..].starts_with(&identifier) && der[place + 8] == 11 {
            changed[place + 8] = 5;
        }
    }
    let certificate = Certificate::from_der(&changed).unwrap();
    assert_eq!(certificate.signature_algorithm(), None);
    assert_eq!(
        certificate.verify_signed_by(&certificate),
        Err(ChainError::UnknownAlgorithm)
    );
    let first = changed
        .windows(8)
        .position(|octets| octets == identifier)
        .unwrap();
    let mut differ = changed;
    differ[first + 8] = 11;
    assert_eq!(
        Certificate::from_der(&differ).unwrap_err(),
        CertificateError::AlgorithmsDiffer
    );
}

#[test]
fn faults_are_told() {
    assert_eq!(
        Certificate::from_der(&vec![0; MAX_CERTIFICATE_BYTES + 1]).unwrap_err(),
        CertificateError::TooLong
    );
    assert!(matches!(
        Certificate::from_der(b"0"),
        Err(CertificateError::Malformed(_))
    ));
    assert!(matches!(
        Certificate::from_pem(""),
        Err(CertificateError::Pem(_))
    ));
    let zero = foreign(&rsa(), |builder| {
        builder
            .set_serial_number(&BigNum::from_u32(0).unwrap().to_asn1_integer().unwrap())
            .unwrap();
    });
    assert!(matches!(
        Certificate::from_der(&zero),
        Err(CertificateError::Serial(_))
    ));
    let weak = PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    assert!(matches!(
        Certificate::from_der(&foreign(&weak, |_| {})),
        Err(CertificateError::Key(_))
    ));
}
