//! Issuer, subject and subject alternative names.

use super::Findings;
use crate::asn1::oid;
use crate::certificate::Tbs;
use crate::extension;
use crate::general_name::{GeneralName, read_names};
use crate::name::Name;

pub(super) fn lint(tbs: &Tbs<'_>, findings: &mut Findings) {
    issuer(tbs, findings);
    subject(tbs, findings);
    alternative_names(tbs, findings);
}

fn issuer(tbs: &Tbs<'_>, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.1.2.4";
    match Name::from_der(tbs.issuer) {
        Ok(name) if name.is_empty() => findings.error(RULE, "the issuer is empty"),
        // its own certificate says how it is spelt, so that string types of old are no fault here
        Ok(_) => {}
        Err(error) => findings.error(RULE, error.to_string()),
    }
}

fn subject(tbs: &Tbs<'_>, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.1.2.6";
    let name = match Name::from_der(tbs.subject) {
        Ok(name) => name,
        Err(error) => return findings.error(RULE, error.to_string()),
    };
    if let Err(error) = name.check() {
        findings.error("RFC 5280 §4.1.2.4 and appendix A.1", error.to_string());
    }
    let is_ca = tbs
        .extension(oid::BASIC_CONSTRAINTS)
        .and_then(|found| extension::basic_constraints::read(found.value).ok())
        .is_some_and(|constraints| constraints.ca);
    if is_ca && name.is_empty() {
        findings.error(RULE, "the subject of a CA certificate is empty");
    }
    if name.is_empty() {
        match tbs.extension(oid::SUBJECT_ALTERNATIVE_NAME) {
            None => findings.error(
                RULE,
                "there is neither a subject nor a subject alternative name",
            ),
            Some(names) if !names.critical => {
                findings.error(
                    "RFC 5280 §4.2.1.6",
                    "subjectAltName must be critical when the subject is empty",
                );
            }
            Some(_) => {}
        }
    }
}

fn alternative_names(tbs: &Tbs<'_>, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.2.1.6";
    let Some(found) = tbs.extension(oid::SUBJECT_ALTERNATIVE_NAME) else {
        return;
    };
    let names = match read_names(found.value) {
        Ok(names) => names,
        Err(malformed) => return findings.error(RULE, malformed.to_string()),
    };
    let mut seen: Vec<GeneralName> = Vec::with_capacity(names.len());
    for name in names {
        match name {
            Err(error) => findings.error(RULE, error.to_string()),
            Ok(name) if seen.contains(&name) => {
                findings.warning(RULE, format!("{name} stands twice"))
            }
            Ok(name) => seen.push(name),
        }
    }
    // what was read is normalised; written bytes must be so already
    let mut writer = crate::asn1::Writer::new();
    crate::general_name::write_names(&mut writer, &seen);
    if writer.finish() != found.value && !findings.0.iter().any(|finding| finding.rule == RULE) {
        findings.error(RULE, "a subject alternative name is not in its normal form");
    }
}
