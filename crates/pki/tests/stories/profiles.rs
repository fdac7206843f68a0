//! Ready profiles, extensions and the rules of profiles.
//!
//! Promises: each ready profile issues, and openssl reads what it promises; each extension is written as its RFC has it and
//! as critical; a profile decides for each attribute and kind of name where values come from and which ones may be; what a
//! request wishes counts only where the profile lets it.

use crate::support::{Authority, Folder, NOW, leaf_request, profile, serial};
use ers_pki::certificate::Certificate;
use ers_pki::general_name::NameKind;
use ers_pki::issuance::{EndEntity, PrepareError, Request, RequestFault, prepare};
use ers_pki::key::KeyAlgorithm;
use ers_pki::profile::{Profile, Source, Surplus, ValueRule};
use ers_pki::{KeyUsage, KeyUsages, RequestedExtension};
use time::Duration;

fn text_of(certificate: &Certificate) -> String {
    let folder = Folder::new();
    folder.write("a.pem", certificate.pem());
    folder.openssl(&[
        "x509", "-in", "a.pem", "-noout", "-text", "-nameopt", "RFC2253",
    ])
}

fn assert_shows(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

/// Name of the profile, subject, names, and what openssl must show.
type Case = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: [Case; 20] = [
    (
        "tls-server",
        "",
        &["dns:www.example.com"],
        &["TLS Web Server Authentication", "CA:FALSE"],
    ),
    (
        "tls-client",
        "CN=a",
        &["email:a@example.com"],
        &["TLS Web Client Authentication"],
    ),
    (
        "ocsp-signer",
        "CN=a",
        &[],
        &["OCSP Signing", "OCSP No Check"],
    ),
    (
        "sub-ca",
        "CN=Sub",
        &[],
        &["CA:TRUE", "Digital Signature, Certificate Sign, CRL Sign"],
    ),
    (
        "service-identity",
        "",
        &["uri:spiffe://ers/a"],
        &["TLS Web Server Authentication, TLS Web Client Authentication"],
    ),
    (
        "s-mime",
        "CN=a",
        &["email:a@example.com"],
        &["E-mail Protection", "Digital Signature, Key Agreement"],
    ),
    (
        "s-mime-sign",
        "CN=a",
        &["email:a@example.com"],
        &["X509v3 Key Usage: critical\n                Digital Signature\n"],
    ),
    (
        "s-mime-encrypt",
        "CN=a",
        &["email:a@example.com"],
        &["X509v3 Key Usage: critical\n                Key Agreement\n"],
    ),
    ("code-signing", "CN=a", &[], &["Code Signing"]),
    (
        "document-signing",
        "CN=a",
        &[],
        &["1.3.6.1.5.5.7.3.36", "Digital Signature, Non Repudiation"],
    ),
    (
        "smart-card-logon",
        "CN=a",
        &["upn:a@corp.example"],
        &["Microsoft Smartcard Login", "UPN::a@corp.example"],
    ),
    (
        "encryption",
        "CN=a",
        &[],
        &["X509v3 Key Usage: critical\n                Key Agreement\n"],
    ),
    (
        "timestamping",
        "CN=a",
        &[],
        &["X509v3 Extended Key Usage: critical\n                Time Stamping"],
    ),
    (
        "cmp-ra",
        "CN=a",
        &[],
        &["CMC Registration Authority, Certificate Management Key Generation Authority"],
    ),
    (
        "kubernetes-workload",
        "",
        &["uri:spiffe://example.org/ns/a/sa/b"],
        &[
            "URI:spiffe://example.org/ns/a/sa/b",
            "Not After : Nov 23 10:59:59 2026",
        ],
    ),
    (
        "domain-controller",
        "",
        &[
            "dns:dc_1.corp.example",
            "other:1.3.6.1.4.1.311.25.1;octets:00112233445566778899aabbccddeeff",
        ],
        &["DNS:dc_1.corp.example", "Signing KDC Response"],
    ),
    (
        "wifi-eap-server",
        "",
        &["dns:radius.example.com"],
        &["1.3.6.1.5.5.7.3.14", "TLS Web Server Authentication"],
    ),
    (
        "wifi-eap-client",
        "CN=a",
        &["upn:a@corp.example"],
        &["1.3.6.1.5.5.7.3.14", "TLS Web Client Authentication"],
    ),
    (
        "ieee-802-1ar-ldevid",
        "CN=a,serialNumber=1",
        &[],
        &["TLS Web Client Authentication, TLS Web Server Authentication"],
    ),
    (
        "tls-server",
        "",
        &["ip:2001:db8::1"],
        &["IP Address:2001:DB8:0:0:0:0:0:1"],
    ),
];

#[test]
fn ready_profiles_issue_what_they_promise() {
    let root = Authority::root(KeyAlgorithm::P256).with_urls();
    for (name, subject, names, expected) in CASES {
        let ready = profile(name);
        let leaf = root.issue(&ready, &leaf_request(subject, names, KeyAlgorithm::P256));
        let text = text_of(&leaf);
        assert_shows(&text, expected);
    }
    let rsa = leaf_request("CN=a", &[], KeyAlgorithm::Rsa2048);
    assert_shows(
        &text_of(&root.issue(&profile("scep-ra"), &rsa)),
        &[
            "Digital Signature, Key Encipherment",
            "CMC Registration Authority",
        ],
    );
}

#[test]
fn every_ready_profile_is_issued_here() {
    for ready in Profile::ready() {
        let elsewhere =
            ["root-ca", "scep-ra", "ieee-802-1ar-idevid"].contains(&ready.name.as_str());
        let here = CASES.iter().any(|(name, ..)| *name == ready.name);
        assert!(here || elsewhere, "{}", ready.name);
    }
}

/// IEEE 802.1AR: an identity by the maker never expires, and neither may its CA.
#[test]
fn identities_by_the_maker_never_expire() {
    let idevid = profile("ieee-802-1ar-idevid");
    let request = leaf_request("serialNumber=4711,O=Maker", &[], KeyAlgorithm::P256);
    let root = Authority::root(KeyAlgorithm::P256);
    let refused = prepare(&idevid, root.issuer(), &request, serial(1), NOW).unwrap_err();
    assert!(
        matches!(refused, PrepareError::OutlivesIssuer { .. }),
        "{refused}"
    );
    let root = Authority::root_with(KeyAlgorithm::P256, |profile| {
        profile.validity.no_expiry = true
    });
    let leaf = root.issue(&idevid, &request);
    assert_shows(
        &text_of(&leaf),
        &[
            "Not After : Dec 31 23:59:59 9999 GMT",
            "Subject: serialNumber=4711,O=Maker",
        ],
    );
    let nameless = leaf_request("CN=a", &[], KeyAlgorithm::P256);
    let refused = prepare(&idevid, root.issuer(), &nameless, serial(1), NOW).unwrap_err();
    assert!(
        matches!(refused, PrepareError::AttributeMissing { .. }),
        "{refused}"
    );
}

fn with(name: &str, json: serde_json::Value) -> Profile {
    let mut value = serde_json::to_value(profile(name)).unwrap();
    for (field, rule) in json.as_object().unwrap() {
        value[field] = rule.clone();
    }
    let profile: Profile = serde_json::from_value(value).unwrap();
    profile.check().unwrap();
    let again = serde_json::to_string(&profile).unwrap();
    assert_eq!(serde_json::from_str::<Profile>(&again).unwrap(), profile);
    profile
}

/// Failure 40: also, names and subjects that the constraints of the CA exclude get no certificate.
#[test]
fn openssl_reads_the_extensions_of_a_ca() {
    let root = Authority::root(KeyAlgorithm::P256);
    let sub = with(
        "sub-ca",
        serde_json::json!({
            "certificate_policies": [
                "1.3.6.1.4.1.99999.1",
                { "oid": "1.3.6.1.4.1.99999.2", "cps": ["https://pki.example/cps"],
                  "notice": { "text": "Handle with care", "organization": "Example AG", "numbers": [1, 7] } }
            ],
            "extensions": {
                "name_constraints": {
                    "permitted": ["dns:example.com", "email:.example.com", "ip:192.0.2.0/24", "ip:2001:db8::/32",
                        "uri:.example.com", "dir:O=Example AG,C=DE"],
                    "excluded": ["dns:secret.example.com"]
                },
                "policy_mappings": [{ "issuer": "1.3.6.1.4.1.99999.1", "subject": "1.3.6.1.4.1.99999.3" }],
                "policy_constraints": { "require_explicit_policy": 3, "inhibit_policy_mapping": 0 },
                "inhibit_any_policy": 2,
                "subject_information_access": [
                    { "method": "1.3.6.1.5.5.7.48.5", "location": "https://pki.example/repository" }
                ]
            }
        }),
    );
    let sub = root.sub_with(&sub, "CN=Sub CA,O=Example AG,C=DE", KeyAlgorithm::P256);
    assert_shows(
        &text_of(sub.certificate()),
        &[
            "X509v3 Name Constraints: critical",
            "DNS:example.com",
            "email:.example.com",
            "IP:192.0.2.0/255.255.255.0",
            "IP:2001:DB8:0:0:0:0:0:0/FFFF:FFFF:0:0:0:0:0:0",
            "URI:.example.com",
            "DirName:C = DE, O = Example AG",
            "Excluded:\n                  DNS:secret.example.com",
            "Policy: 1.3.6.1.4.1.99999.1",
            "CPS: https://pki.example/cps",
            "Organization: Example AG",
            "Numbers: 1, 7",
            "Explicit Text: Handle with care",
            "X509v3 Policy Mappings: critical\n                1.3.6.1.4.1.99999.1:1.3.6.1.4.1.99999.3",
            "X509v3 Policy Constraints: critical\n                Require Explicit Policy:3, Inhibit Policy Mapping:0",
            "X509v3 Inhibit Any Policy: critical\n                2",
            "CA Repository - URI:https://pki.example/repository",
        ],
    );
    // and the constraints hold
    let asked = |subject: &str, name: &str| {
        let request = leaf_request(subject, &[name], KeyAlgorithm::P256);
        prepare(
            &profile("tls-client"),
            sub.issuer(),
            &request,
            serial(1),
            NOW,
        )
        .map(drop)
    };
    asked("", "dns:a.example.com").unwrap();
    asked("CN=a,O=Example AG,C=DE", "dns:a.example.com").unwrap();
    assert!(matches!(
        asked("", "dns:a.secret.example.com"),
        Err(PrepareError::NameConstrained { .. })
    ));
    assert!(matches!(
        asked("CN=a,O=Other AG,C=DE", "dns:a.example.com"),
        Err(PrepareError::SubjectConstrained { .. })
    ));
}

/// The values of all extensions, hexadecimal, as openssl sees them.
fn values_of(certificate: &Certificate) -> Vec<String> {
    let folder = Folder::new();
    folder.write("a.der", certificate.der());
    let parsed = folder.openssl(&["asn1parse", "-inform", "DER", "-in", "a.der"]);
    parsed
        .lines()
        .filter_map(|line| line.split_once("OCTET STRING      [HEX DUMP]:"))
        .map(|(_, digits)| digits.to_lowercase())
        .collect()
}

#[test]
fn openssl_reads_the_extensions_of_an_end_entity() {
    let root = Authority::root(KeyAlgorithm::P256).with_urls();
    let client = with(
        "tls-client",
        serde_json::json!({ "extensions": {
            "must_staple": true,
            "subject_directory_attributes": [
                { "oid": "1.3.6.1.5.5.7.9.4", "values": ["PrintableString:\"DE\""] }
            ],
            "private": [
                { "oid": "1.3.6.1.4.1.99999.5", "critical": true,
                  "value": "SEQUENCE{UTF8String:\"x\",INTEGER:5,OID:1.2.3}" },
                { "oid": "1.3.6.1.4.1.99999.6", "value": "der:0500" }
            ]
        } }),
    );
    let request = leaf_request("CN=a", &["email:a@example.com"], KeyAlgorithm::P256);
    let certificate = root.issue(&client, &request);
    let expected = [
        "TLS Feature: \n                status_request",
        "1.3.6.1.4.1.99999.5: critical",
    ];
    assert_shows(&text_of(&certificate), &expected);
    let values = values_of(&certificate);
    for expected in [
        "300a0c017802010506022a03",
        "0500",
        // countryOfCitizenship
        "3012301006082b06010505070904310413024445",
    ] {
        assert!(
            values.iter().any(|value| value == expected),
            "{expected} is not in {values:?}"
        );
    }
}

/// [MS-WCCE] sections 2.2.2.7.7.1 to 2.2.2.7.7.4, put together by hand.
#[test]
fn extensions_of_microsoft_are_written_as_specified() {
    let root = Authority::root(KeyAlgorithm::P256);
    let user = with(
        "smart-card-logon",
        serde_json::json!({ "extensions": {
            "microsoft_template_name": "User",
            "microsoft_template": { "oid": "1.3.6.1.4.1.311.21.8.1.2.3", "major": 100, "minor": 4 },
            "microsoft_security_identifier": "required"
        } }),
    );
    let mut request = leaf_request("CN=a", &["upn:a@corp.example"], KeyAlgorithm::P256);
    assert_eq!(
        refusal(&root, &user, &request),
        RequestFault::SecurityIdentifierMissing.into()
    );
    request.end_entity.security_identifier = Some("nobody".into());
    assert_eq!(
        refusal(&root, &user, &request),
        RequestFault::SecurityIdentifier.into()
    );
    let sid = "S-1-5-21-1-2-3-1104";
    request.end_entity.security_identifier = Some(sid.into());
    let values = values_of(&root.issue(&user, &request));
    for expected in [
        "1e080055007300650072".to_owned(),
        "3014060c2b0601040182371508010203020164020104".to_owned(),
        format!(
            "3025a023060a2b060104018237190201a0150413{}",
            hex::encode(sid)
        ),
    ] {
        assert!(
            values.contains(&expected),
            "{expected} is not in {values:?}"
        );
    }
}

/// EN 319 412-5 and TS 119 495, put together by hand.
#[test]
fn statements_on_qualified_certificates_are_written_as_specified() {
    let root = Authority::root(KeyAlgorithm::P256);
    let qualified = with(
        "document-signing",
        serde_json::json!({ "extensions": { "qc_statements": {
            "compliance": true, "sscd": true, "types": ["esign"],
            "disclosure_statements": [{ "url": "https://pki.example/pds", "language": "en" }],
            "limit": { "currency": "EUR", "amount": 5, "exponent": 3 },
            "retention_years": 15, "legislation": ["CH"],
            "psd2": { "roles": ["AS", "PI"], "authority_name": "BaFin", "authority_id": "DE-BAFIN" }
        } } }),
    );
    let request = leaf_request("CN=a", &[], KeyAlgorithm::P256);
    let values = values_of(&root.issue(&qualified, &request));
    let statements = values
        .iter()
        .find(|value| value.contains("04008e4601"))
        .unwrap();
    for expected in [
        // QcCompliance, QcSSCD
        "3008060604008e460101",
        "3008060604008e460104",
        // EUR 5 * 10^3
        "060604008e460102300b1303455552020105020103",
        // 15 years
        "060604008e46010302010f",
        // in English
        &format!("1617{}1302656e", hex::encode("https://pki.example/pds")),
        // esign
        "060604008e4601063009060704008e46010601",
        // Switzerland
        "060604008e460107300413024348",
        // PSP_AS, and the authority
        &format!("0607040081982701010c06{}", hex::encode("PSP_AS")),
        &format!(
            "0c05{}0c08{}",
            hex::encode("BaFin"),
            hex::encode("DE-BAFIN")
        ),
    ] {
        assert!(
            statements.contains(expected),
            "{expected} is not in {statements}"
        );
    }
}

/// RFC 9608: nothing points to revocation information, the issuer's certificate is still found.
#[test]
fn no_revocation_available_stands_alone() {
    let root = Authority::root(KeyAlgorithm::P256).with_urls();
    let short = with(
        "tls-server",
        serde_json::json!({
            "crl_distribution_points": false,
            "extensions": { "no_revocation_available": true }
        }),
    );
    let leaf = root.issue(
        &short,
        &leaf_request("", &["dns:a.example"], KeyAlgorithm::P256),
    );
    assert!(leaf.crl_urls().is_empty() && leaf.ocsp_urls().is_empty());
    assert_eq!(leaf.ca_issuer_urls(), ["http://pki.example/ca.cer"]);
    let text = text_of(&leaf);
    assert!(
        text.contains("2.5.29.56") || text.contains("No Revocation Available"),
        "{text}"
    );
}

fn refusal(root: &Authority, profile: &Profile, request: &Request) -> PrepareError {
    prepare(profile, root.issuer(), request, serial(9), NOW).unwrap_err()
}

fn rule(from: Source) -> ValueRule {
    ValueRule {
        from,
        ..ValueRule::default()
    }
}

fn client_with_rules() -> Profile {
    let mut client = profile("tls-client");
    client.subject.attributes = [
        (
            "O".to_owned(),
            ValueRule {
                fixed: vec!["Example AG".into()],
                ..ValueRule::default()
            },
        ),
        (
            "CN".to_owned(),
            ValueRule {
                pattern: "[a-z]+".parse().ok(),
                required: true,
                most: Some(1),
                ..rule(Source::RequestOrEndEntity)
            },
        ),
        ("C".to_owned(), rule(Source::EndEntity)),
    ]
    .into();
    client
}

#[test]
fn attributes_come_from_where_the_profile_says() {
    let root = Authority::root(KeyAlgorithm::P256);
    let mut client = client_with_rules();
    client.check().unwrap();
    let mut request = leaf_request("CN=anna,OU=Sales", &[], KeyAlgorithm::P256);
    request.end_entity = EndEntity {
        subject: "CN=berta,C=CH".parse().unwrap(),
        ..EndEntity::default()
    };
    assert_eq!(
        root.issue(&client, &request).subject().to_string(),
        "CN=anna,OU=Sales,O=Example AG,C=CH"
    );
    request.subject = "OU=Sales".parse().unwrap();
    assert_eq!(
        root.issue(&client, &request).subject().to_string(),
        "CN=berta,OU=Sales,O=Example AG,C=CH"
    );
    // surplus may be dropped
    client.subject.others = Surplus::Drop;
    request.subject = "CN=anna,O=Other,C=DE,description=x".parse().unwrap();
    assert_eq!(
        root.issue(&client, &request).subject().to_string(),
        "CN=anna,O=Example AG,C=CH"
    );
    // nobody knows the common name
    request.subject = "OU=x".parse().unwrap();
    request.end_entity = EndEntity::default();
    assert!(matches!(
        refusal(&root, &client, &request),
        PrepareError::AttributeMissing { .. }
    ));
}

#[test]
fn attributes_against_the_rules_are_refused() {
    let root = Authority::root(KeyAlgorithm::P256);
    let client = client_with_rules();
    let request = leaf_request("", &[], KeyAlgorithm::P256);
    let fault = |subject: &str| {
        refusal(
            &root,
            &client,
            &Request {
                subject: subject.parse().unwrap(),
                ..request.clone()
            },
        )
    };
    let attribute = || "O".to_owned();
    assert_eq!(
        fault("CN=anna,O=Other"),
        RequestFault::AttributeValue {
            attribute: attribute()
        }
        .into()
    );
    assert_eq!(
        fault("CN=anna,C=DE"),
        RequestFault::AttributeValue {
            attribute: "C".into()
        }
        .into()
    );
    assert_eq!(
        fault("CN=Anna 1"),
        RequestFault::AttributePattern {
            attribute: "CN".into()
        }
        .into()
    );
    assert_eq!(
        fault("CN=a,CN=b"),
        RequestFault::TooManyAttributes {
            attribute: "CN".into(),
            most: 1
        }
        .into()
    );
    assert_eq!(fault("CN=Anna 1").field(), Some("subject"));
}

fn client_with_name_rules() -> Profile {
    let mut client = profile("tls-client");
    client.names.allowed = [NameKind::Dns].into();
    client.names.kinds = [
        (
            NameKind::Email,
            ValueRule {
                required: true,
                ..rule(Source::EndEntity)
            },
        ),
        (
            NameKind::Uri,
            ValueRule {
                fixed: vec!["urn:example:app".into()],
                ..ValueRule::default()
            },
        ),
        (
            NameKind::Upn,
            ValueRule {
                pattern: ".*@corp\\.example".parse().ok(),
                most: Some(1),
                ..ValueRule::default()
            },
        ),
    ]
    .into();
    client
}

#[test]
fn names_against_the_rules_are_refused() {
    let root = Authority::root(KeyAlgorithm::P256);
    let client = client_with_name_rules();
    let mut request = leaf_request("CN=a", &[], KeyAlgorithm::P256);
    request.end_entity.names = vec!["email:a@example.com".parse().unwrap()];
    let fault = |asked: &[&str]| {
        let asked = asked.iter().map(|name| name.parse().unwrap()).collect();
        refusal(
            &root,
            &client,
            &Request {
                names: asked,
                ..request.clone()
            },
        )
    };
    assert_eq!(
        fault(&["email:b@example.com"]),
        RequestFault::NameValue {
            name: "email:b@example.com".into()
        }
        .into()
    );
    assert_eq!(
        fault(&["upn:a@other.example"]),
        RequestFault::NamePattern {
            name: "upn:a@other.example".into()
        }
        .into()
    );
    let twice = RequestFault::TooManyNames {
        kind: NameKind::Upn,
        most: 1,
    };
    assert_eq!(
        fault(&["upn:a@corp.example", "upn:b@corp.example"]),
        twice.into()
    );
    assert!(matches!(
        fault(&["ip:192.0.2.1"]),
        PrepareError::NameNotAllowed { .. }
    ));
}

#[test]
fn names_come_from_where_the_profile_says() {
    let root = Authority::root(KeyAlgorithm::P256);
    let mut client = client_with_name_rules();
    client.check().unwrap();
    let mut request = leaf_request(
        "CN=a",
        &["dns:a.example", "upn:a@corp.example"],
        KeyAlgorithm::P256,
    );
    assert_eq!(
        refusal(&root, &client, &request),
        RequestFault::NameMissing {
            kind: NameKind::Email
        }
        .into()
    );
    request.end_entity.names = vec![
        "email:a@example.com".parse().unwrap(),
        "dns:not.asked.example".parse().unwrap(),
    ];
    let names = |request: &Request, client: &Profile| -> Vec<String> {
        root.issue(client, request)
            .names()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        names(&request, &client),
        [
            "dns:a.example",
            "upn:a@corp.example",
            "email:a@example.com",
            "uri:urn:example:app"
        ]
    );
    client.names.others = Surplus::Drop;
    request.names = ["ip:192.0.2.1", "email:b@example.com", "dns:a.example"]
        .map(|name| name.parse().unwrap())
        .to_vec();
    assert_eq!(
        names(&request, &client),
        [
            "dns:a.example",
            "email:a@example.com",
            "uri:urn:example:app"
        ]
    );
}

/// Failure 41: what a request asks for counts only where the profile lets it.
#[test]
fn wishes_count_where_the_profile_lets_them() {
    let root = Authority::root(KeyAlgorithm::P256);
    let mut server = profile("tls-server");
    server.extended_key_usage = vec!["serverAuth".parse().unwrap(), "clientAuth".parse().unwrap()];
    server.key_usage = vec![KeyUsage::DigitalSignature, KeyUsage::KeyAgreement];
    let oid = |text: &str| text.parse().unwrap();
    let wished = |text: &str, value: &[u8]| RequestedExtension {
        oid: oid(text),
        critical: false,
        value: value.to_vec(),
    };
    let mut request = leaf_request("", &["dns:a.example"], KeyAlgorithm::P256);
    request.key_usage = Some(
        [KeyUsage::DigitalSignature, KeyUsage::KeyCertSign]
            .into_iter()
            .collect(),
    );
    request.extended_key_usage = vec![
        "serverAuth".parse().unwrap(),
        "codeSigning".parse().unwrap(),
    ];
    // basicConstraints with cA, and one of somebody's own
    request.extensions = vec![
        wished("2.5.29.19", &[0x30, 3, 1, 1, 0xff]),
        wished("1.2.3.4", &[5, 0]),
    ];
    request.validity = Some(Duration::days(2));
    // none counts, none is refused
    server.request.validity = false;
    let plain = root.issue(&server, &request);
    assert!(!plain.is_ca());
    assert_eq!(plain.extended_key_usages().len(), 2);
    assert!(plain.key_usages().unwrap().contains(KeyUsage::KeyAgreement));
    assert_eq!(
        plain.not_after() - plain.not_before(),
        Duration::days(90) - Duration::SECOND
    );
    assert!(!text_of(&plain).contains("1.2.3.4"));
    // choosing among what the profile has
    server.request.key_usage = true;
    server.request.extended_key_usage = true;
    server.request.validity = true;
    server.request.extensions = vec![oid("1.2.3.4")];
    server.check().unwrap();
    let chosen = root.issue(&server, &request);
    let only: KeyUsages = [KeyUsage::DigitalSignature].into_iter().collect();
    assert_eq!(chosen.key_usages(), Some(only));
    assert_eq!(
        chosen.extended_key_usages(),
        ["serverAuth".parse().unwrap()]
    );
    assert_eq!(
        chosen.not_after() - chosen.not_before(),
        Duration::days(2) - Duration::SECOND
    );
    assert!(!chosen.is_ca() && text_of(&chosen).contains("1.2.3.4"));
    // and refusing what is beyond
    server.request.surplus = Surplus::Refuse;
    assert_eq!(
        refusal(&root, &server, &request),
        RequestFault::KeyUsage.into()
    );
    request.key_usage = None;
    assert_eq!(
        refusal(&root, &server, &request),
        RequestFault::ExtendedKeyUsage.into()
    );
    request.extended_key_usage.clear();
    assert_eq!(
        refusal(&root, &server, &request),
        RequestFault::Extension(oid("2.5.29.19")).into()
    );
    request.extensions = vec![wished("1.2.3.4", &[5, 1])];
    assert_eq!(
        refusal(&root, &server, &request),
        RequestFault::ExtensionValue(oid("1.2.3.4")).into()
    );
    request.extensions.clear();
    server.request.validity = false;
    assert_eq!(
        refusal(&root, &server, &request),
        RequestFault::Validity("validity").into()
    );
}

#[test]
fn contradictions_of_extensions_name_their_field() {
    for (base, json, field) in [
        (
            "tls-server",
            serde_json::json!({"extensions": {"name_constraints": {"permitted": ["dns:a.example"]}}}),
            "extensions.name_constraints",
        ),
        (
            "sub-ca",
            serde_json::json!({"extensions": {"name_constraints": {"permitted": ["a.example"]}}}),
            "extensions.name_constraints",
        ),
        (
            "sub-ca",
            serde_json::json!({"extensions": {"policy_constraints": {}}}),
            "extensions.policy_constraints",
        ),
        (
            "sub-ca",
            serde_json::json!({"extensions": {"policy_mappings": [{"issuer": "2.5.29.32.0", "subject": "1.2.3"}]}}),
            "extensions.policy_mappings",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"no_revocation_available": true}}),
            "extensions.no_revocation_available",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"qc_statements": {}}}),
            "extensions.qc_statements",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"private": [{"oid": "2.5.29.19", "value": "NULL"}]}}),
            "extensions.private",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"private": [{"oid": "1.2.3", "value": "NUL"}]}}),
            "extensions.private",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"microsoft_template_name": ""}}),
            "extensions.microsoft_template_name",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"subject_directory_attributes": [{"oid": "1.2.3", "values": []}]}}),
            "extensions.subject_directory_attributes",
        ),
        (
            "tls-server",
            serde_json::json!({"extensions": {"subject_information_access": [{"method": "1.2.3", "location": "x"}]}}),
            "extensions.subject_information_access",
        ),
    ] {
        assert_contradiction(base, json, field);
    }
}

#[test]
fn contradictions_of_rules_name_their_field() {
    for (base, json, field) in [
        (
            "tls-server",
            serde_json::json!({"request": {"extensions": ["2.5.29.15"]}}),
            "request.extensions",
        ),
        (
            "tls-server",
            serde_json::json!({"certificate_policies": [{"oid": "1.2.3", "cps": ["x"]}]}),
            "certificate_policies",
        ),
        (
            "tls-server",
            serde_json::json!({"certificate_policies": ["1.2.3", "1.2.3"]}),
            "certificate_policies",
        ),
        (
            "tls-server",
            serde_json::json!({"key_algorithms": ["X25519"], "key_usage": ["digitalSignature"]}),
            "key_algorithms",
        ),
        (
            "tls-client",
            serde_json::json!({"subject": {"attributes": {"XX": {}}}}),
            "subject",
        ),
        (
            "tls-client",
            serde_json::json!({"subject": {"attributes": {"CN": {"most": 0}}}}),
            "subject.attributes",
        ),
        (
            "tls-client",
            serde_json::json!({"names": {"kinds": {"dns": {"fixed": ["a b"]}}}}),
            "names.kinds",
        ),
        (
            "tls-client",
            serde_json::json!({"names": {"kinds": {"dns": {"fixed": ["a.example"], "pattern": "b.*"}}}}),
            "names.kinds",
        ),
    ] {
        assert_contradiction(base, json, field);
    }
}

fn assert_contradiction(base: &str, json: serde_json::Value, field: &str) {
    let mut value = serde_json::to_value(profile(base)).unwrap();
    for (name, rule) in json.as_object().unwrap() {
        value[name] = rule.clone();
    }
    let broken: Profile = serde_json::from_value(value).unwrap();
    let said = broken.check().unwrap_err().to_string();
    assert!(
        said.contains(&format!(": {field}: ")),
        "{said}, not {field}"
    );
}
