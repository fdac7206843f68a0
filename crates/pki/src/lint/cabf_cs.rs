//! CA/Browser Forum Baseline Requirements for code signing (version 3.9), sections 6.1.5, 6.3.2 and 7.1, on certificates
//! that sign code; those of CAs and of time stamping authorities are not asked.

use const_oid::ObjectIdentifier;
use time::Duration;
use time::macros::date;

use super::cabf_tls::key::{algorithm_and_parameters, bits_of, rsa_numbers};
use super::facts::Facts;
use super::finding::Findings;
use super::{Check, rules};
use crate::asn1::oid;
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::name::AttributeType;

rules! { CabfCs:
    KEY = Error "cabf-cs-key" ["CS BR §6.1.5.2"]
        "keys must be RSA with at least 3072 bits or on P-256, P-384 or P-521";
    PURPOSE = Error "cabf-cs-eku" ["CS BR §7.1.2.3 f"]
        "extendedKeyUsage with codeSigning must be there";
    PURPOSE_FORBIDDEN = Error "cabf-cs-eku-forbidden" ["CS BR §7.1.2.3 f"]
        "anyExtendedKeyUsage, serverAuth and timeStamping must not be there";
    USAGE = Error "cabf-cs-key-usage" ["CS BR §7.1.2.3 e"]
        "keyUsage must be critical, with digitalSignature, without keyCertSign and cRLSign";
    POLICY = Error "cabf-cs-policy-oid" ["CS BR §7.1.6.1"]
        "there must be one of the Forum's policies for code signing";
    POINTS = Error "cabf-cs-crl-dp" ["CS BR §7.1.2.3 b"]
        "there must be CRL distribution points with an http URI";
    SUBJECT = Error "cabf-cs-subject" ["CS BR §7.1.4.2.2"]
        "the subject must have common name, organization, country, and a state or locality";
    VALIDITY_39 = Error "cabf-cs-validity-39-months" ["CS BR §6.3.2"]
        "certificates must not be valid for more than 39 months";
    VALIDITY_460 = Error "cabf-cs-validity-460-days" ["CS BR §6.3.2"]
        "certificates must not be valid for more than 460 days" since date!(2026-03-01);
}

pub(super) const CHECKS: [Check; 1] = [check];

const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
const STATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.8");
/// Code signing, and EV code signing.
const POLICIES: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("2.23.140.1.4.1"),
    ObjectIdentifier::new_unwrap("2.23.140.1.3"),
];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let has = |purpose: ExtendedKeyUsage| facts.has_purpose(purpose.oid());
    let stamps = has(ExtendedKeyUsage::TIME_STAMPING) && !has(ExtendedKeyUsage::CODE_SIGNING);
    if facts.is_ca() || stamps || has(ExtendedKeyUsage::OCSP_SIGNING) {
        return;
    }
    findings.check(&KEY, !key_is_strong(facts));
    findings.check(&PURPOSE, !has(ExtendedKeyUsage::CODE_SIGNING));
    let forbidden = [
        ExtendedKeyUsage::ANY,
        ExtendedKeyUsage::SERVER_AUTH,
        ExtendedKeyUsage::TIME_STAMPING,
    ];
    findings.check(&PURPOSE_FORBIDDEN, forbidden.into_iter().any(has));
    let critical = facts
        .extension(oid::KEY_USAGE)
        .is_some_and(|extension| extension.critical);
    let signs = facts.has_usage(KeyUsage::DigitalSignature)
        && !facts.has_usage(KeyUsage::KeyCertSign)
        && !facts.has_usage(KeyUsage::CrlSign);
    findings.check(&USAGE, !critical || !signs);
    let claimed = POLICIES.into_iter().any(|policy| facts.has_policy(policy));
    findings.check(&POLICY, !claimed);
    let fetchable = facts
        .points
        .iter()
        .flatten()
        .flat_map(|point| &point.full_name)
        .any(|name| name.tag == 0x86 && name.content.starts_with(b"http:"));
    findings.check(&POINTS, !fetchable);
    let named = |kind| {
        facts
            .subject_attributes()
            .iter()
            .any(|attribute| attribute.oid == kind)
    };
    let complete = named(AttributeType::COMMON_NAME)
        && named(AttributeType::ORGANIZATION)
        && named(AttributeType::COUNTRY)
        && (named(STATE) || named(LOCALITY));
    findings.check(&SUBJECT, !complete);
    if let (Some(begins), Some(ends)) = (facts.begins, facts.ends) {
        let length = ends - begins + Duration::SECOND;
        // the longest 39 months there are
        findings.check(&VALIDITY_39, length > Duration::days(1188));
        findings.check(&VALIDITY_460, length > Duration::days(460));
    }
}

fn key_is_strong(facts: &Facts<'_>) -> bool {
    match algorithm_and_parameters(facts) {
        Some((oid::RSA_ENCRYPTION, _)) => {
            rsa_numbers(facts.key_octets).is_some_and(|(modulus, _)| bits_of(modulus) >= 3072)
        }
        Some((oid::EC_PUBLIC_KEY, Some(curve))) => [oid::P_256, oid::P_384, oid::P_521]
            .iter()
            .any(|known| known.as_bytes() == curve.content),
        _ => false,
    }
}
