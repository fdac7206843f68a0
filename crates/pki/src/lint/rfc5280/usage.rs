//! Key usage and extended key usage, and whether they fit each other and the key: RFC 5280 sections 4.2.1.3 and
//! 4.2.1.12, RFC 3279, RFC 8410, RFC 8813, RFC 3161, RFC 6960.

use const_oid::ObjectIdentifier;

use crate::asn1::oid;
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { Rfc5280:
    ONLY_WITH_AGREEMENT = Error "rfc5280-encipher-only" ["RFC 5280 §4.2.1.3"]
        "encipherOnly and decipherOnly mean nothing without keyAgreement";
    BOTH_ONLY = Error "rfc5280-encipher-and-decipher-only" ["RFC 3279 §2.3.3"]
        "encipherOnly and decipherOnly must not both be set";
    SUITS_KEY = Error "rfc5280-key-usage-suits-key" ["RFC 3279 §2.3, RFC 8813 §3, RFC 8410 §5"]
        "a key usage does not suit the kind of key";
    PURPOSE = Error "rfc5280-key-usage-purpose" ["RFC 5280 §4.2.1.12"]
        "key usage and extended key usage must be consistent";
    PURPOSE_TWICE = Warning "rfc5280-eku-duplicate" ["RFC 5280 §4.2.1.12"]
        "an extended key usage stands twice";
    ANY_CRITICAL = Warning "rfc5280-eku-any-critical" ["RFC 5280 §4.2.1.12"]
        "extendedKeyUsage should not be critical when it has anyExtendedKeyUsage";
    TIME_STAMPING = Error "rfc5280-time-stamping" ["RFC 3161 §2.3"]
        "extendedKeyUsage of a time stamping authority must be critical and have no other purpose";
    OCSP_SIGNER = Error "rfc5280-ocsp-signer" ["RFC 6960 §4.2.2.2, RFC 5280 §4.2.1.12"]
        "an OCSP signer must have digitalSignature or nonRepudiation";
    NO_CHECK_PURPOSE = Warning "rfc5280-ocsp-no-check-purpose" ["RFC 6960 §4.2.2.2.1"]
        "id-pkix-ocsp-nocheck means nothing without the extended key usage OCSPSigning";
}

const USAGES: [KeyUsage; 9] = [
    KeyUsage::DigitalSignature,
    KeyUsage::ContentCommitment,
    KeyUsage::KeyEncipherment,
    KeyUsage::DataEncipherment,
    KeyUsage::KeyAgreement,
    KeyUsage::KeyCertSign,
    KeyUsage::CrlSign,
    KeyUsage::EncipherOnly,
    KeyUsage::DecipherOnly,
];

/// Purposes with the key usages that are consistent with them, RFC 5280 section 4.2.1.12 and RFC 9336 section 3.1.
const CONSISTENT: [(ExtendedKeyUsage, &[KeyUsage]); 7] = [
    (
        ExtendedKeyUsage::SERVER_AUTH,
        &[
            KeyUsage::DigitalSignature,
            KeyUsage::KeyEncipherment,
            KeyUsage::KeyAgreement,
        ],
    ),
    (
        ExtendedKeyUsage::CLIENT_AUTH,
        &[KeyUsage::DigitalSignature, KeyUsage::KeyAgreement],
    ),
    (
        ExtendedKeyUsage::CODE_SIGNING,
        &[KeyUsage::DigitalSignature],
    ),
    (
        ExtendedKeyUsage::EMAIL_PROTECTION,
        &[
            KeyUsage::DigitalSignature,
            KeyUsage::ContentCommitment,
            KeyUsage::KeyEncipherment,
            KeyUsage::KeyAgreement,
        ],
    ),
    (
        ExtendedKeyUsage::TIME_STAMPING,
        &[KeyUsage::DigitalSignature, KeyUsage::ContentCommitment],
    ),
    (
        ExtendedKeyUsage::OCSP_SIGNING,
        &[KeyUsage::DigitalSignature, KeyUsage::ContentCommitment],
    ),
    (
        ExtendedKeyUsage::DOCUMENT_SIGNING,
        &[KeyUsage::DigitalSignature, KeyUsage::ContentCommitment],
    ),
];

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    key_usage(facts, findings);
    if let Some(purposes) = &facts.purposes {
        extended_key_usage(facts, purposes, findings);
        if !facts.is_ca() {
            consistency(facts, purposes, findings);
        }
    }
    let no_check = facts.extension(oid::OCSP_NO_CHECK).is_some();
    let signs = facts.has_purpose(ExtendedKeyUsage::OCSP_SIGNING.oid());
    findings.check(&NO_CHECK_PURPOSE, no_check && !signs);
}

fn key_usage(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(usages) = facts.key_usages else {
        return;
    };
    let only = [KeyUsage::EncipherOnly, KeyUsage::DecipherOnly].map(|usage| usages.contains(usage));
    let agrees = usages.contains(KeyUsage::KeyAgreement);
    findings.check(&ONLY_WITH_AGREEMENT, only.contains(&true) && !agrees);
    findings.check(&BOTH_ONLY, only == [true, true]);
    if let Some(key) = facts.key {
        for usage in USAGES {
            if usages.contains(usage) && !usage.suits(key) {
                findings.say(&SUITS_KEY, || format!("{usage:?} does not suit {key} keys"));
            }
        }
    }
}

fn extended_key_usage(facts: &Facts<'_>, purposes: &[ObjectIdentifier], findings: &mut Findings) {
    let critical = facts
        .extension(oid::EXTENDED_KEY_USAGE)
        .is_some_and(|extension| extension.critical);
    for (place, purpose) in purposes.iter().enumerate() {
        let twice = purposes.iter().take(place).any(|before| before == purpose);
        findings.check(&PURPOSE_TWICE, twice);
    }
    let any = purposes.contains(&ExtendedKeyUsage::ANY.oid());
    findings.check(&ANY_CRITICAL, any && critical);
    if purposes.contains(&ExtendedKeyUsage::TIME_STAMPING.oid()) && !facts.is_ca() {
        findings.check(&TIME_STAMPING, !critical || purposes.len() > 1);
    }
}

/// A usage that none of the purposes has room for, or none that any of them needs. Purposes that no RFC ties to usages
/// may have any.
fn consistency(facts: &Facts<'_>, purposes: &[ObjectIdentifier], findings: &mut Findings) {
    let Some(usages) = facts.key_usages else {
        return;
    };
    let signer = purposes.contains(&ExtendedKeyUsage::OCSP_SIGNING.oid());
    let signs =
        usages.contains(KeyUsage::DigitalSignature) || usages.contains(KeyUsage::ContentCommitment);
    findings.check(&OCSP_SIGNER, signer && !signs);
    let mut allowed = Vec::new();
    for purpose in purposes {
        match CONSISTENT.iter().find(|(known, _)| known.oid() == *purpose) {
            Some((_, usages)) => allowed.extend_from_slice(usages),
            None => return,
        }
    }
    for usage in USAGES {
        if usages.contains(usage) && !allowed.contains(&usage) {
            findings.say(&PURPOSE, || {
                format!("{usage:?} is consistent with none of the extended key usages")
            });
        }
    }
}
