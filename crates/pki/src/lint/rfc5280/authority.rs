//! What CA certificates must have and others must not: key identifiers, basic constraints, key usage, RFC 5280 sections
//! 4.2.1.1 to 4.2.1.3 and 4.2.1.9.

use crate::asn1::{Malformed, Reader, oid, parse_all, tag};
use crate::extension::KeyUsage;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { Rfc5280:
    CONSTRAINTS_CRITICAL = Error "rfc5280-basic-constraints-critical" ["RFC 5280 §4.2.1.9"]
        "basicConstraints of a CA certificate must be critical";
    CA_SUBJECT_KEY = Error "rfc5280-ca-ski" ["RFC 5280 §4.2.1.2"]
        "a CA certificate must have a subjectKeyIdentifier";
    SUBJECT_KEY_EMPTY = Error "rfc5280-ski-empty" ["RFC 5280 §4.2.1.2"]
        "subjectKeyIdentifier must be an OCTET STRING that is not empty";
    CA_KEY_USAGE = Error "rfc5280-ca-key-cert-sign" ["RFC 5280 §4.2.1.3"]
        "a CA certificate must have keyUsage with keyCertSign";
    AUTHORITY_KEY = Error "rfc5280-aki" ["RFC 5280 §4.2.1.1"]
        "authorityKeyIdentifier with a keyIdentifier must be there, but for self-signed certificates";
    AUTHORITY_PAIR = Error "rfc5280-aki-issuer-and-serial" ["RFC 5280 §4.2.1.1"]
        "authorityCertIssuer and authorityCertSerialNumber must both be there or neither";
    SELF_AUTHORITY_KEY = Warning "rfc5280-aki-self-signed" ["RFC 5280 §4.2.1.1"]
        "authorityKeyIdentifier of a self-signed certificate should be its own subjectKeyIdentifier";
    CERT_SIGN_WITHOUT_CA = Error "rfc5280-key-cert-sign-without-ca" ["RFC 5280 §4.2.1.9"]
        "keyCertSign without cA";
    PATH_LENGTH_WITHOUT_CA = Error "rfc5280-path-length-without-ca" ["RFC 5280 §4.2.1.9"]
        "pathLenConstraint without cA and keyCertSign";
    SUBJECT_KEY = Warning "rfc5280-ski" ["RFC 5280 §4.2.1.2"]
        "subjectKeyIdentifier should be there";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let subject_key = facts
        .extension(oid::SUBJECT_KEY_IDENTIFIER)
        .map(|extension| extension.value);
    let identifier = subject_key.and_then(|value| {
        let mut reader = Reader::new(value);
        let content = reader.content(tag::OCTET_STRING, "SubjectKeyIdentifier");
        content
            .ok()
            .filter(|content| !content.is_empty() && reader.is_empty())
    });
    findings.check(
        &SUBJECT_KEY_EMPTY,
        subject_key.is_some() && identifier.is_none(),
    );
    authority_key(facts, identifier, findings);
    let path_length = facts
        .basic_constraints
        .and_then(|constraints| constraints.path_length);
    if facts.is_ca() {
        let critical = facts
            .extension(oid::BASIC_CONSTRAINTS)
            .is_some_and(|extension| extension.critical);
        findings.check(&CONSTRAINTS_CRITICAL, !critical);
        findings.check(&CA_SUBJECT_KEY, subject_key.is_none());
        let signs = facts.has_usage(KeyUsage::KeyCertSign);
        let readable = facts.key_usages.is_some() || facts.extension(oid::KEY_USAGE).is_none();
        findings.check(&CA_KEY_USAGE, readable && !signs);
        findings.check(&PATH_LENGTH_WITHOUT_CA, path_length.is_some() && !signs);
    } else {
        findings.check(
            &CERT_SIGN_WITHOUT_CA,
            facts.has_usage(KeyUsage::KeyCertSign),
        );
        findings.check(&PATH_LENGTH_WITHOUT_CA, path_length.is_some());
        findings.check(&SUBJECT_KEY, subject_key.is_none());
    }
}

/// `keyIdentifier`, and whether issuer and serial number are there.
struct AuthorityKey<'a> {
    identifier: Option<&'a [u8]>,
    issuer: bool,
    serial: bool,
}

fn authority_key(facts: &Facts<'_>, subject_key: Option<&[u8]>, findings: &mut Findings) {
    const WHAT: &str = "AuthorityKeyIdentifier";
    let Some(extension) = facts.extension(oid::AUTHORITY_KEY_IDENTIFIER) else {
        return findings.check(&AUTHORITY_KEY, !facts.is_self_issued());
    };
    let read = parse_all(extension.value, WHAT, |fields| {
        Ok::<_, Malformed>(AuthorityKey {
            identifier: fields.optional(tag::context(0), WHAT)?,
            issuer: fields
                .optional(tag::context_constructed(1), WHAT)?
                .is_some(),
            serial: fields.optional(tag::context(2), WHAT)?.is_some(),
        })
    });
    match read {
        Err(malformed) => findings.say(&super::extension::ENCODING, || malformed.to_string()),
        Ok(key) => {
            findings.check(&AUTHORITY_PAIR, key.issuer != key.serial);
            let missing = key.identifier.is_none_or(<[u8]>::is_empty);
            findings.check(&AUTHORITY_KEY, missing && !facts.is_self_issued());
            let other = key.identifier.is_some() && key.identifier != subject_key;
            // a self-issued certificate of a key change names the old key, and is not self-signed
            let looks_self_signed = facts.is_self_issued() && facts.is_ca() && !key.issuer;
            findings.check(&SELF_AUTHORITY_KEY, looks_self_signed && other);
        }
    }
}
