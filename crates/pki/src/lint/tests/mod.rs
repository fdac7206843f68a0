//! Each rule is broken once by writing a TBSCertificate by hand, field by field; a rule that no case breaks fails the
//! test of its set.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use super::*;
use crate::asn1::{Writer, oid, tag};
use crate::extension::{KeyUsage, KeyUsages, basic_constraints, key_identifier};
use crate::general_name::{GeneralName, write_names};
use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};

mod cabf_other;
mod cabf_tls;
mod etsi;
mod lists;
mod rfc5280;

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

    /// Writes times, each with its tag.
    fn valid(&mut self, from: (u8, &str), to: (u8, &str)) {
        self.validity = der(|writer| {
            writer.sequence(|writer| {
                writer.tlv(from.0, from.1.as_bytes());
                writer.tlv(to.0, to.1.as_bytes());
            });
        });
    }

    /// The subject gets this one attribute: dotted type, tag, content.
    fn attribute(&mut self, dotted: &str, tag: u8, content: &[u8]) {
        self.subject = der(|writer| {
            writer.sequence(|writer| {
                writer.nest(tag::SET, |writer| {
                    writer.sequence(|writer| {
                        writer.oid(&ObjectIdentifier::new_unwrap(dotted));
                        writer.tlv(tag, content);
                    })
                });
            });
        });
    }

    /// The subject alternative name becomes this one, by tag and content.
    fn san(&mut self, tag: u8, content: &[u8]) {
        self.extension(oid::SUBJECT_ALTERNATIVE_NAME).2 =
            der(|writer| writer.sequence(|writer| writer.tlv(tag, content)));
    }

    /// The key becomes this one: AlgorithmIdentifier and octets in hexadecimal.
    fn key(&mut self, identifier: &str, octets: &str) {
        self.public_key = der(|writer| {
            writer.sequence(|writer| {
                writer.raw(&hex::decode(identifier.replace(' ', "")).unwrap());
                writer.bit_string(&hex::decode(octets.replace(' ', "")).unwrap());
            });
        });
    }
}

/// A name of a case, the draft it begins with, how that is spoilt.
type Case = (&'static str, fn() -> Draft, fn(&mut Draft));

/// Every rule of the set must be broken by its cases, and each case must break the rule that it names.
fn assert_every_rule_is_broken(set: LintSet, cases: &[Case]) {
    let mut broken = BTreeSet::new();
    for (id, draft, spoil) in cases {
        let mut draft = draft();
        assert_eq!(lint_sets(&draft.write(), &[set]), [], "before {id}");
        spoil(&mut draft);
        let findings = lint_sets(&draft.write(), &[set]);
        assert!(
            findings.iter().any(|finding| finding.rule.id == *id),
            "no {id} in {findings:?}"
        );
        broken.insert(*id);
    }
    let all: BTreeSet<&str> = Rule::all()
        .filter(|rule| rule.set == set && *rule != &LINT_FAILED && !is_of_others(rule))
        .map(|rule| rule.id)
        .collect();
    let missing: Vec<_> = all.difference(&broken).collect();
    assert!(missing.is_empty(), "no case breaks {missing:?}");
}

/// Whether the rule is one on CRLs or OCSP responses.
fn is_of_others(rule: &Rule) -> bool {
    [
        "rfc5280-list-",
        "rfc5280-response-",
        "cabf-tls-list-",
        "cabf-tls-response-",
    ]
    .iter()
    .any(|beginning| rule.id.starts_with(beginning))
}

/// An extension that is written by hand, its value in hexadecimal.
fn raw(dotted: &str, critical: bool, value: &str) -> Extension {
    (
        ObjectIdentifier::new_unwrap(dotted),
        critical,
        hex::decode(value.replace(' ', "")).unwrap(),
    )
}

/// Failure 14: a lint that crashes is a finding of severity error, so that nothing is signed.
#[test]
fn lint_that_panics_fails_closed() {
    fn broken(_: &Facts<'_>, _: &mut Findings) {
        panic!("a rule with a fault");
    }
    let findings = run(
        &Draft::leaf().write(),
        &[checks(LintSet::Rfc5280)[0], broken],
    );
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, &LINT_FAILED);
    let policy = LintPolicy {
        ignore: vec![IgnoredLint {
            id: LINT_FAILED.id.to_owned(),
            reason: "should not help".to_owned(),
        }],
        ..LintPolicy::default()
    };
    assert_eq!(policy.judge(findings).blocking.len(), 1);
}

#[test]
fn sound_drafts_have_no_findings() {
    assert_eq!(lint_tbs(&Draft::leaf().write()), []);
    assert_eq!(lint_tbs(&Draft::ca().write()), []);
}

#[test]
fn ids_are_unique_and_begin_with_their_set() {
    let mut seen = BTreeSet::new();
    for rule in Rule::all() {
        assert!(seen.insert(rule.id), "{} stands twice", rule.id);
        assert!(rule.id.starts_with(rule.set.as_str()), "{}", rule.id);
        assert!(!rule.text.ends_with('.') && !rule.citation.is_empty());
        assert_eq!(Rule::find(rule.id), Some(rule));
    }
}

#[test]
fn a_thousand_faults_are_told_in_few_words() {
    let mut draft = Draft::leaf();
    let bad = "82 03 61 5f 62".repeat(1000);
    draft.put(raw("2.5.29.17", false, &format!("30 82 1388 {bad}")));
    let findings = lint_tbs(&draft.write());
    assert!((2..40).contains(&findings.len()));
    assert!(findings.iter().all(|finding| finding.detail.len() < 310));
}

fn points(url: &str) -> Extension {
    (
        oid::CRL_DISTRIBUTION_POINTS,
        false,
        der(|writer| {
            writer.sequence(|writer| {
                writer.sequence(|writer| {
                    writer.nest(0xa0, |writer| {
                        writer.nest(0xa0, |writer| writer.tlv(0x86, url.as_bytes()))
                    })
                })
            })
        }),
    )
}

/// Authority information access with one OCSP location.
fn access(critical: bool, url: &str) -> Extension {
    (
        oid::AUTHORITY_INFORMATION_ACCESS,
        critical,
        der(|writer| {
            writer.sequence(|writer| {
                writer.sequence(|writer| {
                    writer.oid(&oid::AD_OCSP);
                    writer.tlv(0x86, url.as_bytes());
                })
            })
        }),
    )
}

/// Extended key usage with one purpose below 1.3.6.1.5.5.7.
fn purposes(critical: bool, purpose: &str) -> Extension {
    let purpose = ObjectIdentifier::new_unwrap(&format!("1.3.6.1.5.5.7.{purpose}"));
    (
        oid::EXTENDED_KEY_USAGE,
        critical,
        der(|writer| writer.sequence(|writer| writer.oid(&purpose))),
    )
}

/// The reference of all rules, as `docs/generated/lints.md` has it.
fn reference() -> String {
    let mut text = String::from(
        "<!-- generated by scripts/generate.sh; do not edit -->\n\n# The rules of the linter\n",
    );
    for set in LintSet::ALL {
        let rules: Vec<_> = Rule::all().filter(|rule| rule.set == set).collect();
        if rules.is_empty() {
            continue;
        }
        text.push_str(&format!("\n## `{set}`\n\n"));
        text.push_str("| id | severity | source | rule | since |\n|---|---|---|---|---|\n");
        for rule in rules {
            let since = rule.since.map(|date| date.to_string()).unwrap_or_default();
            text.push_str(&format!(
                "| `{}` | {} | {} | {} | {since} |\n",
                rule.id, rule.severity, rule.citation, rule.text
            ));
        }
    }
    text
}

#[test]
fn reference_lists_every_rule() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/lints.md");
    if std::env::var_os("ERS_GENERATE").is_some() {
        std::fs::write(path, reference()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == reference(),
        "docs/generated/lints.md is not what the rules say: make generate"
    );
}
