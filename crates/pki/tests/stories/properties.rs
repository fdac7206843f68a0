//! Every parser meets arbitrary octets and valid input with octets changed, added and taken away.
//!
//! Promises: no parser panics; what a parser accepts is what it gives back; names, serial numbers, periods and requests
//! survive the way out and in again.

use std::sync::LazyLock;

use crate::support::{Authority, Folder, NOW, leaf_request, profile, serial};
use ers_pki::certificate::Certificate;
use ers_pki::crl::{self, Crl, RevokedEntry};
use ers_pki::csr::Csr;
use ers_pki::general_name::GeneralName;
use ers_pki::inspect;
use ers_pki::key::{KeyAlgorithm, PrivateKey, PublicKey};
use ers_pki::lint::lint_tbs;
use ers_pki::name::Name;
use ers_pki::ocsp::{self, Answer, CertId, CertStatus, IssuerHashes, Responder};
use ers_pki::pem;
use ers_pki::profile::Period;
use ers_pki::revocation::Reason;
use ers_pki::serial::SerialNumber;
use proptest::collection::vec;
use proptest::prelude::*;
use time::Duration;

/// One valid document for each parser.
struct Samples {
    certificate: Certificate,
    csr: Vec<u8>,
    crl: Crl,
    crl_tbs: Vec<u8>,
    ocsp_request: Vec<u8>,
    response_data: Vec<u8>,
    private_key: Vec<u8>,
}

static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let root = Authority::root(KeyAlgorithm::P256).with_urls();
    let names = [
        "dns:*.example.com",
        "ip:192.0.2.1",
        "upn:a@b",
        "email:a@b.example",
        "uri:urn:a:b",
    ];
    let mut all = profile("tls-client");
    all.names.wildcards = true;
    all.certificate_policies = vec!["1.2.3".parse().expect("an object identifier")];
    let certificate = root.issue(
        &all,
        &leaf_request("CN=a,O=b,C=DE", &names, KeyAlgorithm::P256),
    );
    let entry = |number| RevokedEntry {
        serial: serial(number),
        at: NOW,
        reason: Reason::KeyCompromise,
        invalidity_date: Some(NOW),
    };
    let list = crl::prepare(
        root.issuer(),
        9,
        NOW,
        NOW + Duration::days(1),
        (1..5).map(entry),
    )
    .expect("a CRL");
    let crl_tbs = list.to_be_signed().to_vec();
    let signature = root.sign(list.signature_algorithm(), &crl_tbs);
    let id = CertId::sha1(&IssuerHashes::new(root.certificate()), serial(1));
    let request = ocsp::Request::new(vec![id.clone(); 3], Some(&[7; 32])).expect("a request");
    let algorithm = root.issuer().signature_algorithm();
    let responder = Responder::new(root.certificate().clone(), root.certificate(), algorithm)
        .expect("a responder");
    let status = CertStatus::Revoked {
        at: NOW,
        reason: Reason::Superseded,
    };
    let answer = Answer {
        cert_id: id,
        status,
        this_update: NOW,
        next_update: Some(NOW + Duration::hours(1)),
    };
    let response = ocsp::prepare(&responder, &[answer], NOW, Some(&[7; 32])).expect("a response");
    Samples {
        certificate,
        csr: csr(),
        crl: list.assemble(&signature).expect("a CRL"),
        crl_tbs,
        ocsp_request: request.to_der(),
        response_data: response.to_be_signed().to_vec(),
        private_key: PrivateKey::generate(KeyAlgorithm::P256)
            .expect("a key")
            .to_pkcs8_der()
            .expect("a key")
            .to_vec(),
    }
});

fn csr() -> Vec<u8> {
    let folder = Folder::new();
    let subject = [
        "-subj",
        "/C=DE/O=Example AG/CN=www.example.com",
        "-addext",
        "subjectAltName=DNS:a.example,IP:192.0.2.1",
    ];
    let fixed = [
        "req", "-new", "-nodes", "-newkey", "ed25519", "-keyout", "key.pem", "-outform", "DER",
        "-out", "a.csr",
    ];
    folder.openssl(&[&fixed[..], &subject[..]].concat());
    folder.read_bytes("a.csr")
}

/// All parsers of octets. What is accepted must come back as it was.
fn parse_everything(octets: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(octets) {
        assert_eq!(certificate.der(), octets);
        let _ = certificate.verify_signed_by(&certificate);
        let _ = lint_tbs(certificate.to_be_signed());
        let _ = format!("{certificate:?}");
    }
    if let Ok(csr) = Csr::from_der(octets) {
        assert_eq!(csr.der(), octets);
    }
    if let Ok(list) = Crl::from_der(octets) {
        assert_eq!(list.der(), octets);
        assert_eq!(list.entries().count(), list.len());
    }
    if let Ok(request) = ocsp::Request::from_der(octets) {
        assert_eq!(
            ocsp::Request::from_der(&request.to_der()).as_ref(),
            Ok(&request)
        );
    }
    if let Ok(name) = Name::from_der(octets) {
        assert_eq!(name.to_der(), octets);
        let _ = name.check();
        let text = name.to_string();
        let _ = text.parse::<Name>();
        let _ = name.common_name();
    }
    if let Ok(key) = PublicKey::from_spki_der(octets) {
        assert_eq!(key.spki_der(), octets);
    }
    if let Ok(number) = SerialNumber::from_der_bytes(octets) {
        assert_eq!(number.as_bytes(), octets);
    }
    let _ = PrivateKey::from_pkcs8_der(octets);
    let _ = inspect::certificate(octets);
    let _ = inspect::foreign(octets);
    let _ = inspect::crl(octets);
    let _ = inspect::ocsp(octets);
    let _ = lint_tbs(octets);
}

fn parse_every_text(text: &str) {
    // a value written as # and its DER may have another string type than we would give it
    if let Ok(name) = text.parse::<Name>()
        && !text.contains('#')
    {
        assert_eq!(
            name.to_string().parse::<Name>().as_ref(),
            Ok(&name),
            "{text:?}"
        );
    }
    if let Ok(name) = text.parse::<GeneralName>() {
        assert_eq!(
            name.to_string().parse::<GeneralName>().as_ref(),
            Ok(&name),
            "{text:?}"
        );
    }
    if let Ok(number) = text.parse::<SerialNumber>() {
        assert_eq!(number.to_hex().parse::<SerialNumber>(), Ok(number));
    }
    if let Ok(period) = text.parse::<Period>() {
        assert_eq!(period.to_string().parse::<Period>(), Ok(period));
    }
    let _ = pem::decode(text, &["CERTIFICATE"]);
    let _ = Csr::from_pem(text);
    let _ = Certificate::all_from_pem(text);
}

/// A change to some octets.
#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = any::<prop::sample::Index>;
    let change = prop_oneof![
        (place(), any::<u8>()).prop_map(|(place, octet)| Change::Set(place, octet)),
        (place(), 0..8_u8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        place().prop_map(Change::Remove),
        (place(), any::<u8>()).prop_map(|(place, octet)| Change::Insert(place, octet)),
        place().prop_map(Change::Cut),
    ];
    vec(change, 1..4)
}

fn changed(sample: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut octets = sample.to_vec();
    for change in changes {
        if octets.is_empty() {
            break;
        }
        let length = octets.len();
        match change {
            Change::Set(place, octet) => octets[place.index(length)] = *octet,
            Change::Flip(place, bit) => octets[place.index(length)] ^= 1 << bit,
            Change::Remove(place) => {
                octets.remove(place.index(length));
            }
            Change::Insert(place, octet) => octets.insert(place.index(length), *octet),
            Change::Cut(place) => octets.truncate(place.index(length)),
        }
    }
    octets
}

fn attribute() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        Just("CN").prop_flat_map(|kind| (Just(kind), "\\PC{1,64}")),
        Just("O").prop_flat_map(|kind| (Just(kind), "[ #,+\"<>;=\\\\a-zé]{1,64}")),
        Just("serialNumber").prop_flat_map(|kind| (Just(kind), "[A-Za-z0-9 '()+,./:=?-]{1,64}")),
        Just("C").prop_flat_map(|kind| (Just(kind), "[A-Z]{2}")),
        Just("DC").prop_flat_map(|kind| (Just(kind), "[ -~]{1,63}")),
    ]
}

/// Inputs that once failed are kept beside this file.
fn configuration() -> ProptestConfig {
    let kept = proptest::test_runner::FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        cases: 600,
        failure_persistence: Some(Box::new(kept)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn arbitrary_octets_never_panic(octets in vec(any::<u8>(), 0..300)) {
        parse_everything(&octets);
    }

    #[test]
    fn changed_documents_never_panic(changes in changes()) {
        let samples = &*SAMPLES;
        for sample in [
            samples.certificate.der(),
            samples.certificate.to_be_signed(),
            samples.certificate.subject().to_der(),
            samples.certificate.public_key().spki_der(),
            &samples.csr,
            samples.crl.der(),
            &samples.crl_tbs,
            &samples.ocsp_request,
            &samples.response_data,
            &samples.private_key,
        ] {
            parse_everything(&changed(sample, &changes));
        }
    }

    #[test]
    fn changed_pem_never_panics(changes in changes()) {
        let octets = changed(SAMPLES.certificate.pem().as_bytes(), &changes);
        parse_every_text(&String::from_utf8_lossy(&octets));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        parse_every_text(&text);
    }

    #[test]
    fn text_with_meaning_never_panics(
        text in "(CN|dns|ip|email|uri|upn|1\\.2|[0-9]{1,3})?[=:ydhms](\\*\\.)?[a-zé@.:/\\\\#,+ %\\[\\]0-9-]{0,60}"
    ) {
        parse_every_text(&text);
    }

    #[test]
    fn names_survive_text_and_der(attributes in vec(attribute(), 0..6)) {
        let pairs = attributes.iter().map(|(kind, value)| (ers_pki::name::AttributeType::find(kind).unwrap(), value.as_str()));
        let name = Name::from_attributes(pairs).unwrap();
        prop_assert_eq!(&name.to_string().parse::<Name>().unwrap(), &name);
        prop_assert_eq!(&Name::from_der(name.to_der()).unwrap(), &name);
        let values: Vec<String> = name.attributes().map(|(_, value)| value).collect();
        let expected: Vec<String> = attributes.into_iter().map(|(_, value)| value).collect();
        prop_assert_eq!(values, expected);
    }

    #[test]
    fn serial_numbers_survive_and_keep_159_bits(random in any::<[u8; 20]>()) {
        let number = SerialNumber::from_random(random).unwrap();
        prop_assert!(number.as_bytes().len() <= 20);
        prop_assert_eq!(SerialNumber::from_hex(&number.to_hex()).unwrap(), number);
        prop_assert_eq!(SerialNumber::from_der_bytes(number.as_bytes()).unwrap(), number);
        let mut masked = random;
        masked[0] &= 0x7f;
        prop_assert_eq!(format!("{:0>40}", number.to_hex()), hex::encode(masked));
    }

    #[test]
    fn requests_survive(numbers in vec(1..255_u8, 1..20), nonce in prop::option::of(vec(any::<u8>(), 1..=128))) {
        let hashes = IssuerHashes::new(&SAMPLES.certificate);
        let ids = numbers.into_iter().map(|number| CertId::sha256(&hashes, serial(number))).collect();
        let request = ocsp::Request::new(ids, nonce.as_deref()).unwrap();
        prop_assert_eq!(ocsp::Request::from_der(&request.to_der()).unwrap(), request);
    }

    #[test]
    fn dns_names_once_normal_stay_so(name in "(\\*\\.)?[a-zA-Zäß0-9-]{1,12}(\\.[a-zA-Zäß0-9-]{1,12}){0,3}") {
        if let Ok(normal) = GeneralName::dns(&name) {
            prop_assert_eq!(GeneralName::dns(&normal.value()).unwrap(), normal);
        }
    }
}

/// Makes the documents that the fuzz targets begin with, under `fuzz/corpus`.
#[test]
#[ignore = "writes into the source tree"]
fn write_fuzz_corpus() {
    let samples = &*SAMPLES;
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let subject =
        "CN=M\\C3\\BCller\\, Anna+UID=anna,emailAddress=a@example.com,DC=example,O=Example AG,C=DE";
    let name: Name = subject.parse().unwrap();
    for (file, octets) in [
        ("csr/openssl-ed25519.der", samples.csr.as_slice()),
        ("certificate/client.der", samples.certificate.der()),
        (
            "certificate/client-to-be-signed.der",
            samples.certificate.to_be_signed(),
        ),
        (
            "lint/client-to-be-signed.der",
            samples.certificate.to_be_signed(),
        ),
        ("crl/four-entries.der", samples.crl.der()),
        ("crl/four-entries-to-be-signed.der", &samples.crl_tbs),
        ("ocsp_request/three-with-nonce.der", &samples.ocsp_request),
        ("ocsp_response/response-data.der", &samples.response_data),
        ("name/multi-valued.der", name.to_der()),
        ("name/multi-valued.txt", subject.as_bytes()),
        ("general_name/dns.txt", "dns:*.bücher.example".as_bytes()),
        ("general_name/uri.txt", b"uri:spiffe://ers/signer"),
    ] {
        std::fs::write(corpus.join(file), octets).unwrap();
    }
}
