//! CA/Browser Forum S/MIME Baseline Requirements (version 1.0.8), sections 6.1.5, 6.3.2 and 7.1, on certificates of
//! mailboxes; those of CAs are not asked.

use const_oid::ObjectIdentifier;
use time::Duration;

use super::cabf_tls::key::{algorithm_and_parameters, bits_of, rsa_numbers};
use super::facts::Facts;
use super::finding::Findings;
use super::{Check, rules};
use crate::asn1::oid;
use crate::extension::{ExtendedKeyUsage, KeyUsage};

rules! { CabfSmime:
    SAN = Error "cabf-smime-san" ["S/MIME BR §7.1.2.3 h"]
        "there must be a subject alternative name with a mailbox";
    SUBJECT_MAILBOX = Error "cabf-smime-subject-mailbox" ["S/MIME BR §7.1.4.2.1"]
        "a mailbox in the subject must be among the subject alternative names";
    MAILBOX_SUBJECT = Error "cabf-smime-mailbox-validated" ["S/MIME BR §7.1.4.2.3"]
        "a mailbox validated certificate must have nothing but common name, serial number and e-mail address in its subject";
    PURPOSE = Error "cabf-smime-eku" ["S/MIME BR §7.1.2.3 f"]
        "extendedKeyUsage with emailProtection must be there";
    PURPOSE_FORBIDDEN = Error "cabf-smime-eku-forbidden" ["S/MIME BR §7.1.2.3 f"]
        "serverAuth, codeSigning, timeStamping and anyExtendedKeyUsage must not be there";
    USAGE = Error "cabf-smime-key-usage" ["S/MIME BR §7.1.2.3 e"]
        "keyUsage must be there";
    USAGE_BITS = Error "cabf-smime-key-usage-bits" ["S/MIME BR §7.1.2.3 e"]
        "key usages must be those for signatures, encryption or agreement with that kind of key";
    KEY = Error "cabf-smime-key" ["S/MIME BR §6.1.5"]
        "keys must be RSA with at least 2048 bits, a number that 8 divides, on P-256, P-384, P-521, or Edwards curves";
    POLICY = Error "cabf-smime-policy-oid" ["S/MIME BR §7.1.6.1"]
        "there must be exactly one of the Forum's policies for S/MIME";
    POINTS = Error "cabf-smime-crl-dp" ["S/MIME BR §7.1.2.3 b"]
        "there must be CRL distribution points with an http URI";
    VALIDITY = Error "cabf-smime-validity" ["S/MIME BR §6.3.2"]
        "certificates must not be valid for more than 825 days, those of the legacy generation for 1185";
}

pub(super) const CHECKS: [Check; 1] = [check];

const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
/// id-on-SmtpUTF8Mailbox, encoded.
const UTF8_MAILBOX: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.is_ca() || facts.has_purpose(ExtendedKeyUsage::OCSP_SIGNING.oid()) {
        return;
    }
    names(facts, findings);
    usages(facts, findings);
    let reserved = facts
        .policies
        .iter()
        .flatten()
        .filter_map(|policy| level(policy.oid));
    let levels: Vec<(u8, u8)> = reserved.collect();
    findings.check(&POLICY, levels.len() != 1);
    let allowed = [COMMON_NAME, SERIAL_NUMBER, EMAIL_ADDRESS];
    let other = facts
        .subject_attributes()
        .iter()
        .any(|attribute| !allowed.contains(&attribute.oid));
    let mailbox_validated = levels.iter().any(|(validation, _)| *validation == 1);
    findings.check(&MAILBOX_SUBJECT, mailbox_validated && other);
    let legacy = levels.iter().any(|(_, generation)| *generation == 1);
    if let (Some(begins), Some(ends)) = (facts.begins, facts.ends) {
        let most = Duration::days(if legacy { 1185 } else { 825 });
        findings.check(&VALIDITY, ends - begins + Duration::SECOND > most);
    }
    let fetchable = facts
        .points
        .iter()
        .flatten()
        .flat_map(|point| &point.full_name)
        .any(|name| name.tag == 0x86 && name.content.starts_with(b"http:"));
    findings.check(&POINTS, !fetchable);
}

/// Validation level and generation of 2.23.140.1.5.{1-4}.{1-3}.
fn level(policy: ObjectIdentifier) -> Option<(u8, u8)> {
    match policy.as_bytes() {
        [0x67, 0x81, 0x0c, 1, 5, level @ 1..=4, generation @ 1..=3] => Some((*level, *generation)),
        _ => None,
    }
}

fn names(facts: &Facts<'_>, findings: &mut Findings) {
    let names = facts.alternative_names();
    let mailbox = names
        .iter()
        .any(|name| name.tag == 0x81 || name.tag == 0xa0 && name.content.starts_with(UTF8_MAILBOX));
    findings.check(&SAN, !mailbox);
    for attribute in facts.subject_attributes() {
        let is_mailbox = attribute.oid == EMAIL_ADDRESS
            || attribute.oid == COMMON_NAME && attribute.content.contains(&b'@');
        let repeated = names
            .iter()
            .any(|name| name.tag == 0xa0 || name.content.eq_ignore_ascii_case(attribute.content));
        findings.check(&SUBJECT_MAILBOX, is_mailbox && !repeated);
    }
}

fn usages(facts: &Facts<'_>, findings: &mut Findings) {
    let has = |purpose: ExtendedKeyUsage| facts.has_purpose(purpose.oid());
    findings.check(&PURPOSE, !has(ExtendedKeyUsage::EMAIL_PROTECTION));
    let forbidden = [
        ExtendedKeyUsage::SERVER_AUTH,
        ExtendedKeyUsage::CODE_SIGNING,
        ExtendedKeyUsage::TIME_STAMPING,
        ExtendedKeyUsage::ANY,
    ];
    findings.check(&PURPOSE_FORBIDDEN, forbidden.into_iter().any(has));
    findings.check(&USAGE, facts.extension(oid::KEY_USAGE).is_none());
    let never = [KeyUsage::KeyCertSign, KeyUsage::CrlSign];
    let enciphers = [KeyUsage::KeyEncipherment, KeyUsage::DataEncipherment];
    let agrees = [
        KeyUsage::KeyAgreement,
        KeyUsage::EncipherOnly,
        KeyUsage::DecipherOnly,
    ];
    let any = |usages: &[KeyUsage]| usages.iter().any(|usage| facts.has_usage(*usage));
    let (sound, wrong) = match algorithm_and_parameters(facts) {
        Some((oid::RSA_ENCRYPTION, _)) => {
            let bits = rsa_numbers(facts.key_octets).map_or(0, |(modulus, _)| bits_of(modulus));
            (bits >= 2048 && bits.is_multiple_of(8), any(&agrees))
        }
        Some((oid::EC_PUBLIC_KEY, curve)) => {
            let known = [oid::P_256, oid::P_384, oid::P_521];
            let sound = curve
                .is_some_and(|curve| known.iter().any(|known| known.as_bytes() == curve.content));
            (sound, any(&enciphers))
        }
        // Ed25519, Ed448
        Some((algorithm, _)) if matches!(algorithm.as_bytes(), [0x2b, 0x65, 112 | 113]) => {
            (true, any(&enciphers) || any(&agrees))
        }
        _ => (false, false),
    };
    findings.check(&KEY, !sound);
    findings.check(&USAGE_BITS, wrong || any(&never));
}
