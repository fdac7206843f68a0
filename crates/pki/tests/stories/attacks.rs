//! Requests that mean harm, made by openssl as an attacker would.
//!
//! Promises: weak keys are refused before anything else is looked at; names that deceive are refused; what a request says
//! of itself beside its names never gets into a certificate.

use ers_pki::csr::{Csr, CsrError};
use ers_pki::issuance::{PrepareError, Request, prepare};
use ers_pki::key::{KeyAlgorithm, KeyError};
use ers_pki::lint::{LintSet, lint_sets};
use ers_pki::name::Name;
use ers_pki::{ExtendedKeyUsage, KeyUsage};

use crate::support::{Authority, Folder, NOW, profile, serial};

/// A CSR with these further arguments to `openssl req`.
fn csr(arguments: &[&str]) -> Result<Csr, CsrError> {
    let folder = Folder::new();
    let fixed = [
        "req", "-new", "-nodes", "-keyout", "key.pem", "-out", "a.csr",
    ];
    folder.openssl(&[&fixed[..], arguments].concat());
    Csr::from_pem(&folder.read("a.csr"))
}

/// Failure 34: keys too short, and exponents that open the door to old attacks.
#[test]
fn weak_keys_of_openssl_are_refused() {
    for (key, options) in [
        ("rsa:1024", vec![]),
        ("rsa:2040", vec![]),
        ("rsa:2048", vec!["-pkeyopt", "rsa_keygen_pubexp:3"]),
    ] {
        let mut arguments = vec!["-newkey", key, "-subj", "/CN=a"];
        arguments.extend(options);
        let refused = csr(&arguments).unwrap_err();
        assert!(
            matches!(
                refused,
                CsrError::Key(KeyError::ModulusSize { .. } | KeyError::Exponent)
            ),
            "{key}: {refused:?}"
        );
    }
}

/// Failure 41: a request that asks to be a CA, and for other purposes, is answered by the profile alone.
#[test]
fn requests_to_be_a_ca_or_to_sign_code_are_not_heard() {
    let request = csr(&[
        "-newkey",
        "ed25519",
        "-subj",
        "/CN=www.example.com",
        "-addext",
        "subjectAltName=DNS:www.example.com",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-addext",
        "extendedKeyUsage=codeSigning,OCSPSigning",
        "-addext",
        "nameConstraints=permitted;DNS:com",
    ])
    .unwrap();
    let root = Authority::root(KeyAlgorithm::P256);
    let wanted = Request {
        subject: request.subject().clone(),
        names: request.names().to_vec(),
        ..Request::new(request.public_key().clone())
    };
    let certificate = root.issue(&profile("tls-server"), &wanted);
    assert!(!certificate.is_ca() && !certificate.may_sign_certificates());
    assert_eq!(
        certificate.extended_key_usages(),
        [ExtendedKeyUsage::SERVER_AUTH]
    );
    assert!(
        !certificate
            .key_usages()
            .unwrap()
            .contains(KeyUsage::KeyCertSign)
    );
    assert_eq!(
        lint_sets(certificate.to_be_signed(), &[LintSet::Rfc5280]),
        []
    );
}

/// Failure 40: common names that are too long, and more names than anyone needs.
#[test]
fn names_without_measure_are_refused() {
    let long = "x".repeat(65);
    assert!(Name::with_common_name(&long).is_err());
    assert!(Name::with_common_name("a\0b").is_err());
    let many: Vec<String> = (0..101)
        .map(|number| format!("DNS:n{number}.example"))
        .collect();
    let names = format!("subjectAltName={}", many.join(","));
    let refused = csr(&["-newkey", "ed25519", "-subj", "/CN=a", "-addext", &names]).unwrap_err();
    assert_eq!(refused, CsrError::TooManyNames);
}

/// Failure 40: string types of old in the subject.
#[test]
fn subjects_in_strings_of_old_are_not_certified() {
    let folder = Folder::new();
    for mask in ["MASK:0x0800", "MASK:0x0004"] {
        folder.write(
            "req.cnf",
            format!(
                "[req]\nprompt=no\nstring_mask={mask}\ndistinguished_name=d\n[d]\nO=M\\xfcller\n"
            ),
        );
        let fixed = [
            "req", "-new", "-nodes", "-newkey", "ed25519", "-keyout", "k",
        ];
        folder.openssl(&[&fixed[..], &["-config", "req.cnf", "-out", "a.csr"]].concat());
        let csr = Csr::from_pem(&folder.read("a.csr")).unwrap();
        let root = Authority::root(KeyAlgorithm::P256);
        let wanted = Request {
            subject: csr.subject().clone(),
            ..Request::new(csr.public_key().clone())
        };
        let refused = prepare(
            &profile("tls-client"),
            root.issuer(),
            &wanted,
            serial(9),
            NOW,
        )
        .unwrap_err();
        assert!(matches!(refused, PrepareError::Subject(_)), "{refused:?}");
    }
}
