//! Subject alternative names of every kind.
//!
//! Promises: each kind survives text and DER; openssl reads what we write; a request of openssl with any of them is
//! read, and the profile decides; arbitrary text and octets are refused without harm.

use crate::support::{Authority, Folder, leaf_request, profile};
use ers_pki::ObjectIdentifier;
use ers_pki::csr::Csr;
use ers_pki::general_name::{GeneralName, NameKind};
use ers_pki::issuance::{PrepareError, Request, prepare};
use ers_pki::key::KeyAlgorithm;
use ers_pki::profile::Profile;
use proptest::prelude::*;

const ALL_KINDS: [&str; 12] = [
    "dns:_sip._tcp.example.com",
    "email:a@example.com",
    "uri:urn:x:y",
    "ip:192.0.2.1",
    "upn:anna@example.com",
    "smtputf8:müller@xn--bcher-kva.example",
    "dir:CN=Anna\\, M.+UID=am,O=Example AG,C=DE",
    "rid:1.2.3.4",
    "other:1.3.6.1.4.1.99999.7;utf8:Zimmer 7;a:b",
    "other:1.3.6.1.4.1.99999.8;ia5:x",
    "other:1.3.6.1.4.1.311.25.1;octets:00112233445566778899aabbccddeeff",
    "other:1.3.6.1.4.1.99999.9;der:300602010102010a",
];

fn every_kind() -> Profile {
    let mut profile = profile("tls-client");
    profile.names.allowed = NameKind::ALL.into();
    profile.names.underscores = true;
    profile
}

#[test]
fn openssl_reads_names_of_every_kind() {
    let root = Authority::root(KeyAlgorithm::P256);
    let leaf = root.issue(
        &every_kind(),
        &leaf_request("CN=a", &ALL_KINDS, KeyAlgorithm::P256),
    );
    let texts: Vec<String> = leaf.names().iter().map(ToString::to_string).collect();
    assert_eq!(texts, ALL_KINDS);
    let folder = Folder::new();
    folder.write("leaf.der", leaf.der());
    let fixed = ["-inform", "DER", "-in", "leaf.der"];
    let text = folder.openssl(&[&["x509", "-noout", "-text"], &fixed[..]].concat());
    for expected in [
        "DNS:_sip._tcp.example.com",
        "othername: UPN::anna@example.com",
        "othername: SmtpUTF8Mailbox::m\u{fc}ller@xn--bcher-kva.example",
        "DirName:/C=DE/O=Example AG/CN=Anna, M.+UID=am",
        "Registered ID:1.2.3.4",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let parsed = folder.openssl(
        &[
            &["asn1parse", "-strparse", &place_of_names(&folder)],
            &fixed[..],
        ]
        .concat(),
    );
    for expected in [
        ":1.3.6.1.4.1.99999.7",
        "UTF8STRING        :Zimmer 7;a:b",
        "IA5STRING         :x",
        "[HEX DUMP]:00112233445566778899AABBCCDDEEFF",
        "INTEGER           :0A",
    ] {
        assert!(parsed.contains(expected), "{expected} is not in\n{parsed}");
    }
}

/// Where the value of the extension begins.
fn place_of_names(folder: &Folder) -> String {
    let whole = folder.openssl(&["asn1parse", "-inform", "DER", "-in", "leaf.der"]);
    let mut lines = whole
        .lines()
        .skip_while(|line| !line.contains("X509v3 Subject Alternative Name"))
        .skip(1);
    let value = lines.find(|line| line.contains("OCTET STRING")).unwrap();
    value.split(':').next().unwrap().trim().to_owned()
}

const CONFIGURATION: &str = "
[req]
distinguished_name = dn
req_extensions = ext
prompt = no
[dn]
CN = a
[ext]
subjectAltName = @names
[names]
dirName.0 = dir
otherName.0 = 1.3.6.1.4.1.99999.7;UTF8:Zimmer 7
otherName.1 = 1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:m\u{fc}ller@example.com
otherName.2 = 1.3.6.1.4.1.99999.9;SEQUENCE:inner
RID.0 = 1.2.3.4
DNS.0 = host_1.example
[dir]
C = DE
CN = Anna
[inner]
one = INTEGER:1
two = INTEGER:10
";

#[test]
fn requests_with_any_kind_are_read_and_the_profile_decides() {
    let folder = Folder::new();
    folder.write("req.cnf", CONFIGURATION);
    folder.openssl(&[
        "req", "-new", "-nodes", "-newkey", "ed25519", "-keyout", "k", "-config", "req.cnf",
        "-utf8", "-out", "a.csr",
    ]);
    let csr = Csr::from_pem(&folder.read("a.csr")).unwrap();
    let mut texts: Vec<String> = csr.names().iter().map(ToString::to_string).collect();
    texts.sort();
    assert_eq!(
        texts,
        [
            "dir:CN=Anna,C=DE",
            "dns:host_1.example",
            "other:1.3.6.1.4.1.99999.7;utf8:Zimmer 7",
            "other:1.3.6.1.4.1.99999.9;der:300602010102010a",
            "rid:1.2.3.4",
            "smtputf8:müller@example.com",
        ]
    );
    let root = Authority::root(KeyAlgorithm::P256);
    let request = Request {
        subject: csr.subject().clone(),
        names: csr.names().to_vec(),
        ..Request::new(csr.public_key().clone())
    };
    root.issue(&every_kind(), &request);
    for kind in [
        NameKind::Dir,
        NameKind::Other,
        NameKind::Rid,
        NameKind::SmtpUtf8,
    ] {
        let mut without = every_kind();
        without.names.allowed.remove(&kind);
        let refused = refusal(&root, &without, &request);
        assert!(
            matches!(refused, PrepareError::NameNotAllowed { kind: found, .. } if found == kind),
            "{refused}"
        );
    }
    let mut strict = every_kind();
    strict.names.underscores = false;
    assert!(matches!(
        refusal(&root, &strict, &request),
        PrepareError::UnderscoreNotAllowed { .. }
    ));
}

fn refusal(root: &Authority, profile: &Profile, request: &Request) -> PrepareError {
    let serial = crate::support::serial(9);
    prepare(profile, root.issuer(), request, serial, crate::support::NOW).unwrap_err()
}

fn oid() -> impl Strategy<Value = ObjectIdentifier> {
    prop::collection::vec(0..100_000_u32, 1..6).prop_map(|arcs| {
        let arcs: Vec<String> = arcs.iter().map(ToString::to_string).collect();
        ObjectIdentifier::new(&format!("1.3.{}", arcs.join("."))).unwrap()
    })
}

fn name() -> impl Strategy<Value = GeneralName> {
    let value = "[ -~äöü€😀]{0,12}";
    let text = prop_oneof![
        "dns:(\\*\\.)?[a-z_0-9]{1,9}(\\.[a-zü0-9-]{1,9}){1,3}",
        "email:[a-zA-Z.+]{1,9}@[a-z]{1,9}\\.[a-z]{2,5}",
        "smtputf8:[a-zäöüß中.]{1,9}@[a-zü]{1,9}\\.[a-z]{2,5}",
        "uri:[a-zA-Z]{1,5}:[a-z0-9/%:@.]{1,20}",
        any::<std::net::IpAddr>().prop_map(|address| format!("ip:{address}")),
        "upn:[a-zü.]{1,9}@[a-z.]{1,9}",
        ("[a-zA-ZäöüÄ, +\"#<>;=\\\\]{1,9}", "[A-Z]{2}").prop_map(|(cn, c)| {
            let pairs = [("2.5.4.6", c.as_str()), ("2.5.4.3", cn.as_str())];
            let pairs = pairs.map(|(kind, value)| (ObjectIdentifier::new_unwrap(kind), value));
            let name = ers_pki::name::Name::from_attributes(pairs).unwrap();
            format!("dir:{name}")
        }),
        oid().prop_map(|oid| format!("rid:{oid}")),
        (
            oid(),
            prop::sample::select(vec!["utf8", "ia5", "printable"]),
            value
        )
            .prop_map(|(oid, word, value)| format!("other:{oid};{word}:{value}")),
        (oid(), prop::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(oid, octets)| format!("other:{oid};octets:{}", hex::encode(octets))),
        (oid(), prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(oid, octets)| {
            let der = [&[0x24, octets.len() as u8][..], &octets].concat();
            format!("other:{oid};der:{}", hex::encode(der))
        }),
    ];
    text.prop_filter_map("no name", |text| text.parse().ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn names_survive_text(name in name()) {
        let text = name.to_string();
        prop_assert_eq!(text.parse::<GeneralName>(), Ok(name));
    }

    #[test]
    fn text_of_any_kind_is_read_or_refused(kind in "(dns|email|smtputf8|uri|ip|upn|dir|rid|other):", text in "\\PC{0,40}") {
        if let Ok(name) = format!("{kind}{text}").parse::<GeneralName>() {
            prop_assert_eq!(name.to_string().parse::<GeneralName>(), Ok(name));
        }
    }
}
