use time::macros::datetime;

use super::*;
use crate::certificate::Certificate;
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use crate::profile::Period;

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00.5 UTC);

fn serial(number: u8) -> SerialNumber {
    let mut random = [0x5a; 20];
    random[19] = number;
    SerialNumber::from_random(random).unwrap()
}

fn profile(name: &str) -> Profile {
    Profile::find_ready(name).unwrap().clone()
}

fn sign(prepared: Prepared, key: &PrivateKey) -> Certificate {
    let signature = key
        .sign(prepared.signature_algorithm(), prepared.to_be_signed())
        .unwrap();
    prepared.assemble(&signature).unwrap()
}

fn request(subject: &str, names: &[&str]) -> Request {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    Request {
        subject: subject.parse().unwrap(),
        names: names.iter().map(|name| name.parse().unwrap()).collect(),
        ..Request::new(key.public_key().clone())
    }
}

struct Ca {
    key: PrivateKey,
    issuer: Issuer,
}

impl Ca {
    fn root(path_length: Option<u32>) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P384).unwrap();
        let name: Name = "CN=Test Root CA,O=Example AG,C=DE".parse().unwrap();
        let algorithm = SignatureAlgorithm::Sha384WithEcdsa;
        let issuer =
            Issuer::self_signed(name.clone(), key.public_key().clone(), algorithm).unwrap();
        let mut profile = profile("root-ca");
        profile.basic_constraints.as_mut().unwrap().path_length = path_length;
        let request = Request {
            public_key: key.public_key().clone(),
            subject: name,
            ..request("CN=x", &[])
        };
        let certificate = sign(
            prepare(&profile, &issuer, &request, serial(1), NOW).unwrap(),
            &key,
        );
        certificate.verify_signed_by(&certificate).unwrap();
        Self {
            key,
            issuer: Issuer::new(certificate, algorithm).unwrap(),
        }
    }

    fn prepare(&self, profile: &Profile, request: &Request) -> Result<Prepared, PrepareError> {
        prepare(profile, &self.issuer, request, serial(2), NOW)
    }

    fn error(&self, profile: &Profile, request: &Request) -> PrepareError {
        self.prepare(profile, request).unwrap_err()
    }
}

#[test]
fn server_certificate_says_what_profile_and_request_say() {
    let ca = Ca::root(None);
    let issuer = ca.issuer.clone();
    let issuer = issuer.with_ocsp_urls(["http://pki.example/ocsp"]).unwrap();
    let issuer = issuer.with_crl_urls(["http://pki.example/crl"]).unwrap();
    let issuer = issuer
        .with_ca_issuer_urls(["http://pki.example/ca.cer"])
        .unwrap();
    let request = request(
        "CN=www.example.com,O=dropped",
        &["dns:www.example.com", "ip:192.0.2.1", "dns:www.example.com"],
    );
    let prepared = prepare(&profile("tls-server"), &issuer, &request, serial(3), NOW).unwrap();
    let certificate = sign(prepared, &ca.key);
    assert_eq!(certificate.subject().to_string(), "CN=www.example.com");
    assert_eq!(certificate.names(), &request.names[..2]);
    assert_eq!(certificate.serial(), serial(3));
    assert_eq!(certificate.not_before(), datetime!(2026-11-22 11:00:00 UTC));
    assert_eq!(certificate.not_after(), datetime!(2027-02-20 10:59:59 UTC));
    assert_eq!(certificate.public_key(), &request.public_key);
    assert!(certificate.has_extended_key_usage(ExtendedKeyUsage::SERVER_AUTH));
    assert!(!certificate.is_ca());
    let usages = certificate.key_usages().unwrap();
    assert!(
        usages.contains(KeyUsage::DigitalSignature) && !usages.contains(KeyUsage::KeyEncipherment)
    );
    assert_eq!(certificate.ocsp_urls(), ["http://pki.example/ocsp"]);
    assert_eq!(certificate.crl_urls(), ["http://pki.example/crl"]);
    assert_eq!(certificate.ca_issuer_urls(), ["http://pki.example/ca.cer"]);
    let root = ca.issuer.certificate().unwrap();
    assert_eq!(
        certificate.authority_key_identifier(),
        root.subject_key_identifier()
    );
    certificate.verify_signed_by(root).unwrap();
    assert_eq!(
        Certificate::from_pem(&certificate.pem()).unwrap(),
        certificate
    );
}

#[test]
fn rsa_keys_get_key_encipherment() {
    let ca = Ca::root(None);
    let key = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    let request = Request {
        public_key: key.public_key().clone(),
        ..request("", &["dns:a.example"])
    };
    let certificate = sign(
        ca.prepare(&profile("tls-server"), &request).unwrap(),
        &ca.key,
    );
    assert!(
        certificate
            .key_usages()
            .unwrap()
            .contains(KeyUsage::KeyEncipherment)
    );
}

#[test]
fn every_ready_profile_issues() {
    let ca = Ca::root(None);
    for (name, subject, names) in [
        ("tls-server", "", vec!["dns:*.example.com"]),
        (
            "tls-client",
            "CN=Anna,O=Example AG",
            vec!["upn:anna@example.com"],
        ),
        ("ocsp-signer", "CN=OCSP 1", vec![]),
        ("sub-ca", "CN=Sub CA,O=Example AG,C=DE", vec![]),
        (
            "service-identity",
            "CN=signer",
            vec!["uri:spiffe://ers/signer"],
        ),
        ("s-mime", "CN=Anna", vec!["email:anna@example.com"]),
        ("code-signing", "CN=Example AG", vec![]),
    ] {
        let certificate = sign(
            ca.prepare(&profile(name), &request(subject, &names))
                .unwrap(),
            &ca.key,
        );
        assert_eq!(certificate.has_ocsp_no_check(), name == "ocsp-signer");
        assert_eq!(certificate.may_sign_certificates(), name == "sub-ca");
    }
}

#[test]
fn wrong_signature_gives_no_certificate() {
    let ca = Ca::root(None);
    let other = PrivateKey::generate(KeyAlgorithm::P384).unwrap();
    let prepared = ca
        .prepare(&profile("tls-server"), &request("", &["dns:a.example"]))
        .unwrap();
    let signature = other
        .sign(prepared.signature_algorithm(), prepared.to_be_signed())
        .unwrap();
    assert!(matches!(
        prepared.assemble(&signature),
        Err(AssembleError::Signature { .. })
    ));
}

#[test]
fn journalled_bytes_are_readopted_by_their_issuer_only() {
    let ca = Ca::root(None);
    let prepared = ca
        .prepare(&profile("tls-server"), &request("", &["dns:a.example"]))
        .unwrap();
    let again = readopt(prepared.to_be_signed(), &ca.issuer).unwrap();
    assert_eq!(again.to_be_signed(), prepared.to_be_signed());
    assert_eq!(
        (again.serial(), again.not_after()),
        (prepared.serial(), prepared.not_after())
    );
    assert_eq!(sign(again, &ca.key).serial(), serial(2));
    let name: Name = "CN=Other".parse().unwrap();
    let other = Issuer::self_signed(
        name,
        ca.key.public_key().clone(),
        SignatureAlgorithm::Sha384WithEcdsa,
    )
    .unwrap();
    assert_eq!(
        readopt(prepared.to_be_signed(), &other).unwrap_err(),
        ReadoptError::OtherIssuer
    );
    assert!(matches!(
        readopt(&prepared.to_be_signed()[1..], &ca.issuer),
        Err(ReadoptError::Malformed(_))
    ));
    let rsa = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let name = ca.issuer.name().clone();
    let other = Issuer::self_signed(
        name,
        rsa.public_key().clone(),
        SignatureAlgorithm::Sha256WithEcdsa,
    )
    .unwrap();
    assert_eq!(
        readopt(prepared.to_be_signed(), &other).unwrap_err(),
        ReadoptError::Algorithm
    );
}

#[test]
fn path_lengths_shrink_down_the_chain() {
    let ca = Ca::root(Some(1));
    let sub_key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let sub = Request {
        public_key: sub_key.public_key().clone(),
        ..request("CN=Sub", &[])
    };
    let certificate = sign(ca.prepare(&profile("sub-ca"), &sub).unwrap(), &ca.key);
    assert_eq!(certificate.path_length(), Some(0));
    let below = Issuer::new(certificate, SignatureAlgorithm::Sha256WithEcdsa).unwrap();
    let mut short = profile("sub-ca");
    short.validity.default = Period::days(1);
    let error = prepare(&short, &below, &request("CN=Sub 2", &[]), serial(4), NOW).unwrap_err();
    assert_eq!(error, PrepareError::PathLength { issuer: 0 });
    let mut long = profile("sub-ca");
    long.basic_constraints.as_mut().unwrap().path_length = Some(1);
    assert_eq!(
        ca.error(&long, &sub),
        PrepareError::PathLength { issuer: 1 }
    );
}

#[test]
fn validity_is_held_to_the_second() {
    let ca = Ca::root(None);
    let server = profile("tls-server");
    let asked = |not_before: Option<OffsetDateTime>, seconds: i64| Request {
        not_before,
        validity: Some(Duration::seconds(seconds)),
        ..request("", &["dns:a.example"])
    };
    let longest = 398 * 86_400;
    let prepared = ca.prepare(&server, &asked(None, longest)).unwrap();
    assert_eq!(
        prepared.not_after() - prepared.not_before(),
        Duration::seconds(longest - 1)
    );
    assert!(matches!(
        ca.error(&server, &asked(None, longest + 1)),
        PrepareError::Validity { .. }
    ));
    assert!(matches!(
        ca.error(&server, &asked(None, 0)),
        PrepareError::Validity { .. }
    ));
    assert!(matches!(
        ca.error(&server, &asked(None, 60)),
        PrepareError::Past { .. }
    ));
    let early = asked(Some(NOW - Duration::hours(2)), 86_400);
    assert!(matches!(
        ca.error(&server, &early),
        PrepareError::BeginsTooEarly { .. }
    ));
    let late = asked(Some(NOW + Duration::days(2)), 86_400);
    assert!(matches!(
        ca.error(&server, &late),
        PrepareError::BeginsTooLate { .. }
    ));
    assert!(
        ca.prepare(&server, &asked(Some(NOW + Duration::hours(2)), 86_400))
            .is_ok()
    );
}

#[test]
fn issuer_is_not_outlived_and_must_be_valid() {
    let ca = Ca::root(None);
    let mut long = profile("sub-ca");
    long.validity.longest = Period::days(100 * 365);
    let asked = Request {
        validity: Some(Duration::days(21 * 365)),
        ..request("CN=Sub", &[])
    };
    let error = ca.error(&long, &asked);
    assert!(matches!(error, PrepareError::OutlivesIssuer { .. }));
    assert_eq!(error.field(), Some("validity"));
    for now in [NOW - Duration::days(1), NOW + Duration::days(51 * 365)] {
        let error = prepare(
            &profile("sub-ca"),
            &ca.issuer,
            &request("CN=Sub", &[]),
            serial(5),
            now,
        )
        .unwrap_err();
        assert!(matches!(error, PrepareError::IssuerNotValid { .. }));
    }
}

#[test]
fn names_outside_the_profile_are_refused() {
    let ca = Ca::root(None);
    let server = profile("tls-server");
    let client = profile("tls-client");
    assert_eq!(
        ca.error(&server, &request("CN=a.example", &[])),
        PrepareError::NamesMissing
    );
    assert!(matches!(
        ca.error(&server, &request("", &["email:a@b.example"])),
        PrepareError::NameNotAllowed { .. }
    ));
    assert!(matches!(
        ca.error(&client, &request("", &["dns:*.b.example"])),
        PrepareError::WildcardNotAllowed { .. }
    ));
    assert_eq!(ca.error(&client, &request("", &[])), PrepareError::Nameless);
    let error = ca.error(&server, &request("CN=b.example", &["dns:a.example"]));
    assert!(matches!(
        error,
        PrepareError::CommonNameNotAmongNames { .. }
    ));
    assert!(matches!(
        ca.error(&client, &request("CN=a,2.5.4.51=x", &[])),
        PrepareError::AttributeNotAllowed { .. }
    ));
    assert!(matches!(
        ca.error(&profile("sub-ca"), &request("O=a", &[])),
        PrepareError::AttributeMissing { .. }
    ));
    let many: Vec<String> = (0..101)
        .map(|number| format!("dns:n{number}.example"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let error = ca.error(&server, &request("", &many));
    assert_eq!(
        error,
        PrepareError::TooManyNames {
            count: 101,
            most: 100
        }
    );
    assert_eq!(error.field(), Some("subject_alternative_names"));
    let foreign = Name::from_der(&[
        0x30, 0x0d, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 0x1e, 2, 0, b'h',
    ])
    .unwrap();
    let asked = Request {
        subject: foreign,
        ..request("", &["dns:a.example"])
    };
    assert!(matches!(
        ca.error(&server, &asked),
        PrepareError::Subject(_)
    ));
}

/// Failure 34: a key that is the CA's own.
#[test]
fn keys_outside_the_profile_and_the_issuers_own_are_refused() {
    let ca = Ca::root(None);
    let mut only_rsa = profile("tls-server");
    only_rsa.key_algorithms = vec![KeyAlgorithm::Rsa2048];
    let asked = request("", &["dns:a.example"]);
    assert!(matches!(
        ca.error(&only_rsa, &asked),
        PrepareError::KeyAlgorithm { .. }
    ));
    let own = Request {
        public_key: ca.key.public_key().clone(),
        ..asked
    };
    assert_eq!(
        ca.error(&profile("tls-server"), &own),
        PrepareError::IssuerKey
    );
}

#[test]
fn self_signing_is_for_roots_only() {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
    let name: Name = "CN=Root".parse().unwrap();
    let issuer = Issuer::self_signed(name.clone(), key.public_key().clone(), algorithm).unwrap();
    let own = Request {
        public_key: key.public_key().clone(),
        subject: name,
        ..request("CN=x", &[])
    };
    let attempt = |profile: &Profile, request: &Request| {
        prepare(profile, &issuer, request, serial(1), NOW).map(|_| ())
    };
    assert_eq!(attempt(&profile("root-ca"), &own), Ok(()));
    assert_eq!(
        attempt(&profile("code-signing"), &own),
        Err(PrepareError::NotSelf)
    );
    let renamed = Request {
        subject: "CN=Other".parse().unwrap(),
        ..own.clone()
    };
    assert_eq!(
        attempt(&profile("root-ca"), &renamed),
        Err(PrepareError::NotSelf)
    );
    assert_eq!(
        attempt(&profile("root-ca"), &request("CN=Root", &[])),
        Err(PrepareError::NotSelf)
    );
}

#[test]
fn what_cannot_issue_is_no_issuer() {
    let ca = Ca::root(None);
    let certificate = sign(
        ca.prepare(&profile("tls-server"), &request("", &["dns:a.example"]))
            .unwrap(),
        &ca.key,
    );
    assert!(matches!(
        Issuer::new(certificate, SignatureAlgorithm::Sha256WithEcdsa),
        Err(IssuerError::NotCa(_))
    ));
    let root = ca.issuer.certificate().unwrap().clone();
    assert!(matches!(
        Issuer::new(root, SignatureAlgorithm::Sha256WithRsa),
        Err(IssuerError::Algorithm { .. })
    ));
    let key = ca.key.public_key().clone();
    assert!(matches!(
        Issuer::self_signed(Name::empty(), key, SignatureAlgorithm::Sha384WithEcdsa),
        Err(IssuerError::Name { .. })
    ));
    assert!(matches!(
        ca.issuer.with_crl_urls(["no url"]),
        Err(IssuerError::Url(_))
    ));
}

#[test]
fn lint_findings_stop_the_issue() {
    // a profile that was never checked: keyCertSign without cA
    let ca = Ca::root(None);
    let mut broken = profile("tls-server");
    broken.key_usage.push(KeyUsage::KeyCertSign);
    let error = ca.error(&broken, &request("", &["dns:a.example"]));
    assert!(matches!(error, PrepareError::Lint { .. }));
    assert_eq!(error.field(), None);
    let short = SerialNumber::from_hex("01").unwrap();
    let asked = request("", &["dns:a.example"]);
    let error = prepare(&profile("tls-server"), &ca.issuer, &asked, short, NOW).unwrap_err();
    assert!(matches!(error, PrepareError::Lint { .. }));
}

fn issuer_with_partitions() -> Issuer {
    let issuer = Ca::root(None).issuer;
    let issuer = issuer
        .with_crl_urls([
            "http://pki.example/ca.crl",
            "http://pki.example/ca-{partition}.crl",
        ])
        .unwrap();
    issuer
        .with_delta_crl_urls(["http://pki.example/ca-{partition}-delta.crl"])
        .unwrap()
}

/// Failure 26: a certificate names exactly the CRL of its own partition.
#[test]
fn a_certificate_names_the_crl_of_its_partition() {
    let issuer = issuer_with_partitions();
    let mut asked = request("", &["dns:a.example"]);
    let mut issued = |partition| {
        asked.crl_partition = partition;
        let prepared = prepare(&profile("tls-server"), &issuer, &asked, serial(3), NOW).unwrap();
        let tbs = crate::certificate::Tbs::parse(prepared.to_be_signed()).unwrap();
        let points = |oid| {
            crate::extension::find(&tbs.extensions, oid).map_or(vec![], |found| {
                crate::extension::crl_distribution_points::read(found.value).unwrap()
            })
        };
        (
            points(crate::asn1::oid::CRL_DISTRIBUTION_POINTS),
            points(crate::asn1::oid::FRESHEST_CRL),
        )
    };
    let one = |url: &str| vec![url.to_owned()];
    assert_eq!(issued(None), (one("http://pki.example/ca.crl"), vec![]));
    assert_eq!(
        issued(Some(17)),
        (
            one("http://pki.example/ca-17.crl"),
            one("http://pki.example/ca-17-delta.crl")
        )
    );
}

#[test]
fn a_partition_of_a_crl_that_has_none_is_refused() {
    let issuer = Ca::root(None).issuer;
    let issuer = issuer.with_crl_urls(["http://pki.example/ca.crl"]).unwrap();
    let mut asked = request("", &["dns:a.example"]);
    asked.crl_partition = Some(3);
    let error = prepare(&profile("tls-server"), &issuer, &asked, serial(3), NOW).unwrap_err();
    assert_eq!(error, PrepareError::CrlPartition { partition: 3 });
    assert_eq!(error.field(), None);
    let broken = Ca::root(None).issuer.with_crl_urls(["no url {partition}"]);
    assert!(matches!(broken, Err(IssuerError::Url(_))));
}

/// Failure 34: a key that others know is refused.
#[test]
fn keys_on_the_list_are_refused() {
    let ca = Ca::root(None);
    let request = request("", &["dns:a.example"]);
    let hash = openssl::sha::sha256(request.public_key.spki_der());
    let list = crate::key::WeakKeys::from_text(&hex::encode(&hash[..16])).unwrap();
    let issuer = ca.issuer.clone().with_weak_keys(list.into());
    let refused = prepare(&profile("tls-server"), &issuer, &request, serial(3), NOW).unwrap_err();
    assert_eq!(refused, PrepareError::WeakKey);
    assert_eq!(refused.field(), Some("public_key"));
}

/// Failure 13: whatever becomes of the profile meanwhile, the bytes that were linted are the bytes that are signed.
#[test]
fn what_was_linted_is_what_is_signed_octet_by_octet() {
    let ca = Ca::root(None);
    let mut profile = profile("tls-server");
    let request = request("CN=a.example", &["dns:a.example"]);
    let prepared = ca.prepare(&profile, &request).unwrap();
    profile.validity.longest = Period::days(1);
    let linted = prepared.to_be_signed().to_vec();
    let certificate = sign(prepared, &ca.key);
    let header = certificate
        .der()
        .windows(linted.len())
        .position(|part| part == linted)
        .unwrap();
    assert_eq!(header, 4, "behind the outer SEQUENCE's tag and length");
    // a signature over other bytes makes no certificate of these
    let prepared = ca
        .prepare(&super::tests::profile("tls-server"), &request)
        .unwrap();
    let other = ca
        .key
        .sign(prepared.signature_algorithm(), b"other bytes")
        .unwrap();
    assert!(prepared.assemble(&other).is_err());
}

/// Failure 9: positive, at most 20 octets, 159 random bits, no two alike.
#[test]
fn two_hundred_thousand_serial_numbers_are_all_different_and_as_random_as_they_may_be() {
    let mut seen = std::collections::HashSet::new();
    let mut ones = [0_u32; 160];
    const DRAWN: u32 = 200_000;
    for _ in 0..DRAWN {
        let mut random = [0; 20];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        let serial = SerialNumber::from_random(random).unwrap();
        let octets = serial.as_bytes();
        assert!(octets.len() <= 20 && octets[0] & 0x80 == 0, "{octets:?}");
        let mut padded = [0; 20];
        padded[20 - octets.len()..].copy_from_slice(octets);
        for (bit, count) in ones.iter_mut().enumerate() {
            *count += u32::from(padded[bit / 8] >> (7 - bit % 8) & 1);
        }
        assert!(seen.insert(padded));
    }
    // nine standard deviations: a bit that is fixed, or leans, is outside
    let expected = f64::from(DRAWN) / 2.0;
    let allowed = 9.0 * (f64::from(DRAWN) / 4.0).sqrt();
    assert_eq!(ones[0], 0, "the sign");
    for (bit, count) in ones.iter().enumerate().skip(1) {
        let off = (f64::from(*count) - expected).abs();
        assert!(off < allowed, "bit {bit} is set {count} times");
    }
}
