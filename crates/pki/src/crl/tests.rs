use time::Duration;
use time::macros::datetime;

use super::*;
use crate::issuance::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

fn authority() -> (Issuer, PrivateKey) {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let name = "CN=CA".parse().unwrap();
    (
        Issuer::self_signed(
            name,
            key.public_key().clone(),
            SignatureAlgorithm::Sha256WithEcdsa,
        )
        .unwrap(),
        key,
    )
}

fn entry(number: u32, reason: Reason) -> RevokedEntry {
    let serial = SerialNumber::from_hex(&format!("5a5a5a5a5a5a5a5a{number:08x}")).unwrap();
    RevokedEntry {
        serial,
        at: NOW - Duration::minutes(number.into()),
        reason,
        invalidity_date: None,
    }
}

fn make(entries: Vec<RevokedEntry>) -> Crl {
    let (issuer, key) = authority();
    let prepared = prepare(&issuer, 1, NOW, NOW + Duration::days(7), entries).unwrap();
    let signature = key
        .sign(prepared.signature_algorithm(), prepared.to_be_signed())
        .unwrap();
    prepared.assemble(&signature).unwrap()
}

#[test]
fn entries_come_back() {
    let entries: Vec<RevokedEntry> = Reason::ALL
        .into_iter()
        .filter(|reason| *reason != Reason::RemoveFromCrl)
        .zip(1..)
        .map(|(reason, number)| entry(number, reason))
        .collect();
    let list = make(entries.clone());
    assert_eq!(list.len(), 9);
    assert_eq!(list.entries().collect::<Vec<_>>(), entries);
    assert_eq!(list.find(entries[3].serial), Some(entries[3]));
    assert_eq!(list.find(entry(99, Reason::Unspecified).serial), None);
    let again = Crl::from_der(list.der()).unwrap();
    assert_eq!(
        (again.number(), again.this_update(), again.next_update()),
        (1, NOW, NOW + Duration::days(7))
    );
    use der::Decode;
    let theirs =
        x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(list.der())
            .unwrap();
    assert_eq!(theirs.tbs_cert_list.revoked_certificates.unwrap().len(), 9);
}

#[test]
fn empty_list_has_no_entries_at_all() {
    let list = make(Vec::new());
    assert!(list.is_empty());
    use der::Decode;
    let theirs =
        x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(list.der())
            .unwrap();
    assert_eq!(theirs.tbs_cert_list.revoked_certificates, None);
}

#[test]
fn long_lists_are_written_and_read() {
    let list = make(
        (1..=20_000)
            .map(|number| entry(number, Reason::Superseded))
            .collect(),
    );
    assert_eq!(list.len(), 20_000);
}

#[test]
fn wrong_orders_are_refused() {
    let (issuer, key) = authority();
    let attempt = |next, entries: Vec<RevokedEntry>| prepare(&issuer, 3, NOW, next, entries);
    assert_eq!(
        attempt(NOW, vec![]).unwrap_err(),
        CrlError::NextUpdate { number: 3 }
    );
    let taken_back = vec![entry(1, Reason::RemoveFromCrl)];
    assert!(matches!(
        attempt(NOW + Duration::days(1), taken_back),
        Err(CrlError::RemoveFromCrl { number: 3, .. })
    ));
    let prepared = attempt(NOW + Duration::days(1), vec![]).unwrap();
    let signature = key
        .sign(prepared.signature_algorithm(), b"something else")
        .unwrap();
    assert!(matches!(
        prepared.assemble(&signature),
        Err(CrlError::Signature { .. })
    ));
}

#[test]
fn issuer_without_crl_sign_is_refused() {
    use crate::issuance::{Request, prepare as prepare_certificate};
    let (issuer, key) = authority();
    let mut profile = crate::profile::Profile::find_ready("root-ca")
        .unwrap()
        .clone();
    profile
        .key_usage
        .retain(|usage| *usage != crate::KeyUsage::CrlSign);
    let request = Request {
        subject: issuer.name().clone(),
        ..Request::new(key.public_key().clone())
    };
    let serial = entry(1, Reason::Unspecified).serial;
    let prepared = prepare_certificate(&profile, &issuer, &request, serial, NOW).unwrap();
    let signature = key
        .sign(prepared.signature_algorithm(), prepared.to_be_signed())
        .unwrap();
    let certificate = prepared.assemble(&signature).unwrap();
    let issuer = Issuer::new(certificate, SignatureAlgorithm::Sha256WithEcdsa).unwrap();
    let error = prepare(&issuer, 4, NOW, NOW + Duration::days(1), []).unwrap_err();
    assert_eq!(error, CrlError::IssuerMayNot { number: 4 });
}

#[test]
fn broken_lists_are_refused() {
    let list = make(vec![entry(1, Reason::KeyCompromise)]);
    let mut longer = list.der().to_vec();
    longer.push(0);
    assert!(matches!(
        Crl::from_der(&longer),
        Err(CrlError::Malformed(_))
    ));
    assert!(matches!(
        Crl::from_der(&list.der()[..40]),
        Err(CrlError::Malformed(_))
    ));
    // reason code 7 is not used
    let place = list
        .der()
        .windows(3)
        .position(|octets| octets == [0x0a, 1, 1])
        .unwrap();
    let mut spoilt = list.der().to_vec();
    spoilt[place + 2] = 7;
    assert!(matches!(
        Crl::from_der(&spoilt),
        Err(CrlError::Malformed(_))
    ));
    // the algorithm inside is another than outside
    let mut spoilt = list.der().to_vec();
    let algorithm = spoilt
        .windows(10)
        .position(|octets| octets == [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])
        .unwrap();
    spoilt[algorithm + 9] = 3;
    assert_eq!(Crl::from_der(&spoilt).unwrap_err(), CrlError::Algorithm);
}

fn scoped(base: Option<u64>) -> Scope {
    Scope {
        distribution_points: vec!["http://a.test/crl/sub.p3.crl".into()],
        only: Only::UserCertificates,
        base,
        freshest: if base.is_some() {
            Vec::new()
        } else {
            vec!["http://a.test/crl/sub.p3.delta.crl".into()]
        },
        expired_since: Some(NOW),
    }
}

#[test]
fn a_scope_comes_back_and_a_list_with_one_is_not_complete() {
    let (issuer, key) = authority();
    for scope in [Scope::default(), scoped(None), scoped(Some(6))] {
        let next = NOW + Duration::days(1);
        let mut builder = CrlBuilder::new(&issuer, 7, NOW, next, scope.clone(), 0).unwrap();
        let mut wanted = vec![
            entry(1, Reason::KeyCompromise),
            entry(2, Reason::Unspecified),
        ];
        wanted[0].invalidity_date = Some(NOW - Duration::days(3));
        wanted[1].invalidity_date = Some(NOW - Duration::days(4));
        if scope.base.is_some() {
            wanted.push(entry(3, Reason::RemoveFromCrl));
        }
        wanted.iter().for_each(|entry| builder.push(entry).unwrap());
        let prepared = builder.finish().unwrap();
        let facts = crate::inspect::crl(prepared.to_be_signed()).unwrap();
        assert_eq!(facts.is_complete, scope == Scope::default());
        let signature = key
            .sign(prepared.signature_algorithm(), prepared.to_be_signed())
            .unwrap();
        let list = prepared.assemble(&signature).unwrap();
        assert_eq!(list.scope(), &scope);
        assert_eq!(list.entries().collect::<Vec<_>>(), wanted);
        assert_eq!(list.scope().is_complete(), facts.is_complete);
    }
}

#[test]
fn a_delta_needs_an_earlier_base() {
    let (issuer, _) = authority();
    let next = NOW + Duration::days(1);
    let attempt = |base| CrlBuilder::new(&issuer, 7, NOW, next, scoped(Some(base)), 0);
    assert!(attempt(6).is_ok());
    assert_eq!(attempt(7).unwrap_err(), CrlError::Base { number: 7 });
}

#[test]
fn a_list_that_would_be_too_long_is_refused_before_it_is_signed() {
    let (issuer, _) = authority();
    let next = NOW + Duration::days(1);
    let mut builder = CrlBuilder::new(&issuer, 7, NOW, next, Scope::default(), 0).unwrap();
    let refused = (0..2_000_000)
        .map(|number| builder.push(&entry(number, Reason::KeyCompromise)))
        .find_map(Result::err);
    assert_eq!(refused, Some(CrlError::Full { number: 7 }));
    assert!(builder.entries() > 1_000_000);
    let prepared = builder.finish().unwrap();
    assert!(prepared.to_be_signed().len() <= MAX_CRL_BYTES);
}

#[test]
fn a_critical_extension_that_is_not_known_is_refused() {
    let list = make(vec![]);
    // cRLNumber (2.5.29.20) becomes something unheard of and critical nowhere: without a number it is no list
    let mut spoilt = list.der().to_vec();
    let place = spoilt
        .windows(5)
        .position(|octets| octets == [6, 3, 0x55, 0x1d, 20])
        .unwrap();
    spoilt[place + 4] = 99;
    assert!(matches!(
        Crl::from_der(&spoilt),
        Err(CrlError::Malformed(_))
    ));
}
