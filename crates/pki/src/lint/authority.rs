//! What CA certificates must have, and what other certificates must not.

use super::Findings;
use crate::asn1::oid;
use crate::certificate::{Details, Tbs};
use crate::extension::KeyUsage;

pub(super) fn lint(tbs: &Tbs<'_>, findings: &mut Findings) {
    // what cannot be read is told by another group
    let Ok(details) = Details::read(&tbs.extensions) else {
        return;
    };
    if details.basic_constraints.ca {
        certification_authority(tbs, &details, findings);
    } else {
        end_entity(&details, findings);
    }
    if details.authority_key_identifier.is_none() && tbs.issuer != tbs.subject {
        findings.error("RFC 5280 §4.2.1.1", "authorityKeyIdentifier is missing");
    }
}

fn certification_authority(tbs: &Tbs<'_>, details: &Details, findings: &mut Findings) {
    if tbs
        .extension(oid::BASIC_CONSTRAINTS)
        .is_some_and(|constraints| !constraints.critical)
    {
        findings.error(
            "RFC 5280 §4.2.1.9",
            "basicConstraints of a CA certificate must be critical",
        );
    }
    if details.subject_key_identifier.is_none() {
        findings.error(
            "RFC 5280 §4.2.1.2",
            "a CA certificate must have a subjectKeyIdentifier",
        );
    }
    if !details
        .key_usages
        .is_some_and(|usages| usages.contains(KeyUsage::KeyCertSign))
    {
        findings.error(
            "RFC 5280 §4.2.1.3",
            "a CA certificate must have keyUsage with keyCertSign",
        );
    }
}

fn end_entity(details: &Details, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.2.1.9";
    if details
        .key_usages
        .is_some_and(|usages| usages.contains(KeyUsage::KeyCertSign))
    {
        findings.error(RULE, "keyCertSign without cA");
    }
    if details.basic_constraints.path_length.is_some() {
        findings.error(RULE, "pathLenConstraint without cA");
    }
    if details.name_constraints.is_some() {
        findings.error(
            "RFC 5280 §4.2.1.10",
            "nameConstraints belong to CA certificates only",
        );
    }
    if details.subject_key_identifier.is_none() {
        findings.warning("RFC 5280 §4.2.1.2", "subjectKeyIdentifier should be there");
    }
}
