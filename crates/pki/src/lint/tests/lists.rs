//! The rules on CRLs and OCSP responses, each broken once by writing the bytes by hand.

use super::*;
use crate::lint::{LintAction, judge_crl, judge_response};

/// RFC 5280 and the Forum's rules, neither of which drops a finding.
fn both() -> LintPolicy {
    LintPolicy {
        sets: [(LintSet::CabfTls, LintAction::Block)].into(),
        ..LintPolicy::default()
    }
}

fn all(verdict: Verdict) -> Vec<Finding> {
    [verdict.blocking, verdict.reported].concat()
}

fn hex(text: &str) -> Vec<u8> {
    ::hex::decode(text.replace(' ', "")).unwrap()
}

/// Serial number, time and extensions.
type Entry = (Vec<u8>, Vec<u8>, Vec<Extension>);

/// A TBSCertList that can be spoilt anywhere.
struct List {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    /// `None`: no list.
    entries: Option<Vec<Entry>>,
    extensions: Vec<Extension>,
}

fn utc(text: &str) -> Vec<u8> {
    der(|writer| writer.tlv(tag::UTC_TIME, text.as_bytes()))
}

fn generalized(text: &str) -> Vec<u8> {
    der(|writer| writer.tlv(tag::GENERALIZED_TIME, text.as_bytes()))
}

fn serial(octet: u8) -> Vec<u8> {
    der(|writer| writer.tlv(tag::INTEGER, &[octet; 8]))
}

impl List {
    fn sound() -> Self {
        Self {
            version: vec![2, 1, 1],
            algorithm: der(|writer| SignatureAlgorithm::Sha256WithEcdsa.write(writer)),
            issuer: name("CN=CA"),
            this_update: utc("260101000000Z"),
            next_update: utc("260108000000Z"),
            entries: Some(vec![
                (
                    serial(0x11),
                    utc("251231000000Z"),
                    vec![raw("2.5.29.21", false, "0a0101")],
                ),
                (serial(0x12), utc("251231000000Z"), Vec::new()),
            ]),
            extensions: vec![
                (
                    oid::AUTHORITY_KEY_IDENTIFIER,
                    false,
                    value_of(|writer| key_identifier::write_authority(writer, &[1; 20])),
                ),
                raw("2.5.29.20", false, "020105"),
            ],
        }
    }

    fn partition() -> Self {
        let mut list = Self::sound();
        list.put(raw(
            "2.5.29.28",
            true,
            "3018 a016 a014 8612 687474703a2f2f612e622f7031 2e63726c21",
        ));
        list
    }

    fn delta() -> Self {
        let mut list = Self::sound();
        list.put(raw("2.5.29.27", true, "020104"));
        list
    }

    fn put(&mut self, extension: Extension) {
        self.extensions.retain(|(known, ..)| *known != extension.0);
        self.extensions.push(extension);
    }

    /// The first entry has this extension and no other.
    fn entry(&mut self, extension: Extension) {
        self.entries.as_mut().unwrap()[0].2 = vec![extension];
    }

    fn write(&self) -> Vec<u8> {
        let write_extensions = |writer: &mut Writer, extensions: &[Extension]| {
            writer.sequence(|writer| {
                for (oid, critical, value) in extensions {
                    crate::extension::write(writer, oid, *critical, |writer| writer.raw(value));
                }
            });
        };
        der(|writer| {
            writer.sequence(|writer| {
                for field in [
                    &self.version,
                    &self.algorithm,
                    &self.issuer,
                    &self.this_update,
                    &self.next_update,
                ] {
                    writer.raw(field);
                }
                if let Some(entries) = &self.entries {
                    writer.sequence(|writer| {
                        for (serial, at, extensions) in entries {
                            writer.sequence(|writer| {
                                writer.raw(serial);
                                writer.raw(at);
                                if !extensions.is_empty() {
                                    write_extensions(writer, extensions);
                                }
                            });
                        }
                    });
                }
                if !self.extensions.is_empty() {
                    writer.nest(tag::context_constructed(0), |writer| {
                        write_extensions(writer, &self.extensions)
                    });
                }
            });
        })
    }
}

type ListCase = (&'static str, fn() -> List, fn(&mut List));
const PLAIN: fn() -> List = List::sound;

const LISTS: &[ListCase] = &[
    ("rfc5280-list-structure", PLAIN, |list| {
        list.algorithm = vec![5, 0]
    }),
    ("rfc5280-list-structure", PLAIN, |list| {
        list.entries.as_mut().unwrap()[0].0 = vec![4, 1, 1]
    }),
    ("rfc5280-list-version-2", PLAIN, |list| {
        list.version = Vec::new()
    }),
    ("rfc5280-list-signature-algorithm", PLAIN, |list| {
        // SHA-1 with RSA
        list.algorithm = hex("300d 06092a864886f70d010105 0500")
    }),
    ("rfc5280-list-issuer", PLAIN, |list| {
        list.issuer = vec![0x30, 0]
    }),
    ("rfc5280-list-time", PLAIN, |list| {
        list.this_update = generalized("20260101000000Z")
    }),
    ("rfc5280-list-time", PLAIN, |list| {
        list.this_update = utc("2601010000Z")
    }),
    ("rfc5280-list-time", PLAIN, |list| {
        list.entries.as_mut().unwrap()[0].1 = generalized("20260101000000.5Z")
    }),
    ("rfc5280-list-next-update", PLAIN, |list| {
        list.next_update = Vec::new()
    }),
    ("rfc5280-list-next-update", PLAIN, |list| {
        list.next_update = list.this_update.clone()
    }),
    ("rfc5280-list-empty", PLAIN, |list| {
        list.entries = Some(Vec::new())
    }),
    ("rfc5280-list-aki", PLAIN, |list| {
        list.extensions.remove(0);
    }),
    ("rfc5280-list-aki", PLAIN, |list| {
        list.extensions[0].1 = true
    }),
    ("rfc5280-list-number", PLAIN, |list| {
        list.extensions.remove(1);
    }),
    ("rfc5280-list-number", PLAIN, |list| {
        list.extensions[1].1 = true
    }),
    ("rfc5280-list-number", PLAIN, |list| {
        list.put(raw("2.5.29.20", false, "0201ff"))
    }),
    ("rfc5280-list-number", PLAIN, |list| {
        let long = format!("0215 {}", "11".repeat(21));
        list.put(raw("2.5.29.20", false, &long))
    }),
    ("rfc5280-list-delta", List::delta, |list| {
        list.put(raw("2.5.29.27", false, "020104"))
    }),
    ("rfc5280-list-delta", List::delta, |list| {
        list.put(raw("2.5.29.27", true, "020105"))
    }),
    ("rfc5280-list-distribution-point", List::partition, |list| {
        list.extensions[2].1 = false
    }),
    ("rfc5280-list-distribution-point", PLAIN, |list| {
        list.put(raw("2.5.29.28", true, "3000"))
    }),
    ("rfc5280-list-distribution-point", PLAIN, |list| {
        list.put(raw("2.5.29.28", true, "3006 8101ff 8201ff"))
    }),
    ("rfc5280-list-freshest", List::delta, |list| {
        list.put(raw("2.5.29.46", false, "300a 3008 a006 a004 8602 613a"))
    }),
    ("rfc5280-list-freshest", PLAIN, |list| {
        list.put(raw("2.5.29.46", true, "300a 3008 a006 a004 8602 613a"))
    }),
    ("rfc5280-list-extension-repeated", PLAIN, |list| {
        list.extensions.push(raw("2.5.29.20", false, "020105"))
    }),
    ("rfc5280-list-extension-critical", PLAIN, |list| {
        list.put(raw("1.2.3.4", true, "0500"))
    }),
    ("rfc5280-list-serial", PLAIN, |list| {
        list.entries.as_mut().unwrap()[0].0 = vec![2, 1, 0x80]
    }),
    ("rfc5280-list-serial-repeated", PLAIN, |list| {
        list.entries.as_mut().unwrap()[0].0 = serial(0x12)
    }),
    ("rfc5280-list-reason", PLAIN, |list| {
        list.entry(raw("2.5.29.21", false, "0a0107"))
    }),
    ("rfc5280-list-reason", PLAIN, |list| {
        list.entry(raw("2.5.29.21", true, "0a0101"))
    }),
    ("rfc5280-list-reason-unspecified", PLAIN, |list| {
        list.entry(raw("2.5.29.21", false, "0a0100"))
    }),
    ("rfc5280-list-remove-from-crl", PLAIN, |list| {
        list.entry(raw("2.5.29.21", false, "0a0108"))
    }),
    ("rfc5280-list-invalidity-date", PLAIN, |list| {
        list.entry(raw("2.5.29.24", false, "170d 3236303130313030303030305a"))
    }),
    ("rfc5280-list-certificate-issuer", PLAIN, |list| {
        list.entry(raw("2.5.29.29", true, "3002 a400"))
    }),
    ("rfc5280-list-entry-critical", PLAIN, |list| {
        list.entry(raw("1.2.3.4", true, "0500"))
    }),
    ("cabf-tls-list-signature-algorithm", PLAIN, |list| {
        list.algorithm = der(|writer| SignatureAlgorithm::Ed25519.write(writer))
    }),
    ("cabf-tls-list-interval", PLAIN, |list| {
        list.next_update = utc("260111000001Z")
    }),
    ("cabf-tls-list-distribution-point", PLAIN, |list| {
        list.put(raw("2.5.29.28", true, "3003 8401ff"))
    }),
    (
        "cabf-tls-list-distribution-point",
        List::partition,
        |list| list.put(raw("2.5.29.28", true, "3006 a004 a002 8200")),
    ),
    ("cabf-tls-list-reason", PLAIN, |list| {
        list.entry(raw("2.5.29.21", false, "0a0106"))
    }),
];

/// A ResponseData that can be spoilt anywhere.
struct Response {
    version: Vec<u8>,
    responder: Vec<u8>,
    produced_at: Vec<u8>,
    serial: Vec<u8>,
    status: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Option<Vec<u8>>,
    single: Vec<Extension>,
    is_answered: bool,
    extensions: Vec<Extension>,
}

impl Response {
    fn sound() -> Self {
        Self {
            version: Vec::new(),
            responder: hex(&format!("a216 0414 {}", "22".repeat(20))),
            produced_at: generalized("20260101000000Z"),
            serial: serial(0x11),
            status: vec![0x80, 0],
            this_update: generalized("20260101000000Z"),
            next_update: Some(generalized("20260102000000Z")),
            single: Vec::new(),
            is_answered: true,
            extensions: vec![raw("1.3.6.1.5.5.7.48.1.2", false, "0404 01020304")],
        }
    }

    /// Revoked at the beginning of the year before, for the reason of that code.
    fn revoked(&mut self, at: &str, code: Option<u8>) {
        self.status = der(|writer| {
            writer.nest(0xa1, |writer| {
                writer.raw(&generalized(at));
                if let Some(code) = code {
                    writer.nest(0xa0, |writer| writer.tlv(tag::ENUMERATED, &[code]));
                }
            });
        });
    }

    fn write(&self) -> Vec<u8> {
        let write_extensions = |writer: &mut Writer, extensions: &[Extension]| {
            writer.nest(tag::context_constructed(1), |writer| {
                writer.sequence(|writer| {
                    for (oid, critical, value) in extensions {
                        crate::extension::write(writer, oid, *critical, |writer| writer.raw(value));
                    }
                });
            });
        };
        der(|writer| {
            writer.sequence(|writer| {
                writer.raw(&self.version);
                writer.raw(&self.responder);
                writer.raw(&self.produced_at);
                writer.sequence(|writer| {
                    if !self.is_answered {
                        return;
                    }
                    writer.sequence(|writer| {
                        writer.sequence(|writer| {
                            writer.raw(&hex("3009 06052b0e03021a 0500"));
                            writer.tlv(tag::OCTET_STRING, &[1; 20]);
                            writer.tlv(tag::OCTET_STRING, &[2; 20]);
                            writer.raw(&self.serial);
                        });
                        writer.raw(&self.status);
                        writer.raw(&self.this_update);
                        if let Some(next_update) = &self.next_update {
                            writer.nest(0xa0, |writer| writer.raw(next_update));
                        }
                        if !self.single.is_empty() {
                            write_extensions(writer, &self.single);
                        }
                    });
                });
                if !self.extensions.is_empty() {
                    write_extensions(writer, &self.extensions);
                }
            });
        })
    }
}

type ResponseCase = (&'static str, fn(&mut Response));

const RESPONSES: &[ResponseCase] = &[
    ("rfc5280-response-structure", |response| {
        response.serial = vec![4, 1, 1]
    }),
    ("rfc5280-response-version-1", |response| {
        response.version = hex("a003 020100")
    }),
    ("rfc5280-response-responder", |response| {
        response.responder = hex("a102 3000")
    }),
    ("rfc5280-response-responder", |response| {
        response.responder = hex("a203 040101")
    }),
    ("rfc5280-response-time", |response| {
        response.produced_at = generalized("20260101000000.5Z")
    }),
    ("rfc5280-response-time", |response| {
        response.this_update = utc("260101000000Z")
    }),
    ("rfc5280-response-this-update", |response| {
        response.this_update = generalized("20260101000001Z")
    }),
    ("rfc5280-response-next-update", |response| {
        response.next_update = Some(generalized("20251231000000Z"))
    }),
    ("rfc5280-response-no-answer", |response| {
        response.is_answered = false
    }),
    ("rfc5280-response-serial", |response| {
        response.serial = der(|writer| writer.tlv(tag::INTEGER, &[0x11; 21]))
    }),
    ("rfc5280-response-status", |response| {
        response.status = vec![0x83, 0]
    }),
    ("rfc5280-response-reason", |response| {
        response.revoked("20250101000000Z", Some(8))
    }),
    ("rfc5280-response-reason-unspecified", |response| {
        response.revoked("20250101000000Z", Some(0))
    }),
    ("rfc5280-response-revocation-time", |response| {
        response.revoked("20260101000001Z", None)
    }),
    ("rfc5280-response-nonce", |response| {
        response.extensions = vec![raw("1.3.6.1.5.5.7.48.1.2", false, "0400")]
    }),
    ("rfc5280-response-extension-repeated", |response| {
        let nonce = response.extensions[0].clone();
        response.extensions.push(nonce);
    }),
    ("rfc5280-response-extension-critical", |response| {
        response.extensions[0].1 = true
    }),
    ("cabf-tls-response-interval", |response| {
        response.next_update = Some(generalized("20260101075959Z"))
    }),
    ("cabf-tls-response-interval", |response| {
        response.next_update = None
    }),
    ("cabf-tls-response-reason", |response| {
        response.revoked("20250101000000Z", Some(6))
    }),
    ("cabf-tls-response-single-extension", |response| {
        response.single = vec![raw("2.5.29.21", false, "0a0101")]
    }),
];

#[test]
fn every_rule_on_lists_and_responses_is_broken_once() {
    let mut broken = BTreeSet::new();
    for (id, draft, spoil) in LISTS {
        let mut list = draft();
        assert_eq!(all(judge_crl(&list.write(), &both())), [], "before {id}");
        spoil(&mut list);
        let findings = all(judge_crl(&list.write(), &both()));
        let found = findings.iter().any(|finding| finding.rule.id == *id);
        assert!(found, "no {id} in {findings:?}");
        broken.insert(*id);
    }
    for (id, spoil) in RESPONSES {
        let mut response = Response::sound();
        assert_eq!(
            all(judge_response(&response.write(), &both())),
            [],
            "before {id}"
        );
        spoil(&mut response);
        let findings = all(judge_response(&response.write(), &both()));
        let found = findings.iter().any(|finding| finding.rule.id == *id);
        assert!(found, "no {id} in {findings:?}");
        broken.insert(*id);
    }
    let known: BTreeSet<&str> = Rule::all()
        .filter(|rule| is_of_others(rule))
        .map(|rule| rule.id)
        .collect();
    assert_eq!(broken, known);
}

#[test]
fn without_the_forum_nothing_of_its_is_asked() {
    let mut list = List::sound();
    list.entry(raw("2.5.29.21", false, "0a0106"));
    assert_eq!(all(judge_crl(&list.write(), &LintPolicy::default())), []);
    assert_eq!(judge_crl(&list.write(), &both()).blocking.len(), 1);
    let mut response = Response::sound();
    response.next_update = None;
    let data = response.write();
    assert_eq!(all(judge_response(&data, &LintPolicy::default())), []);
    assert_eq!(judge_response(&data, &both()).blocking.len(), 1);
}
