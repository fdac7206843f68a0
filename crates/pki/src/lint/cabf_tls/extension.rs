//! Other extensions of server certificates: sections 7.1.2.7.6 to 7.1.2.7.8 and 7.1.2.11; those of OCSP responders,
//! section 7.1.2.8.

use const_oid::ObjectIdentifier;

use crate::asn1::{Element, oid};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rfc5280::extension::TLS_FEATURE_OID;
use crate::lint::rules;

rules! { CabfTls:
    CONSTRAINTS_CRITICAL = Error "cabf-tls-basic-constraints-critical" ["BR §7.1.2.7.6"]
        "basicConstraints must be critical when it is there";
    ACCESS = Error "cabf-tls-aia" ["BR §7.1.2.7.6"]
        "authorityInfoAccess must be there";
    ACCESS_METHOD = Error "cabf-tls-aia-method" ["BR §7.1.2.7.7"]
        "authorityInfoAccess must have no methods but OCSP and caIssuers";
    ACCESS_HTTP = Error "cabf-tls-aia-http" ["BR §7.1.2.7.7"]
        "locations must be URIs that begin with http:";
    CA_ISSUERS = Warning "cabf-tls-aia-ca-issuers" ["BR §7.1.2.7.7"]
        "authorityInfoAccess should say where the issuer's certificate lies";
    REVOCATION = Error "cabf-tls-crl-dp" ["BR §7.1.2.11.2"]
        "without an OCSP location a certificate that is not short-lived must have a CRL distribution point";
    POINT_FORM = Error "cabf-tls-crl-dp-form" ["BR §7.1.2.11.2"]
        "distribution points must have a fullName of http URIs, and neither reasons nor cRLIssuer";
    POINT_CRITICAL = Error "cabf-tls-crl-dp-critical" ["BR §7.1.2.11.2"]
        "cRLDistributionPoints must not be critical";
    AUTHORITY_KEY = Error "cabf-tls-aki" ["BR §7.1.2.11.1"]
        "authorityKeyIdentifier must have a keyIdentifier and nothing else";
    SUBJECT_KEY = Warning "cabf-tls-ski" ["BR §7.1.2.7.6"]
        "subjectKeyIdentifier is not recommended";
    OTHER = Notice "cabf-tls-extension-other" ["BR §7.1.2.7.6"]
        "other extensions are not recommended";
    OCSP_NO_CHECK = Error "cabf-tls-ocsp-no-check" ["BR §4.9.9, §7.1.2.8.4"]
        "an OCSP responder's certificate must have id-pkix-ocsp-nocheck";
}

/// Extensions that section 7.1.2.7.6 has a line for.
const KNOWN: [ObjectIdentifier; 12] = [
    oid::AUTHORITY_INFORMATION_ACCESS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::CERTIFICATE_POLICIES,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALTERNATIVE_NAME,
    oid::KEY_USAGE,
    oid::BASIC_CONSTRAINTS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::SUBJECT_KEY_IDENTIFIER,
    TLS_FEATURE_OID,
    // signed certificate timestamps, the poison of precertificates
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.3"),
];

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_ca() && !super::is_subscriber(facts) {
        let checked = facts.extension(oid::OCSP_NO_CHECK).is_some();
        return findings.check(&OCSP_NO_CHECK, !checked);
    }
    points(facts, findings);
    if let Some(extension) = facts.extension(oid::AUTHORITY_KEY_IDENTIFIER) {
        // SEQUENCE { [0] … } and nothing after it
        let alone = match extension.value {
            [0x30, outer, 0x80, inner, rest @ ..] => {
                usize::from(*inner) == rest.len() && *outer == inner.saturating_add(2)
            }
            _ => false,
        };
        findings.check(&AUTHORITY_KEY, !alone);
    }
    if facts.is_ca() {
        return;
    }
    let critical = |oid| {
        facts
            .extension(oid)
            .is_some_and(|extension| extension.critical)
    };
    let constrained = facts.extension(oid::BASIC_CONSTRAINTS).is_some();
    findings.check(
        &CONSTRAINTS_CRITICAL,
        constrained && !critical(oid::BASIC_CONSTRAINTS),
    );
    access(facts, findings);
    let keyed = facts.extension(oid::SUBJECT_KEY_IDENTIFIER).is_some();
    findings.check(&SUBJECT_KEY, keyed);
    for extension in &facts.extensions {
        if !KNOWN.contains(&extension.oid) {
            findings.say(&OTHER, || {
                format!("the extension {} is not recommended", extension.oid)
            });
        }
    }
}

fn is_http(location: &Element<'_>) -> bool {
    let scheme = location.content.get(..5).unwrap_or_default();
    location.tag == 0x86 && scheme.eq_ignore_ascii_case(b"http:")
}

fn access(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(access) = &facts.access else {
        return findings.add(&ACCESS);
    };
    let known = |method: ObjectIdentifier| method == oid::AD_OCSP || method == oid::AD_CA_ISSUERS;
    findings.check(
        &ACCESS_METHOD,
        access.iter().any(|(method, _)| !known(*method)),
    );
    findings.check(
        &ACCESS_HTTP,
        access.iter().any(|(_, location)| !is_http(location)),
    );
    let issuers = access
        .iter()
        .any(|(method, _)| *method == oid::AD_CA_ISSUERS);
    findings.check(&CA_ISSUERS, !issuers);
}

fn points(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(extension) = facts.extension(oid::CRL_DISTRIBUTION_POINTS) else {
        let asks_ocsp = facts
            .access
            .iter()
            .flatten()
            .any(|(method, _)| *method == oid::AD_OCSP);
        let needed = super::is_subscriber(facts) && !asks_ocsp && !is_short_lived(facts);
        return findings.check(&REVOCATION, needed);
    };
    findings.check(&POINT_CRITICAL, extension.critical);
    let sound = facts.points.iter().flatten().all(|point| {
        !point.full_name.is_empty()
            && point.full_name.iter().all(is_http)
            && !point.has_reasons
            && !point.has_issuer
    });
    findings.check(&POINT_FORM, !sound);
}

/// Section 1.6.1: up to ten days for certificates from 15 March 2024 on, seven from 15 March 2026 on.
fn is_short_lived(facts: &Facts<'_>) -> bool {
    let (Some(begins), Some(ends)) = (facts.begins, facts.ends) else {
        return false;
    };
    let days = if begins.date() < time::macros::date!(2026 - 03 - 15) {
        10
    } else {
        7
    };
    ends - begins < time::Duration::days(days)
}
