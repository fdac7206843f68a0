//! Each rule is broken once by writing a TBSCertificate by hand, field by field.

use const_oid::ObjectIdentifier;

use super::*;
use crate::asn1::{Writer, oid, tag};
use crate::extension::{
    KeyUsage, KeyUsages, basic_constraints, crl_distribution_points, key_identifier,
};
use crate::general_name::{GeneralName, write_names};
use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};

type Extension = (ObjectIdentifier, bool, Vec<u8>);

/// A TBSCertificate that can be spoilt anywhere.
struct Draft {
    version: Vec<u8>,
    serial: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    validity: Vec<u8>,
    subject: Vec<u8>,
    public_key: Vec<u8>,
    unique: Vec<u8>,
    extensions: Vec<Extension>,
}

fn der(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.finish()
}

fn name(text: &str) -> Vec<u8> {
    text.parse::<crate::name::Name>().unwrap().to_der().to_vec()
}

/// The value of an extension that is written whole.
fn value_of(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let list = der(|writer| writer.sequence(write));
    crate::extension::read_all(&list).unwrap()[0].value.to_vec()
}

fn usage(usages: &[KeyUsage]) -> Extension {
    let usages: KeyUsages = usages.iter().copied().collect();
    (
        oid::KEY_USAGE,
        true,
        value_of(|writer| usages.write(writer)),
    )
}

fn constraints(ca: bool, path_length: Option<u32>) -> Extension {
    let constraints = basic_constraints::BasicConstraints { ca, path_length };
    (
        oid::BASIC_CONSTRAINTS,
        true,
        value_of(|writer| basic_constraints::write(writer, constraints)),
    )
}

fn names(names: &[&str]) -> Extension {
    let names: Vec<GeneralName> = names.iter().map(|name| name.parse().unwrap()).collect();
    (
        oid::SUBJECT_ALTERNATIVE_NAME,
        false,
        der(|writer| write_names(writer, &names)),
    )
}

impl Draft {
    fn leaf() -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        Self {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: der(|writer| writer.tlv(tag::INTEGER, &[0x11; 20])),
            algorithm: der(|writer| SignatureAlgorithm::Sha256WithEcdsa.write(writer)),
            issuer: name("CN=CA"),
            validity: der(|writer| {
                writer.sequence(|writer| {
                    writer.tlv(tag::UTC_TIME, b"260101000000Z");
                    writer.tlv(tag::UTC_TIME, b"270101000000Z");
                });
            }),
            subject: name("CN=leaf"),
            public_key: key.public_key().spki_der().to_vec(),
            unique: Vec::new(),
            extensions: vec![
                (
                    oid::AUTHORITY_KEY_IDENTIFIER,
                    false,
                    value_of(|writer| key_identifier::write_authority(writer, &[1; 20])),
                ),
                (
                    oid::SUBJECT_KEY_IDENTIFIER,
                    false,
                    value_of(|writer| key_identifier::write_subject(writer, &[2; 20])),
                ),
                usage(&[KeyUsage::DigitalSignature]),
                constraints(false, None),
                names(&["dns:a.example"]),
            ],
        }
    }

    fn ca() -> Self {
        let mut draft = Self::leaf();
        draft.put(usage(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]));
        draft.put(constraints(true, Some(0)));
        draft
    }

    fn put(&mut self, extension: Extension) {
        self.drop(extension.0);
        self.extensions.push(extension);
    }

    fn drop(&mut self, oid: ObjectIdentifier) {
        self.extensions.retain(|(known, ..)| *known != oid);
    }

    fn extension(&mut self, oid: ObjectIdentifier) -> &mut Extension {
        self.extensions
            .iter_mut()
            .find(|(known, ..)| *known == oid)
            .unwrap()
    }

    fn write(&self) -> Vec<u8> {
        der(|writer| {
            writer.sequence(|writer| {
                let fields = [
                    &self.version,
                    &self.serial,
                    &self.algorithm,
                    &self.issuer,
                    &self.validity,
                    &self.subject,
                ];
                fields.iter().for_each(|field| writer.raw(field));
                writer.raw(&self.public_key);
                writer.raw(&self.unique);
                if self.extensions.is_empty() {
                    return;
                }
                writer.nest(tag::context_constructed(3), |writer| {
                    writer.sequence(|writer| {
                        for (oid, critical, value) in &self.extensions {
                            crate::extension::write(writer, oid, *critical, |writer| {
                                writer.raw(value)
                            });
                        }
                    });
                });
            });
        })
    }

    /// What the linter says after the draft was spoilt; before that it says nothing.
    fn spoilt(mut self, spoil: impl FnOnce(&mut Self)) -> Vec<Finding> {
        assert_eq!(lint_tbs(&self.write()), []);
        spoil(&mut self);
        lint_tbs(&self.write())
    }
}

#[track_caller]
fn assert_error(findings: &[Finding], rule: &str) {
    let found = findings
        .iter()
        .any(|finding| finding.rule == rule && finding.severity == Severity::Error);
    assert!(found, "no {rule} in {findings:?}");
}

#[test]
fn sound_drafts_have_no_findings() {
    assert_eq!(lint_tbs(&Draft::leaf().write()), []);
    assert_eq!(lint_tbs(&Draft::ca().write()), []);
}

#[test]
fn structure_must_be_readable() {
    assert_error(&lint_tbs(b"rubbish"), "RFC 5280 §4.1");
    let mut bytes = Draft::leaf().write();
    bytes.push(0);
    assert_error(&lint_tbs(&bytes), "RFC 5280 §4.1");
    // twice the same extension
    let findings = Draft::leaf().spoilt(|draft| draft.extensions.push(constraints(false, None)));
    assert_error(&findings, "RFC 5280 §4.1");
    // GeneralizedTime before 2050
    let findings = Draft::leaf().spoilt(|draft| {
        draft.validity = der(|writer| {
            writer.sequence(|writer| {
                writer.tlv(tag::GENERALIZED_TIME, b"20260101000000Z");
                writer.tlv(tag::UTC_TIME, b"270101000000Z");
            });
        });
    });
    assert_error(&findings, "RFC 5280 §4.1");
    // the path length of -1
    let findings = Draft::ca().spoilt(|draft| {
        draft.extension(oid::BASIC_CONSTRAINTS).2 = vec![0x30, 6, 1, 1, 0xff, 2, 1, 0xff]
    });
    assert_error(&findings, "RFC 5280 §4.2");
}

#[test]
fn version_serial_and_algorithm_are_judged() {
    let findings = Draft::leaf().spoilt(|draft| {
        draft.version = Vec::new();
        draft.extensions.clear();
    });
    assert_error(&findings, "RFC 5280 §4.1.2.1");
    for serial in [&[0_u8][..], &[0x80], &[0x11; 21], &[0, 1]] {
        let findings = Draft::leaf()
            .spoilt(|draft| draft.serial = der(|writer| writer.tlv(tag::INTEGER, serial)));
        assert_error(&findings, "RFC 5280 §4.1.2.2");
    }
    let findings = Draft::leaf().spoilt(|draft| draft.serial = der(|writer| writer.integer(7)));
    assert_error(&findings, "CA/Browser Forum BR §7.1");
    // sha1WithRSAEncryption
    let sha1 = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
    let findings = Draft::leaf().spoilt(|draft| {
        draft.algorithm = der(|writer| writer.sequence(|writer| writer.oid(&sha1)))
    });
    assert_error(&findings, "RFC 5280 §4.1.1.2");
    let findings = Draft::leaf().spoilt(|draft| draft.unique = vec![0x81, 2, 0, 1]);
    assert_error(&findings, "RFC 5280 §4.1.2.8");
}

#[test]
fn validity_must_not_run_backwards() {
    let findings = Draft::leaf().spoilt(|draft| {
        draft.validity = der(|writer| {
            writer.sequence(|writer| {
                writer.tlv(tag::UTC_TIME, b"270101000000Z");
                writer.tlv(tag::UTC_TIME, b"260101000000Z");
            });
        });
    });
    assert_error(&findings, "RFC 5280 §4.1.2.5");
}

#[test]
fn names_are_judged() {
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.issuer = vec![0x30, 0]),
        "RFC 5280 §4.1.2.4",
    );
    let bmp = vec![
        0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 0x1e, 2, 0, b'h',
    ];
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.subject = bmp),
        "RFC 5280 §4.1.2.4 and appendix A.1",
    );
    let findings = Draft::leaf().spoilt(|draft| draft.subject = vec![0x30, 2, 0x31, 0]);
    assert_error(&findings, "RFC 5280 §4.1.2.6");
    assert_error(
        &Draft::ca().spoilt(|draft| draft.subject = vec![0x30, 0]),
        "RFC 5280 §4.1.2.6",
    );
    let findings = Draft::leaf().spoilt(|draft| {
        draft.subject = vec![0x30, 0];
        draft.drop(oid::SUBJECT_ALTERNATIVE_NAME);
    });
    assert_error(&findings, "RFC 5280 §4.1.2.6");
    // empty subject and a SAN that is not critical
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.subject = vec![0x30, 0]),
        "RFC 5280 §4.2.1.6",
    );
    let spelt = |value: &[u8]| {
        let value = value.to_vec();
        Draft::leaf().spoilt(|draft| draft.extension(oid::SUBJECT_ALTERNATIVE_NAME).2 = value)
    };
    assert_error(&spelt(&[0x30, 0]), "RFC 5280 §4.2.1.6");
    assert_error(&spelt(b"\x30\x05\x82\x03a!b"), "RFC 5280 §4.2.1.6");
    assert_error(&spelt(b"\x30\x05\x82\x03A.b"), "RFC 5280 §4.2.1.6");
    let twice = spelt(b"\x30\x0a\x82\x03a.b\x82\x03a.b");
    assert_eq!(twice[0].severity, Severity::Warning);
}

#[test]
fn criticality_is_judged() {
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.extension(oid::KEY_USAGE).1 = false),
        "RFC 5280 §4.2.1.3",
    );
    let findings =
        Draft::leaf().spoilt(|draft| draft.extension(oid::AUTHORITY_KEY_IDENTIFIER).1 = true);
    assert_error(&findings, "RFC 5280 §4.2.1.1");
    assert_error(
        &Draft::ca().spoilt(|draft| draft.extension(oid::BASIC_CONSTRAINTS).1 = false),
        "RFC 5280 §4.2.1.9",
    );
}

#[test]
fn key_usage_must_fit_key_and_purpose() {
    let findings = Draft::leaf().spoilt(|draft| draft.put(usage(&[KeyUsage::KeyEncipherment])));
    assert_error(&findings, "RFC 3279 §2.3, RFC 8813 §3, RFC 8410 §5");
    let findings = Draft::leaf().spoilt(|draft| draft.put(usage(&[KeyUsage::EncipherOnly])));
    assert_error(&findings, "RFC 5280 §4.2.1.3");
    let ocsp = value_of(|writer| {
        crate::extension::write_extended_key_usage(writer, &[crate::ExtendedKeyUsage::OCSP_SIGNING])
    });
    let findings = Draft::leaf().spoilt(|draft| {
        draft.put((oid::EXTENDED_KEY_USAGE, false, ocsp));
        draft.put(usage(&[KeyUsage::KeyAgreement]));
    });
    assert_error(&findings, "RFC 6960 §4.2.2.2");
    let findings = Draft::leaf().spoilt(|draft| draft.put((oid::OCSP_NO_CHECK, false, vec![1])));
    assert_error(&findings, "RFC 6960 §4.2.2.2.1");
}

#[test]
fn urls_must_be_absolute_and_should_be_plain() {
    let points = |url: &str| {
        (
            oid::CRL_DISTRIBUTION_POINTS,
            false,
            value_of(|writer| crl_distribution_points::write(writer, &[url])),
        )
    };
    let findings = Draft::leaf().spoilt(|draft| draft.put(points("crl/ca.crl")));
    assert_error(&findings, "RFC 5280 §4.2.1.13");
    let findings = Draft::leaf().spoilt(|draft| draft.put(points("https://pki.example/crl")));
    assert_eq!(findings[0].severity, Severity::Warning);
}

#[test]
fn ca_certificates_must_have_what_chains_need() {
    assert_error(
        &Draft::ca().spoilt(|draft| draft.drop(oid::SUBJECT_KEY_IDENTIFIER)),
        "RFC 5280 §4.2.1.2",
    );
    assert_error(
        &Draft::ca().spoilt(|draft| draft.put(usage(&[KeyUsage::CrlSign]))),
        "RFC 5280 §4.2.1.3",
    );
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.drop(oid::AUTHORITY_KEY_IDENTIFIER)),
        "RFC 5280 §4.2.1.1",
    );
}

#[test]
fn other_certificates_must_not_look_like_a_ca() {
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.put(usage(&[KeyUsage::KeyCertSign]))),
        "RFC 5280 §4.2.1.9",
    );
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.put(constraints(false, Some(0)))),
        "RFC 5280 §4.2.1.9",
    );
    let constrained = (
        oid::NAME_CONSTRAINTS,
        true,
        b"\x30\x09\xa0\x07\x30\x05\x82\x03a.b".to_vec(),
    );
    assert_error(
        &Draft::leaf().spoilt(|draft| draft.put(constrained)),
        "RFC 5280 §4.2.1.10",
    );
    let findings = Draft::leaf().spoilt(|draft| draft.drop(oid::SUBJECT_KEY_IDENTIFIER));
    assert_eq!(findings[0].severity, Severity::Warning);
}
