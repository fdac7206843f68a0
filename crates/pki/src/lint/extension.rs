//! Extensions: which are critical, which must be there, what they must not say. That none stands twice is checked
//! where they are read.

use const_oid::ObjectIdentifier;

use super::Findings;
use crate::asn1::oid;
use crate::certificate::{Details, Tbs};
use crate::extension::{ExtendedKeyUsage, KeyUsage};

pub(super) fn lint(tbs: &Tbs<'_>, findings: &mut Findings) {
    criticality(tbs, findings);
    match Details::read(&tbs.extensions) {
        Err(malformed) => findings.error("RFC 5280 §4.2", malformed.to_string()),
        Ok(details) => {
            key_usage(tbs, &details, findings);
            urls(&details, findings);
            ocsp_signer(&details, findings);
        }
    }
    ocsp_no_check(tbs, findings);
}

/// Extensions with the only criticality that they may have.
const CRITICALITY: [(ObjectIdentifier, bool, &str, &str); 8] = [
    (oid::KEY_USAGE, true, "keyUsage", "RFC 5280 §4.2.1.3"),
    (
        oid::NAME_CONSTRAINTS,
        true,
        "nameConstraints",
        "RFC 5280 §4.2.1.10",
    ),
    (
        oid::SUBJECT_KEY_IDENTIFIER,
        false,
        "subjectKeyIdentifier",
        "RFC 5280 §4.2.1.2",
    ),
    (
        oid::AUTHORITY_KEY_IDENTIFIER,
        false,
        "authorityKeyIdentifier",
        "RFC 5280 §4.2.1.1",
    ),
    (
        oid::AUTHORITY_INFORMATION_ACCESS,
        false,
        "authorityInfoAccess",
        "RFC 5280 §4.2.2.1",
    ),
    (
        oid::CRL_DISTRIBUTION_POINTS,
        false,
        "cRLDistributionPoints",
        "RFC 5280 §4.2.1.13",
    ),
    (
        oid::CERTIFICATE_POLICIES,
        false,
        "certificatePolicies",
        "RFC 5280 §4.2.1.4",
    ),
    (
        oid::OCSP_NO_CHECK,
        false,
        "id-pkix-ocsp-nocheck",
        "RFC 6960 §4.2.2.2.1",
    ),
];

fn criticality(tbs: &Tbs<'_>, findings: &mut Findings) {
    for extension in &tbs.extensions {
        let known = CRITICALITY.iter().find(|(oid, ..)| *oid == extension.oid);
        if let Some((_, critical, name, rule)) = known
            && extension.critical != *critical
        {
            let word = if *critical { "must" } else { "must not" };
            findings.error(rule, format!("{name} {word} be critical"));
        }
    }
}

fn key_usage(tbs: &Tbs<'_>, details: &Details, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.2.1.3";
    let Some(usages) = details.key_usages else {
        return;
    };
    let has = |usage| usages.contains(usage);
    if (has(KeyUsage::EncipherOnly) || has(KeyUsage::DecipherOnly)) && !has(KeyUsage::KeyAgreement)
    {
        findings.error(
            RULE,
            "encipherOnly and decipherOnly mean nothing without keyAgreement",
        );
    }
    let wrong_for_key = super::algorithm::check_kind(tbs).is_some_and(|key| {
        [
            KeyUsage::KeyEncipherment,
            KeyUsage::DataEncipherment,
            KeyUsage::KeyAgreement,
        ]
        .into_iter()
        .any(|usage| has(usage) && !usage.suits(key))
    });
    if wrong_for_key {
        findings.error(
            "RFC 3279 §2.3, RFC 8813 §3, RFC 8410 §5",
            "a key usage does not suit the kind of key",
        );
    }
}

fn urls(details: &Details, findings: &mut Findings) {
    let access = &details.access;
    for (rule, urls) in [
        ("RFC 5280 §4.2.2.1", &access.ocsp),
        ("RFC 5280 §4.2.2.1", &access.ca_issuers),
        ("RFC 5280 §4.2.1.13", &details.crl_urls),
    ] {
        for url in urls {
            if crate::general_name::Uri::new(url).is_err() {
                findings.error(
                    rule,
                    format!("\"{}\" is no absolute URI", url.escape_debug()),
                );
            } else if url.starts_with("https:") {
                findings.warning(
                    rule,
                    "status information over https cannot be checked before it is read",
                );
            }
        }
    }
}

fn ocsp_signer(details: &Details, findings: &mut Findings) {
    let signs = details
        .extended_key_usages
        .contains(&ExtendedKeyUsage::OCSP_SIGNING);
    let may_sign = details
        .key_usages
        .is_none_or(|usages| usages.contains(KeyUsage::DigitalSignature));
    if signs && !may_sign {
        findings.error(
            "RFC 6960 §4.2.2.2",
            "an OCSP signer must have digitalSignature",
        );
    }
}

fn ocsp_no_check(tbs: &Tbs<'_>, findings: &mut Findings) {
    if tbs
        .extension(oid::OCSP_NO_CHECK)
        .is_some_and(|extension| extension.value != [5, 0])
    {
        findings.error(
            "RFC 6960 §4.2.2.2.1",
            "the value of id-pkix-ocsp-nocheck must be NULL",
        );
    }
}
