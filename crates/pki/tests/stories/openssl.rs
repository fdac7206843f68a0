//! What we encode, read by a foreign decoder: the openssl command line.
//!
//! Promises: a chain of root, sub CA and leaf verifies, for every kind of key; `x509 -text` shows what profile and request
//! said; CSRs made by openssl are read; `crl` verifies our CRL and shows its entries, and `verify -crl_check` heeds it;
//! `ocsp` reads our responses, with and without nonce, and gives good, revoked and unknown.

use crate::support::{Authority, Folder, NOW, leaf_request, profile};
use ers_pki::certificate::Certificate;
use ers_pki::crl::{self, Crl, CrlBuilder, Only, RevokedEntry, Scope};
use ers_pki::csr::Csr;
use ers_pki::inspect;
use ers_pki::issuance::{PrepareError, prepare};
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_pki::ocsp::{self, Answer, CertStatus, IssuerHashes, Responder};
use ers_pki::revocation::Reason;
use time::Duration;

const NOW_UNIX: &str = "1795348800";

#[test]
fn chains_of_every_kind_of_key_verify() {
    // larger RSA keys differ in nothing but the time that they take to make
    let quick = |algorithm: &KeyAlgorithm| algorithm.modulus_bits().is_none_or(|bits| bits <= 3072);
    for algorithm in KeyAlgorithm::signing().filter(quick) {
        let root = Authority::root(algorithm);
        let sub = root.sub("CN=Sub CA,O=Example AG,C=DE", algorithm);
        let mut server = profile("tls-server");
        server.key_algorithms = vec![algorithm];
        let leaf = sub.issue(
            &server,
            &leaf_request("", &["dns:www.example.com", "ip:192.0.2.1"], algorithm),
        );
        let folder = Folder::new();
        folder.write("root.pem", root.certificate().pem());
        folder.write("sub.pem", sub.certificate().pem());
        folder.write("leaf.pem", leaf.pem());
        let verify = [
            "verify",
            "-x509_strict",
            "-attime",
            NOW_UNIX,
            "-purpose",
            "sslserver",
            "-verify_hostname",
            "www.example.com",
        ];
        let files = ["-CAfile", "root.pem", "-untrusted", "sub.pem", "leaf.pem"];
        let said = folder.openssl(&[&verify[..], &files[..]].concat());
        assert!(said.contains("leaf.pem: OK"), "{algorithm}: {said}");
    }
}

/// RFC 4055: the parameters are exactly those that others write.
#[test]
fn chains_signed_with_pss_verify() {
    let key = KeyAlgorithm::Rsa2048;
    for (signature, shown, salt) in [
        (SignatureAlgorithm::Sha256WithRsaPss, "sha256", "0x20"),
        (SignatureAlgorithm::Sha384WithRsaPss, "sha384", "0x30"),
        (SignatureAlgorithm::Sha512WithRsaPss, "sha512", "0x40"),
    ] {
        let root = Authority::root_signing(key, signature);
        let leaf = root.issue(
            &profile("tls-server"),
            &leaf_request("", &["dns:www.example.com"], KeyAlgorithm::P256),
        );
        let folder = Folder::new();
        folder.write("root.pem", root.certificate().pem());
        folder.write("leaf.pem", leaf.pem());
        let said = folder.openssl(&[
            "verify",
            "-x509_strict",
            "-attime",
            NOW_UNIX,
            "-CAfile",
            "root.pem",
            "leaf.pem",
        ]);
        assert!(said.contains("leaf.pem: OK"), "{said}");
        let text = folder.openssl(&["x509", "-in", "leaf.pem", "-noout", "-text"]);
        for expected in [
            "Signature Algorithm: rsassaPss",
            &format!("Hash Algorithm: {shown}"),
            &format!("Mask Algorithm: mgf1 with {shown}"),
            &format!("Salt Length: {salt}"),
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }
}

#[test]
fn keys_for_agreement_are_certified_without_a_signature_of_theirs() {
    let root = Authority::root(KeyAlgorithm::P256);
    let mut encryption = profile("s-mime");
    encryption.key_algorithms = vec![KeyAlgorithm::X25519, KeyAlgorithm::X448];
    for (algorithm, shown) in [
        (KeyAlgorithm::X25519, "X25519"),
        (KeyAlgorithm::X448, "X448"),
    ] {
        let leaf = root.issue(
            &encryption,
            &leaf_request("", &["email:a@example.com"], algorithm),
        );
        let folder = Folder::new();
        folder.write("leaf.pem", leaf.pem());
        let text = folder.openssl(&["x509", "-in", "leaf.pem", "-noout", "-text"]);
        for expected in [
            &format!("Public Key Algorithm: {shown}"),
            "X509v3 Key Usage: critical\n                Key Agreement\n",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }
    // and not where only signatures are of use
    let mut signing = profile("code-signing");
    signing.key_algorithms.push(KeyAlgorithm::X25519);
    let request = leaf_request("CN=a", &[], KeyAlgorithm::X25519);
    let serial = crate::support::serial(3);
    let refused = prepare(&signing, root.issuer(), &request, serial, NOW).unwrap_err();
    assert!(
        matches!(refused, PrepareError::KeyUsage { .. }),
        "{refused}"
    );
    assert_eq!(refused.field(), Some("public_key"));
}

#[test]
fn text_shows_what_was_asked_for() {
    let root = Authority::root(KeyAlgorithm::P256).with_urls();
    let names = ["dns:*.example.com", "ip:2001:db8::1"];
    let leaf = root.issue(
        &profile("tls-server"),
        &leaf_request("", &names, KeyAlgorithm::Rsa2048),
    );
    let folder = Folder::new();
    folder.write("leaf.pem", leaf.pem());
    let text = folder.openssl(&[
        "x509", "-in", "leaf.pem", "-noout", "-text", "-nameopt", "rfc2253",
    ]);
    for expected in [
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN=Test Root CA,O=Example AG,C=DE",
        "Not Before: Nov 22 11:00:00 2026 GMT",
        "Not After : Feb 20 10:59:59 2027 GMT",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "TLS Web Server Authentication",
        "X509v3 Subject Alternative Name: critical\n                DNS:*.example.com, IP Address:2001:DB8:0:0:0:0:0:1",
        "URI:http://pki.example/crl",
        "OCSP - URI:http://pki.example/ocsp",
        "CA Issuers - URI:http://pki.example/ca.cer",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let root_text = {
        folder.write("root.pem", root.certificate().pem());
        folder.openssl(&["x509", "-in", "root.pem", "-noout", "-text"])
    };
    assert!(
        root_text.contains("CA:TRUE") && root_text.contains("Certificate Sign, CRL Sign"),
        "{root_text}"
    );
}

#[test]
fn names_and_other_kinds_are_understood() {
    let root = Authority::root(KeyAlgorithm::P256);
    let subject = "CN=M\\C3\\BCller\\, Anna,emailAddress=a@example.com,O=Example AG,C=DE";
    let names = [
        "email:a@example.com",
        "uri:spiffe://ers/a",
        "upn:anna@example.com",
    ];
    let mut client = profile("tls-client");
    client.certificate_policies = vec!["1.3.6.1.4.1.99999.1".parse().unwrap()];
    let leaf = root.issue(
        &client,
        &leaf_request(subject, &names, KeyAlgorithm::Ed25519),
    );
    assert_eq!(leaf.certificate_policies().len(), 1);
    let folder = Folder::new();
    folder.write("leaf.der", leaf.der());
    let text = folder.openssl(&[
        "x509", "-inform", "DER", "-in", "leaf.der", "-noout", "-text", "-nameopt", "RFC2253",
    ]);
    for expected in [
        "Subject: CN=M\\C3\\BCller\\, Anna,emailAddress=a@example.com,O=Example AG,C=DE",
        "email:a@example.com, URI:spiffe://ers/a, othername: UPN::anna@example.com",
        "Policy: 1.3.6.1.4.1.99999.1",
        "ED25519",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn requests_of_openssl_are_read() {
    let folder = Folder::new();
    for (number, key) in [
        ["-newkey", "rsa:2048", "-sha512"],
        ["-newkey", "ec:p256.pem", "-sha384"],
        ["-newkey", "ed25519", "-sha256"],
    ]
    .into_iter()
    .enumerate()
    {
        folder.openssl(&["ecparam", "-name", "prime256v1", "-out", "p256.pem"]);
        let file = format!("{number}.csr");
        let names = "subjectAltName=DNS:WWW.Example.com,DNS:*.example.com,IP:192.0.2.1,email:a@example.com,URI:urn:x:y";
        let fixed = [
            "req",
            "-new",
            "-nodes",
            "-keyout",
            "key.pem",
            "-subj",
            "/C=DE/O=Example AG/CN=www.example.com",
            "-addext",
            names,
        ];
        folder.openssl(
            &[
                &fixed[..],
                &["-addext", "basicConstraints=CA:TRUE", "-out", &file],
                &key[..],
            ]
            .concat(),
        );
        let csr = Csr::from_pem(&folder.read(&file)).unwrap();
        assert_eq!(
            csr.subject().to_string(),
            "CN=www.example.com,O=Example AG,C=DE"
        );
        let names: Vec<String> = csr.names().iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "dns:www.example.com",
                "dns:*.example.com",
                "ip:192.0.2.1",
                "email:a@example.com",
                "uri:urn:x:y"
            ]
        );
        assert_eq!(csr.challenge_password(), None);
    }
}

fn revoked(number: u8, reason: Reason) -> RevokedEntry {
    RevokedEntry {
        serial: crate::support::serial(number),
        at: NOW - Duration::hours(1),
        reason,
        invalidity_date: None,
    }
}

fn crl_of(authority: &Authority, number: u64, entries: Vec<RevokedEntry>) -> Crl {
    let prepared = crl::prepare(
        authority.issuer(),
        number,
        NOW,
        NOW + Duration::days(1),
        entries,
    )
    .unwrap();
    let facts = inspect::crl(prepared.to_be_signed()).unwrap();
    assert_eq!((facts.number, facts.is_complete), (number, true));
    assert_eq!(facts.issuer_der, authority.certificate().subject().to_der());
    let signature = authority.sign(prepared.signature_algorithm(), prepared.to_be_signed());
    prepared.assemble(&signature).unwrap()
}

#[test]
fn crl_is_verified_and_heeded() {
    let root = Authority::root(KeyAlgorithm::P256);
    let sub = root.sub("CN=Sub CA,O=Example AG,C=DE", KeyAlgorithm::Rsa2048);
    let leaf = sub.issue(
        &profile("tls-server"),
        &leaf_request("", &["dns:a.example"], KeyAlgorithm::P256),
    );
    let entry = RevokedEntry {
        serial: leaf.serial(),
        ..revoked(0, Reason::KeyCompromise)
    };
    let list = crl_of(&sub, 7, vec![entry, revoked(77, Reason::Unspecified)]);
    list.verify_signed_by(sub.certificate()).unwrap();
    let folder = Folder::new();
    folder.write("root.pem", root.certificate().pem());
    folder.write("sub.pem", sub.certificate().pem());
    folder.write("leaf.pem", leaf.pem());
    folder.write("sub.crl", list.pem());
    let text = folder.openssl(&[
        "crl", "-in", "sub.crl", "-CAfile", "sub.pem", "-noout", "-text",
    ]);
    for expected in [
        "Version 2 (0x1)",
        "X509v3 CRL Number: \n                7",
        "Key Compromise",
        "Last Update: Nov 22 12:00:00 2026 GMT",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert_eq!(text.matches("X509v3 CRL Reason Code").count(), 1);
    let verified =
        folder.openssl_stderr(&["crl", "-in", "sub.crl", "-CAfile", "sub.pem", "-noout"]);
    assert!(verified.contains("verify OK"), "{verified}");
    let fixed = [
        "verify",
        "-attime",
        NOW_UNIX,
        "-CAfile",
        "root.pem",
        "-untrusted",
        "sub.pem",
        "-CRLfile",
        "sub.crl",
    ];
    let said = folder.openssl_stderr(&[&fixed[..], &["-crl_check", "leaf.pem"]].concat());
    assert!(said.contains("certificate revoked"), "{said}");
    folder.write("sub.crl", crl_of(&sub, 8, Vec::new()).pem());
    let said = folder.openssl(&[&fixed[..], &["-crl_check", "leaf.pem"]].concat());
    assert!(said.contains("leaf.pem: OK"), "{said}");
    let text = folder.openssl(&["crl", "-in", "sub.crl", "-noout", "-text"]);
    assert!(text.contains("No Revoked Certificates"), "{text}");
}

fn scoped_crl(authority: &Authority, number: u64, scope: Scope, entries: &[RevokedEntry]) -> Crl {
    let next = NOW + Duration::days(1);
    let mut builder =
        CrlBuilder::new(authority.issuer(), number, NOW, next, scope, entries.len()).unwrap();
    entries
        .iter()
        .for_each(|entry| builder.push(entry).unwrap());
    let prepared = builder.finish().unwrap();
    let signature = authority.sign(prepared.signature_algorithm(), prepared.to_be_signed());
    prepared.assemble(&signature).unwrap()
}

/// Failure 27: a delta CRL is read with its base as its issuer means it.
#[test]
fn openssl_heeds_a_delta_crl_with_its_base() {
    let root = Authority::root(KeyAlgorithm::P256);
    let leaf = root.issue(
        &profile("tls-server"),
        &leaf_request("", &["dns:a.example"], KeyAlgorithm::P256),
    );
    let of_leaf = |reason| RevokedEntry {
        serial: leaf.serial(),
        ..revoked(0, reason)
    };
    let base = |entries: &[RevokedEntry]| {
        let freshest = vec!["http://a.example/crl/root.delta.crl".to_owned()];
        let scope = Scope {
            freshest,
            ..Scope::default()
        };
        scoped_crl(&root, 4, scope, entries)
    };
    let delta = |entries: &[RevokedEntry]| {
        let scope = Scope {
            base: Some(4),
            ..Scope::default()
        };
        scoped_crl(&root, 5, scope, entries)
    };
    let held = of_leaf(Reason::CertificateHold);
    let released = of_leaf(Reason::RemoveFromCrl);
    let folder = Folder::new();
    folder.write("root.pem", root.certificate().pem());
    folder.write("leaf.pem", leaf.pem());
    let fixed = [
        "verify",
        "-attime",
        NOW_UNIX,
        "-CAfile",
        "root.pem",
        "-crl_check",
        "-use_deltas",
        "-CRLfile",
        "both.crl",
        "leaf.pem",
    ];
    for (base, delta, revoked) in [
        (base(&[]), delta(&[]), false),
        (base(&[]), delta(&[held]), true),
        (base(&[held]), delta(&[]), true),
        (base(&[held]), delta(&[released]), false),
    ] {
        folder.write("both.crl", format!("{}{}", base.pem(), delta.pem()));
        if revoked {
            let said = folder.openssl_stderr(&fixed);
            assert!(said.contains("certificate revoked"), "{said}");
        } else {
            let said = folder.openssl(&fixed);
            assert!(said.contains("leaf.pem: OK"), "{said}");
        }
    }
    folder.write("both.crl", delta(&[held]).pem());
    let text = folder.openssl(&["crl", "-in", "both.crl", "-noout", "-text"]);
    assert!(
        text.contains("X509v3 Delta CRL Indicator: critical"),
        "{text}"
    );
}

#[test]
fn openssl_reads_the_scope_of_a_partition_and_the_invalidity_date() {
    let root = Authority::root(KeyAlgorithm::P256);
    let scope = Scope {
        distribution_points: vec!["http://a.example/crl/root.p3.crl".into()],
        only: Only::UserCertificates,
        freshest: vec!["http://a.example/crl/root.p3.delta.crl".into()],
        expired_since: Some(NOW),
        base: None,
    };
    let entry = RevokedEntry {
        invalidity_date: Some(NOW - Duration::days(400)),
        ..revoked(1, Reason::AffiliationChanged)
    };
    let folder = Folder::new();
    folder.write("part.crl", scoped_crl(&root, 4, scope, &[entry]).pem());
    let text = folder.openssl(&["crl", "-in", "part.crl", "-noout", "-text"]);
    for expected in [
        "X509v3 Issuing Distribution Point: critical",
        "URI:http://a.example/crl/root.p3.crl",
        "Only User Certificates",
        "X509v3 Freshest CRL",
        "URI:http://a.example/crl/root.p3.delta.crl",
        "Invalidity Date: \n                Oct 18 12:00:00 2025 GMT",
        "Affiliation Changed",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

/// Asks with openssl, answers with ours, has openssl judge the answer.
fn ask(
    folder: &Folder,
    sub: &Authority,
    responder: &Responder,
    key: &crate::support::Holder,
    leaf: &Certificate,
    options: &[&str],
    status: CertStatus,
) -> String {
    folder.write("leaf.pem", leaf.pem());
    let fixed = ["ocsp", "-issuer", "sub.pem"];
    folder.openssl(
        &[
            &fixed[..],
            options,
            &["-cert", "leaf.pem", "-reqout", "request.der"],
        ]
        .concat(),
    );
    let request = ocsp::Request::from_der(&folder.read_bytes("request.der")).unwrap();
    assert_eq!(ocsp::Request::from_der(&request.to_der()).unwrap(), request);
    let id = &request.cert_ids()[0];
    assert!(IssuerHashes::new(sub.certificate()).matches(id));
    assert_eq!(id.serial(), Some(leaf.serial()));
    let answer = Answer {
        cert_id: id.clone(),
        status,
        this_update: NOW,
        next_update: Some(NOW + Duration::hours(1)),
    };
    let prepared = ocsp::prepare(responder, &[answer], NOW, request.nonce()).unwrap();
    let facts = inspect::ocsp(prepared.to_be_signed()).unwrap();
    assert_eq!((facts.answers, facts.produced_at), (1, NOW));
    let key_identifier = responder.certificate().public_key().key_identifier();
    assert_eq!(
        facts.responder_id,
        inspect::ResponderId::Key(key_identifier)
    );
    let signature = key.sign(prepared.signature_algorithm(), prepared.to_be_signed());
    folder.write("response.der", prepared.assemble(&signature).unwrap());
    let judge = [
        "-CAfile",
        "root.pem",
        "-verify_other",
        "sub.pem",
        "-attime",
        NOW_UNIX,
        "-respin",
        "response.der",
        "-reqin",
        "request.der",
    ];
    let age = ["-validity_period", "2000000000", "-text"];
    folder.openssl_both(&[&["ocsp"][..], &judge[..], &age[..]].concat())
}

#[test]
fn ocsp_responses_are_believed() {
    let root = Authority::root(KeyAlgorithm::P256);
    let sub = root.sub("CN=Sub CA,O=Example AG,C=DE", KeyAlgorithm::P256);
    let leaf = sub.issue(
        &profile("tls-server"),
        &leaf_request("", &["dns:a.example"], KeyAlgorithm::P256),
    );
    let (signer, key) =
        sub.issue_with_key(&profile("ocsp-signer"), "CN=OCSP 1", KeyAlgorithm::P256);
    let algorithm = SignatureAlgorithm::default_for(KeyAlgorithm::P256);
    let responder = Responder::new(signer, sub.certificate(), algorithm).unwrap();
    let folder = Folder::new();
    folder.write("root.pem", root.certificate().pem());
    folder.write("sub.pem", sub.certificate().pem());
    let said = ask(
        &folder,
        &sub,
        &responder,
        &key,
        &leaf,
        &[],
        CertStatus::Good,
    );
    assert!(
        said.contains("Response verify OK") && said.contains("Cert Status: good"),
        "{said}"
    );
    assert!(!said.contains("WARNING"), "{said}");
    let status = CertStatus::Revoked {
        at: NOW - Duration::hours(1),
        reason: Reason::Superseded,
    };
    let said = ask(
        &folder,
        &sub,
        &responder,
        &key,
        &leaf,
        &["-no_nonce"],
        status,
    );
    assert!(
        said.contains("Response verify OK")
            && said.contains("Cert Status: revoked")
            && said.contains("Revocation Reason: superseded"),
        "{said}"
    );
    let said = ask(
        &folder,
        &sub,
        &responder,
        &key,
        &leaf,
        &["-sha256"],
        CertStatus::Unknown,
    );
    assert!(
        said.contains("Response verify OK") && said.contains("Cert Status: unknown"),
        "{said}"
    );
    // the CA's own key
    let responder =
        Responder::new(sub.certificate().clone(), sub.certificate(), algorithm).unwrap();
    let said = ask(
        &folder,
        &sub,
        &responder,
        sub.holder(),
        &leaf,
        &[],
        CertStatus::Good,
    );
    assert!(
        said.contains("Response verify OK") && said.contains("Cert Status: good"),
        "{said}"
    );
}

#[test]
fn openssl_reads_why_there_is_no_answer() {
    let folder = Folder::new();
    for (status, word) in [
        (ocsp::ResponseStatus::MalformedRequest, "malformedrequest"),
        (ocsp::ResponseStatus::TryLater, "trylater"),
        (ocsp::ResponseStatus::Unauthorized, "unauthorized"),
        (ocsp::ResponseStatus::InternalError, "internalerror"),
        (ocsp::ResponseStatus::SigRequired, "sigrequired"),
    ] {
        folder.write("response.der", ocsp::error_response(status));
        assert!(
            folder
                .openssl_both(&["ocsp", "-respin", "response.der", "-text"])
                .contains(word)
        );
    }
}
