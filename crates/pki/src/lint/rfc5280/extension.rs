//! Extensions as such: none twice, each readable, each as critical as it must be.

use const_oid::ObjectIdentifier;

use crate::asn1::oid;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::{Rule, rules};

rules! { Rfc5280:
    DUPLICATE = Error "rfc5280-extension-duplicate" ["RFC 5280 §4.2"]
        "an extension must not stand twice";
    ENCODING = Error "rfc5280-extension-encoding" ["RFC 5280 §4.2"]
        "the value of an extension must be the DER of its type";
    UNKNOWN_CRITICAL = Notice "rfc5280-extension-unknown-critical" ["RFC 5280 §4.2"]
        "a critical extension that verifiers do not know makes them refuse the certificate";
    AUTHORITY_KEY = Error "rfc5280-aki-critical" ["RFC 5280 §4.2.1.1"]
        "authorityKeyIdentifier must not be critical";
    SUBJECT_KEY = Error "rfc5280-ski-critical" ["RFC 5280 §4.2.1.2"]
        "subjectKeyIdentifier must not be critical";
    KEY_USAGE = Warning "rfc5280-key-usage-critical" ["RFC 5280 §4.2.1.3"]
        "keyUsage should be critical";
    POLICY_MAPPINGS = Warning "rfc5280-policy-mappings-critical" ["RFC 5280 §4.2.1.5"]
        "policyMappings should be critical";
    ISSUER_NAMES = Warning "rfc5280-ian-critical" ["RFC 5280 §4.2.1.7"]
        "issuerAltName should not be critical";
    SUBJECT_ATTRIBUTES = Error "rfc5280-sda-critical" ["RFC 5280 §4.2.1.8"]
        "subjectDirectoryAttributes must not be critical";
    NAME_CONSTRAINTS = Error "rfc5280-name-constraints-critical" ["RFC 5280 §4.2.1.10"]
        "nameConstraints must be critical";
    POLICY_CONSTRAINTS = Error "rfc5280-policy-constraints-critical" ["RFC 5280 §4.2.1.11"]
        "policyConstraints must be critical";
    DISTRIBUTION_POINTS = Warning "rfc5280-crl-dp-critical" ["RFC 5280 §4.2.1.13"]
        "cRLDistributionPoints should not be critical";
    INHIBIT_ANY_POLICY = Error "rfc5280-inhibit-any-policy-critical" ["RFC 5280 §4.2.1.14"]
        "inhibitAnyPolicy must be critical";
    FRESHEST_CRL = Error "rfc5280-freshest-crl-critical" ["RFC 5280 §4.2.1.15"]
        "freshestCRL must not be critical";
    AUTHORITY_ACCESS = Error "rfc5280-aia-critical" ["RFC 5280 §4.2.2.1"]
        "authorityInfoAccess must not be critical";
    SUBJECT_ACCESS = Error "rfc5280-sia-critical" ["RFC 5280 §4.2.2.2"]
        "subjectInfoAccess must not be critical";
    OCSP_NO_CHECK = Warning "rfc5280-ocsp-no-check-critical" ["RFC 6960 §4.2.2.2.1"]
        "id-pkix-ocsp-nocheck should not be critical";
    TLS_FEATURE = Warning "rfc5280-tls-feature-critical" ["RFC 7633 §4"]
        "the TLS feature extension should not be critical";
    NO_REVOCATION = Error "rfc5280-no-rev-avail-critical" ["RFC 9608 §2"]
        "noRevAvail must not be critical";
    SMIME_CAPABILITIES = Error "rfc5280-smime-capabilities-critical" ["RFC 4262 §2"]
        "smimeCapabilities must not be critical";
    NULL_VALUE = Error "rfc5280-null-value" ["RFC 6960 §4.2.2.2.1, RFC 9608 §2"]
        "the value of id-pkix-ocsp-nocheck and of noRevAvail must be NULL";
    NO_REVOCATION_WITH_LOCATION = Error "rfc5280-no-rev-avail-with-location" ["RFC 9608 §3"]
        "with noRevAvail there must be no CRL distribution point, freshest CRL or OCSP location, and no CA";
}

const fn known(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

pub(in crate::lint) const SUBJECT_DIRECTORY_ATTRIBUTES: ObjectIdentifier = known("2.5.29.9");
pub(in crate::lint) const POLICY_MAPPINGS_OID: ObjectIdentifier = known("2.5.29.33");
pub(in crate::lint) const POLICY_CONSTRAINTS_OID: ObjectIdentifier = known("2.5.29.36");
pub(in crate::lint) const INHIBIT_ANY_POLICY_OID: ObjectIdentifier = known("2.5.29.54");
pub(in crate::lint) const FRESHEST_CRL_OID: ObjectIdentifier = known("2.5.29.46");
pub(in crate::lint) const SUBJECT_ACCESS_OID: ObjectIdentifier = known("1.3.6.1.5.5.7.1.11");
pub(in crate::lint) const TLS_FEATURE_OID: ObjectIdentifier = known("1.3.6.1.5.5.7.1.24");
const NO_REVOCATION_OID: ObjectIdentifier = known("2.5.29.56");

/// Extensions with the only criticality that they may have, or should have.
static CRITICALITY: [(ObjectIdentifier, bool, &Rule); 17] = [
    (oid::AUTHORITY_KEY_IDENTIFIER, false, &AUTHORITY_KEY),
    (oid::SUBJECT_KEY_IDENTIFIER, false, &SUBJECT_KEY),
    (oid::KEY_USAGE, true, &KEY_USAGE),
    (POLICY_MAPPINGS_OID, true, &POLICY_MAPPINGS),
    (known("2.5.29.18"), false, &ISSUER_NAMES),
    (SUBJECT_DIRECTORY_ATTRIBUTES, false, &SUBJECT_ATTRIBUTES),
    (oid::NAME_CONSTRAINTS, true, &NAME_CONSTRAINTS),
    (POLICY_CONSTRAINTS_OID, true, &POLICY_CONSTRAINTS),
    (oid::CRL_DISTRIBUTION_POINTS, false, &DISTRIBUTION_POINTS),
    (INHIBIT_ANY_POLICY_OID, true, &INHIBIT_ANY_POLICY),
    (FRESHEST_CRL_OID, false, &FRESHEST_CRL),
    (oid::AUTHORITY_INFORMATION_ACCESS, false, &AUTHORITY_ACCESS),
    (SUBJECT_ACCESS_OID, false, &SUBJECT_ACCESS),
    (oid::OCSP_NO_CHECK, false, &OCSP_NO_CHECK),
    (TLS_FEATURE_OID, false, &TLS_FEATURE),
    (NO_REVOCATION_OID, false, &NO_REVOCATION),
    (known("1.2.840.113549.1.9.15"), false, &SMIME_CAPABILITIES),
];

/// Others that verifiers know and that may be critical.
const MAY_BE_CRITICAL: [ObjectIdentifier; 5] = [
    oid::BASIC_CONSTRAINTS,
    oid::SUBJECT_ALTERNATIVE_NAME,
    oid::CERTIFICATE_POLICIES,
    oid::EXTENDED_KEY_USAGE,
    // the poison of RFC 6962, which is there to be refused
    known("1.3.6.1.4.1.11129.2.4.3"),
];

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (place, extension) in facts.extensions.iter().enumerate() {
        let twice = facts
            .extensions
            .iter()
            .take(place)
            .any(|before| before.oid == extension.oid);
        if twice {
            findings.say(&DUPLICATE, || format!("{} stands twice", extension.oid));
        }
        let wanted = CRITICALITY.iter().find(|(oid, ..)| *oid == extension.oid);
        match wanted {
            Some((_, critical, rule)) => findings.check(rule, extension.critical != *critical),
            None if extension.critical && !MAY_BE_CRITICAL.contains(&extension.oid) => {
                findings.say(&UNKNOWN_CRITICAL, || {
                    format!(
                        "{} is critical, and unknown to most verifiers",
                        extension.oid
                    )
                });
            }
            None => {}
        }
        let is_null = matches!(extension.oid, oid::OCSP_NO_CHECK | NO_REVOCATION_OID);
        findings.check(&NULL_VALUE, is_null && extension.value != [5, 0]);
    }
    for (oid, malformed) in &facts.unreadable {
        findings.say(&ENCODING, || format!("the value of {oid}: {malformed}"));
    }
    no_revocation(facts, findings);
}

fn no_revocation(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.extension(NO_REVOCATION_OID).is_none() {
        return;
    }
    let asks_ocsp = facts
        .access
        .as_ref()
        .is_some_and(|access| access.iter().any(|(method, _)| *method == oid::AD_OCSP));
    let located = facts.extension(oid::CRL_DISTRIBUTION_POINTS).is_some()
        || facts.extension(FRESHEST_CRL_OID).is_some()
        || asks_ocsp;
    findings.check(&NO_REVOCATION_WITH_LOCATION, located || facts.is_ca());
}
