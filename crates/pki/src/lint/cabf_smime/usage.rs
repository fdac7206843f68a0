//! What the key is for: section 7.1.2.3 e and f.

use super::{Generation, is_edwards};
use crate::asn1::oid;
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::lint::cabf_tls::key::algorithm_and_parameters;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { CabfSmime:
    PURPOSE = Error "cabf-smime-eku" ["S/MIME BR §7.1.2.3 f"]
        "extendedKeyUsage with emailProtection must be there";
    PURPOSE_FORBIDDEN = Error "cabf-smime-eku-forbidden" ["S/MIME BR §7.1.2.3 f"]
        "serverAuth, codeSigning, timeStamping, OCSPSigning and anyExtendedKeyUsage must not be there; strict certificates have no purpose but emailProtection";
    USAGE = Error "cabf-smime-key-usage" ["S/MIME BR §7.1.2.3 e"]
        "keyUsage must be there";
    USAGE_CRITICAL = Warning "cabf-smime-key-usage-critical" ["S/MIME BR §7.1.2.3 e"]
        "keyUsage should be critical";
    USAGE_BITS = Error "cabf-smime-key-usage-bits" ["S/MIME BR §7.1.2.3 e"]
        "key usages must be those for signatures, encryption or agreement with that kind of key";
}

pub(super) fn check(facts: &Facts<'_>, generation: Option<Generation>, findings: &mut Findings) {
    let strict = generation == Some(Generation::Strict);
    let mailbox = ExtendedKeyUsage::EMAIL_PROTECTION.oid();
    findings.check(&PURPOSE, !facts.has_purpose(mailbox));
    let never = [
        ExtendedKeyUsage::SERVER_AUTH,
        ExtendedKeyUsage::CODE_SIGNING,
        ExtendedKeyUsage::TIME_STAMPING,
        ExtendedKeyUsage::OCSP_SIGNING,
        ExtendedKeyUsage::ANY,
    ];
    let purposes = facts.purposes.as_deref().unwrap_or_default();
    let other = purposes.iter().any(|purpose| *purpose != mailbox);
    let forbidden = never
        .into_iter()
        .any(|purpose| facts.has_purpose(purpose.oid()));
    findings.check(&PURPOSE_FORBIDDEN, forbidden || strict && other);
    let Some(extension) = facts.extension(oid::KEY_USAGE) else {
        return findings.add(&USAGE);
    };
    findings.check(&USAGE_CRITICAL, !extension.critical);
    if facts.key_usages.is_none() {
        return;
    }
    let algorithm = algorithm_and_parameters(facts).map(|(algorithm, _)| algorithm);
    let encipher: &[KeyUsage] = match algorithm {
        Some(oid::RSA_ENCRYPTION) if strict => &[KeyUsage::KeyEncipherment],
        Some(oid::RSA_ENCRYPTION) => &[KeyUsage::KeyEncipherment, KeyUsage::DataEncipherment],
        Some(oid::EC_PUBLIC_KEY) => &[
            KeyUsage::KeyAgreement,
            KeyUsage::EncipherOnly,
            KeyUsage::DecipherOnly,
        ],
        Some(algorithm) if is_edwards(algorithm) => &[],
        // told as a key that may not be
        _ => return,
    };
    let sign = [KeyUsage::DigitalSignature, KeyUsage::ContentCommitment];
    let signs = facts.has_usage(KeyUsage::DigitalSignature);
    let enciphers = encipher
        .first()
        .is_some_and(|usage| facts.has_usage(*usage));
    let mut allowed: Vec<KeyUsage> = Vec::new();
    if signs {
        allowed.extend(sign);
    }
    if enciphers {
        allowed.extend(encipher);
    }
    let surplus = KeyUsage::ALL
        .into_iter()
        .any(|usage| facts.has_usage(usage) && !allowed.contains(&usage));
    findings.check(&USAGE_BITS, !(signs || enciphers) || surplus);
}
