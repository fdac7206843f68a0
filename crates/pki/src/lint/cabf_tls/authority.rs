//! Certificates of CAs: sections 7.1.2.1 (roots), 7.1.2.2 to 7.1.2.6 (subordinates) and 7.1.2.10.

use const_oid::ObjectIdentifier;

use crate::asn1::oid;
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::{iso3166, rules};
use crate::name::AttributeType;

rules! { CabfTls:
    COUNTRY = Error "cabf-tls-ca-country" ["BR §7.1.2.10.2"]
        "the subject of a CA must have a country of ISO 3166-1";
    ORGANIZATION = Error "cabf-tls-ca-organization" ["BR §7.1.2.10.2"]
        "the subject of a CA must have an organization";
    COMMON_NAME = Error "cabf-tls-ca-common-name" ["BR §7.1.2.10.2"]
        "the subject of a CA must have a common name";
    USAGE = Error "cabf-tls-ca-key-usage" ["BR §7.1.2.10.7"]
        "keyUsage of a CA must be critical and have keyCertSign and cRLSign";
    NO_SIGNATURE = Notice "cabf-tls-ca-digital-signature" ["BR §7.1.2.10.7"]
        "without digitalSignature the CA's key cannot sign OCSP responses itself";
    ROOT_PURPOSE = Error "cabf-tls-root-eku" ["BR §7.1.2.1.2"]
        "a root must not have extendedKeyUsage";
    ROOT_PATH_LENGTH = Warning "cabf-tls-root-path-length" ["BR §7.1.2.1.4"]
        "a root should not have pathLenConstraint";
    ROOT_POLICIES = Warning "cabf-tls-root-policies" ["BR §7.1.2.1.2"]
        "a root should not have certificate policies";
    SUB_PURPOSE = Notice "cabf-tls-sub-ca-eku" ["BR §7.1.2.10.6"]
        "a subordinate CA must have extendedKeyUsage, unless it cross-certifies";
    SUB_PURPOSE_ANY = Error "cabf-tls-sub-ca-eku-any" ["BR §7.1.2.10.6"]
        "extendedKeyUsage of a CA for servers must not have anyExtendedKeyUsage or purposes other than servers and clients";
    SUB_POLICIES = Error "cabf-tls-sub-ca-policies" ["BR §7.1.2.10.5"]
        "a subordinate CA must have certificate policies";
    SUB_POINTS = Error "cabf-tls-sub-ca-crl-dp" ["BR §7.1.2.11.2"]
        "a subordinate CA must have CRL distribution points";
    SUB_ACCESS = Warning "cabf-tls-sub-ca-aia" ["BR §7.1.2.10.3"]
        "a subordinate CA should say where its issuer's certificate lies";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_ca() {
        return;
    }
    let find = |kind: ObjectIdentifier| {
        facts
            .subject_attributes()
            .iter()
            .find(|attribute| attribute.oid == kind)
    };
    let country = find(AttributeType::COUNTRY);
    findings.check(
        &COUNTRY,
        !country.is_some_and(|country| iso3166::is_country(country.content)),
    );
    findings.check(&ORGANIZATION, find(AttributeType::ORGANIZATION).is_none());
    findings.check(&COMMON_NAME, find(AttributeType::COMMON_NAME).is_none());
    let critical = facts
        .extension(oid::KEY_USAGE)
        .is_some_and(|extension| extension.critical);
    let signs = facts.has_usage(KeyUsage::KeyCertSign) && facts.has_usage(KeyUsage::CrlSign);
    findings.check(&USAGE, !critical || !signs);
    findings.check(&NO_SIGNATURE, !facts.has_usage(KeyUsage::DigitalSignature));
    if super::is_root(facts) {
        root(facts, findings);
    } else {
        subordinate(facts, findings);
    }
}

fn root(facts: &Facts<'_>, findings: &mut Findings) {
    findings.check(
        &ROOT_PURPOSE,
        facts.extension(oid::EXTENDED_KEY_USAGE).is_some(),
    );
    let limited = facts
        .basic_constraints
        .is_some_and(|constraints| constraints.path_length.is_some());
    findings.check(&ROOT_PATH_LENGTH, limited);
    findings.check(
        &ROOT_POLICIES,
        facts.extension(oid::CERTIFICATE_POLICIES).is_some(),
    );
}

fn subordinate(facts: &Facts<'_>, findings: &mut Findings) {
    match &facts.purposes {
        None => findings.add(&SUB_PURPOSE),
        Some(purposes) => {
            let usual = [ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH];
            let server = purposes.contains(&ExtendedKeyUsage::SERVER_AUTH.oid());
            let any = purposes.contains(&ExtendedKeyUsage::ANY.oid());
            let others = purposes
                .iter()
                .any(|purpose| !usual.iter().any(|usual| usual.oid() == *purpose));
            findings.check(&SUB_PURPOSE_ANY, any || server && others);
        }
    }
    let missing = |oid| facts.extension(oid).is_none();
    findings.check(&SUB_POLICIES, missing(oid::CERTIFICATE_POLICIES));
    findings.check(&SUB_POINTS, missing(oid::CRL_DISTRIBUTION_POINTS));
    let issuers = facts
        .access
        .iter()
        .flatten()
        .any(|(method, _)| *method == oid::AD_CA_ISSUERS);
    findings.check(&SUB_ACCESS, !issuers);
}
