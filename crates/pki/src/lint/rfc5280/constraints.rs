//! Name constraints, RFC 5280 section 4.2.1.10; subject directory attributes and TLS features, whose values have a form.

use super::extension::{ENCODING, SUBJECT_DIRECTORY_ATTRIBUTES, TLS_FEATURE_OID};
use super::syntax;
use crate::asn1::{Element, Malformed, Reader, integer_u64, oid, parse_all, tag};
use crate::lint::facts::{Facts, read_list};
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { Rfc5280:
    NOT_IN_CA = Error "rfc5280-name-constraints-without-ca" ["RFC 5280 §4.2.1.10"]
        "nameConstraints belong to CA certificates only";
    EMPTY = Error "rfc5280-name-constraints-empty" ["RFC 5280 §4.2.1.10"]
        "nameConstraints must have permitted or excluded subtrees";
    MINIMUM = Error "rfc5280-name-constraints-minimum" ["RFC 5280 §4.2.1.10"]
        "minimum must be 0, which is not encoded, and maximum must be absent";
    IP = Error "rfc5280-name-constraints-ip" ["RFC 5280 §4.2.1.10, RFC 4632"]
        "an iPAddress constraint must be an address and a mask of leading ones, 8 or 32 octets";
    HOST = Error "rfc5280-name-constraints-host" ["RFC 5280 §4.2.1.10"]
        "a constraint on DNS names, mailboxes or URIs must be a domain name in ASCII, with a dot in front where that has a meaning";
    NO_MATCH = Warning "rfc5280-name-constraints-kind" ["RFC 5280 §4.2.1.10"]
        "constraints on x400Address, ediPartyName and registeredID should not be made";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if let Some(extension) = facts.extension(oid::NAME_CONSTRAINTS) {
        findings.check(&NOT_IN_CA, !facts.is_ca());
        match read_subtrees(extension.value) {
            Err(malformed) => findings.say(&ENCODING, || malformed.to_string()),
            Ok(subtrees) => {
                findings.check(&EMPTY, subtrees.is_empty());
                for (base, bounded) in subtrees {
                    findings.check(&MINIMUM, bounded);
                    judge(&base, findings);
                }
            }
        }
    }
    if let Some(extension) = facts.extension(SUBJECT_DIRECTORY_ATTRIBUTES) {
        let read = read_list(extension.value, "SubjectDirectoryAttributes", |fields| {
            fields.tagged(tag::SEQUENCE, "Attribute")
        });
        if let Err(malformed) = read {
            findings.say(&ENCODING, || malformed.to_string());
        }
    }
    if let Some(extension) = facts.extension(TLS_FEATURE_OID) {
        const WHAT: &str = "Features";
        let read = read_list(extension.value, WHAT, |fields| {
            integer_u64(fields.content(tag::INTEGER, WHAT)?, WHAT)
        });
        if let Err(malformed) = read {
            findings.say(&ENCODING, || malformed.to_string());
        }
    }
}

/// The bases of all subtrees, and whether one has a minimum or maximum.
fn read_subtrees(value: &[u8]) -> Result<Vec<(Element<'_>, bool)>, Malformed> {
    const WHAT: &str = "NameConstraints";
    parse_all(value, WHAT, |fields| {
        let mut all = Vec::new();
        for number in 0..2 {
            let Some(content) = fields.optional(tag::context_constructed(number), WHAT)? else {
                continue;
            };
            let mut subtrees = Reader::new(content);
            let mut first = true;
            while first || !subtrees.is_empty() {
                first = false;
                let mut subtree = subtrees.sequence(WHAT)?;
                let base = subtree.element(WHAT)?;
                all.push((base, !subtree.is_empty()));
            }
        }
        Ok(all)
    })
}

fn judge(base: &Element<'_>, findings: &mut Findings) {
    match base.tag {
        0x81 | 0x82 | 0x86 => {
            let sound = syntax::ia5(base).is_ok_and(|text| host_is_sound(base.tag, text));
            if !sound {
                findings.say(&HOST, || {
                    format!(
                        "\"{}\" is no constraint of its kind",
                        base.content.escape_ascii()
                    )
                });
            }
        }
        0x87 => findings.check(&IP, !is_network(base.content)),
        0xa3 | 0xa5 | 0x88 => findings.add(&NO_MATCH),
        _ => {}
    }
}

fn host_is_sound(kind: u8, text: &str) -> bool {
    // nothing at all stands for every name
    if text.is_empty() {
        return true;
    }
    if kind == 0x81 && text.contains('@') {
        return syntax::mailbox(text).is_ok();
    }
    let host = text.strip_prefix('.').unwrap_or(text);
    syntax::host(host, false).is_ok()
}

fn is_network(octets: &[u8]) -> bool {
    if !matches!(octets.len(), 8 | 32) {
        return false;
    }
    let (_, mask) = octets.split_at(octets.len() / 2);
    let ones = mask
        .iter()
        .map(|octet| octet.leading_ones())
        .take_while(|ones| *ones > 0)
        .sum::<u32>();
    let set = mask.iter().map(|octet| octet.count_ones()).sum::<u32>();
    // all ones that there are stand in front
    let full = mask.iter().take_while(|octet| **octet == 0xff).count();
    let rest = mask.get(full + 1..).unwrap_or_default();
    ones >= set && rest.iter().all(|octet| *octet == 0)
}
