//! Subject and issuer alternative names, RFC 5280 sections 4.2.1.6 and 4.2.1.7, RFC 9549, RFC 9598.

use std::collections::HashSet;

use const_oid::ObjectIdentifier;

use super::syntax::{self, Fault};
use crate::asn1::{Element, Reader, oid, tag};
use crate::lint::facts::{Facts, read_general_names};
use crate::lint::finding::Findings;
use crate::lint::{Rule, rules};

rules! { Rfc5280:
    CRITICAL_WITHOUT_SUBJECT = Error "rfc5280-san-critical-empty-subject" ["RFC 5280 §4.2.1.6"]
        "subjectAltName must be critical when the subject is empty";
    CRITICAL_WITH_SUBJECT = Warning "rfc5280-san-critical" ["RFC 5280 §4.2.1.6"]
        "subjectAltName should not be critical when there is a subject";
    DNS = Error "rfc5280-san-dns" ["RFC 5280 §4.2.1.6, RFC 1034 §3.5"]
        "a dNSName must be in the preferred name syntax";
    DNS_UNDERSCORE = Warning "rfc5280-san-dns-underscore" ["RFC 5280 §4.2.1.6, RFC 1034 §3.5"]
        "a dNSName should not have an underscore";
    EMAIL = Error "rfc5280-san-email" ["RFC 5280 §4.2.1.6, RFC 5321 §4.1.2"]
        "an rfc822Name must be a mailbox in ASCII";
    URI = Error "rfc5280-san-uri" ["RFC 5280 §4.2.1.6, RFC 3986"]
        "a uniformResourceIdentifier must be absolute, and its host a domain name or an IP address";
    IP = Error "rfc5280-san-ip" ["RFC 5280 §4.2.1.6"]
        "an iPAddress must have 4 or 16 octets";
    OTHER = Error "rfc5280-san-other-name" ["RFC 5280 §4.2.1.6"]
        "an otherName must be a type and a value";
    DIRECTORY = Error "rfc5280-san-directory-name" ["RFC 5280 §4.2.1.6"]
        "a directoryName must be a Name that is not empty";
    UTF8_MAILBOX = Error "rfc5280-san-utf8-mailbox" ["RFC 9598 §3"]
        "an SmtpUTF8Mailbox must be UTF8String with a local part that is not ASCII and a domain in lower case";
    KIND = Error "rfc5280-san-kind" ["RFC 5280 §4.2.1.6"]
        "a name must be of one of the nine kinds of GeneralName";
    DUPLICATE = Warning "rfc5280-san-duplicate" ["RFC 5280 §4.2.1.6"]
        "a name stands twice";
}

pub(super) const SMTP_UTF8_MAILBOX: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.8.9");
const ISSUER_ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.18");

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if let Some(extension) = facts.extension(oid::SUBJECT_ALTERNATIVE_NAME) {
        let nameless = facts.attributes.as_ref().is_some_and(Vec::is_empty);
        findings.check(&CRITICAL_WITHOUT_SUBJECT, nameless && !extension.critical);
        findings.check(&CRITICAL_WITH_SUBJECT, !nameless && extension.critical);
    }
    let mut seen = HashSet::new();
    for name in facts.alternative_names() {
        general_name(name, findings);
        if !seen.insert(name.whole) {
            findings.say(&DUPLICATE, || {
                format!("\"{}\" stands twice", name.content.escape_ascii())
            });
        }
    }
    if let Some(extension) = facts.extension(ISSUER_ALTERNATIVE_NAME) {
        match read_general_names(extension.value) {
            Ok(names) => names.iter().for_each(|name| general_name(name, findings)),
            Err(malformed) => findings.say(&super::extension::ENCODING, || malformed.to_string()),
        }
    }
}

fn general_name(name: &Element<'_>, findings: &mut Findings) {
    let text_of = |rule: &'static Rule,
                   should: &'static Rule,
                   judge: fn(&str) -> Result<(), Fault>,
                   findings: &mut Findings| {
        let outcome = syntax::ia5(name).and_then(judge);
        let (rule, fault) = match outcome {
            Ok(()) => return,
            Err(Fault::Must(fault)) => (rule, fault),
            Err(Fault::Should(fault)) => (should, fault),
        };
        findings.say(rule, || {
            format!("\"{}\": {fault}", name.content.escape_ascii())
        });
    };
    match name.tag {
        0xa0 => other_name(name, findings),
        0x81 => text_of(&EMAIL, &DNS_UNDERSCORE, syntax::mailbox, findings),
        0x82 => text_of(&DNS, &DNS_UNDERSCORE, syntax::dns_name, findings),
        // x400Address, ediPartyName: nothing is said of their form
        0xa3 | 0xa5 => {}
        0xa4 => {
            let named = crate::name::parse(name.content).is_ok_and(|found| !found.is_empty());
            findings.check(&DIRECTORY, !named);
        }
        0x86 => text_of(&URI, &DNS_UNDERSCORE, syntax::uri, findings),
        0x87 => findings.check(&IP, !matches!(name.content.len(), 4 | 16)),
        0x88 => {
            let sound = ObjectIdentifier::from_bytes(name.content).is_ok();
            findings.check(&KIND, !sound);
        }
        _ => findings.add(&KIND),
    }
}

fn other_name(name: &Element<'_>, findings: &mut Findings) {
    const WHAT: &str = "OtherName";
    let mut fields = Reader::new(name.content);
    let Ok(kind) = fields.oid(WHAT) else {
        return findings.add(&OTHER);
    };
    let Ok(explicit) = fields.content(tag::context_constructed(0), WHAT) else {
        return findings.add(&OTHER);
    };
    let mut value = Reader::new(explicit);
    let Ok(value_element) = value.element(WHAT) else {
        return findings.add(&OTHER);
    };
    findings.check(&OTHER, !value.is_empty() || !fields.is_empty());
    if kind == SMTP_UTF8_MAILBOX {
        findings.check(&UTF8_MAILBOX, !is_utf8_mailbox(&value_element));
    }
}

/// RFC 9598 section 3: no byte order mark, a local part that needs UTF-8, LDH labels in lower case.
fn is_utf8_mailbox(value: &Element<'_>) -> bool {
    let Ok(text) = std::str::from_utf8(value.content) else {
        return false;
    };
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    value.tag == tag::UTF8_STRING
        && !local.is_ascii()
        && !text.starts_with('\u{feff}')
        && !domain.bytes().any(|sign| sign.is_ascii_uppercase())
        && syntax::host(domain, false).is_ok()
}
