//! Keys, key usages and signature algorithms: sections 6.1.5, 6.1.6, 7.1.2.7.10, 7.1.2.7.11 and 7.1.3.

use crate::asn1::{Element, Reader, oid};
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::key::SignatureAlgorithm;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { CabfTls:
    KEY_ALGORITHM = Error "cabf-tls-key-algorithm" ["BR §6.1.5"]
        "keys must be RSA with at least 2048 bits or on P-256, P-384 or P-521";
    MODULUS = Error "cabf-tls-rsa-modulus" ["BR §6.1.5"]
        "an RSA modulus must have at least 2048 bits and a number of bits that 8 divides";
    EXPONENT = Warning "cabf-tls-rsa-exponent" ["BR §6.1.6"]
        "an RSA exponent should be from 2^16 + 1 to 2^256 - 1";
    SIGNATURE = Error "cabf-tls-signature-algorithm" ["BR §7.1.3.2"]
        "certificates must be signed with RSA or ECDSA and SHA-256, SHA-384 or SHA-512";
    USAGE_CRITICAL = Error "cabf-tls-key-usage-critical" ["BR §7.1.2.7.6"]
        "keyUsage must be critical";
    USAGE_EC = Error "cabf-tls-key-usage-ec" ["BR §7.1.2.7.11"]
        "keyUsage of an elliptic curve key must have digitalSignature and nothing else but keyAgreement";
    USAGE_RSA = Error "cabf-tls-key-usage-rsa" ["BR §7.1.2.7.11"]
        "keyUsage of an RSA key must have digitalSignature or keyEncipherment and nothing else but dataEncipherment";
    USAGE_NOT_RECOMMENDED = Warning "cabf-tls-key-usage-not-recommended" ["BR §7.1.2.7.11"]
        "keyAgreement and dataEncipherment are not recommended";
    PURPOSE_MISSING = Error "cabf-tls-server-auth" ["BR §7.1.2.7.10"]
        "extendedKeyUsage with serverAuth must be there";
    PURPOSE_FORBIDDEN = Error "cabf-tls-eku-forbidden" ["BR §7.1.2.7.10"]
        "codeSigning, emailProtection, timeStamping, OCSPSigning and anyExtendedKeyUsage must not stand beside serverAuth";
    PURPOSE_OTHER = Warning "cabf-tls-eku-other" ["BR §7.1.2.7.10"]
        "purposes other than serverAuth and clientAuth are not recommended";
    PURPOSE_CRITICAL = Error "cabf-tls-eku-critical" ["BR §7.1.2.7.6"]
        "extendedKeyUsage must not be critical";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    subject_key(facts, findings);
    let signature = SignatureAlgorithm::read(facts.algorithm).ok().flatten();
    let edwards = signature.is_none_or(|algorithm| {
        let identifier = algorithm.algorithm_identifier();
        identifier.oid.as_bytes().starts_with(&[0x2b, 0x65])
    });
    findings.check(&SIGNATURE, edwards);
    if super::is_subscriber(facts) {
        usages(facts, findings);
        purposes(facts, findings);
    }
}

fn subject_key(facts: &Facts<'_>, findings: &mut Findings) {
    match algorithm_and_parameters(facts) {
        Some((oid::RSA_ENCRYPTION, _)) => match rsa_numbers(facts.key_octets) {
            None => findings.add(&KEY_ALGORITHM),
            Some((modulus, exponent)) => {
                let bits = bits_of(modulus);
                findings.check(&MODULUS, bits < 2048 || !bits.is_multiple_of(8));
                findings.check(&EXPONENT, !(17..=256).contains(&bits_of(exponent)));
            }
        },
        Some((oid::EC_PUBLIC_KEY, Some(curve))) => {
            let known = [oid::P_256, oid::P_384, oid::P_521]
                .iter()
                .any(|known| known.as_bytes() == curve.content);
            findings.check(&KEY_ALGORITHM, !known);
        }
        _ => findings.add(&KEY_ALGORITHM),
    }
}

/// Algorithm of the subject's key and its parameters.
pub(in crate::lint) fn algorithm_and_parameters<'a>(
    facts: &Facts<'a>,
) -> Option<(const_oid::ObjectIdentifier, Option<Element<'a>>)> {
    let mut fields = Reader::new(facts.key_algorithm.content);
    let algorithm = fields.oid("AlgorithmIdentifier").ok()?;
    Some((algorithm, fields.element("AlgorithmIdentifier").ok()))
}

/// Modulus and exponent of an RSAPublicKey, big-endian without sign.
pub(in crate::lint) fn rsa_numbers(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    const WHAT: &str = "RSAPublicKey";
    crate::asn1::parse_all(octets, WHAT, |fields| {
        let modulus = fields.content(crate::asn1::tag::INTEGER, WHAT)?;
        let exponent = fields.content(crate::asn1::tag::INTEGER, WHAT)?;
        Ok::<_, crate::asn1::Malformed>((modulus, exponent))
    })
    .ok()
}

/// Bits of a number without leading zeros.
pub(in crate::lint) fn bits_of(octets: &[u8]) -> usize {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let first = octets.get(zeros).map_or(0, |octet| octet.leading_zeros());
    (octets.len() - zeros) * 8 - usize::try_from(first).unwrap_or(0)
}

fn usages(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(usages) = facts.key_usages else {
        return;
    };
    let critical = facts
        .extension(oid::KEY_USAGE)
        .is_some_and(|extension| extension.critical);
    findings.check(&USAGE_CRITICAL, !critical);
    let has = |usage| usages.contains(usage);
    let signs = has(KeyUsage::DigitalSignature);
    let never = [
        KeyUsage::ContentCommitment,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
        KeyUsage::EncipherOnly,
        KeyUsage::DecipherOnly,
    ]
    .into_iter()
    .any(has);
    let (encipher, data, agree) = (
        has(KeyUsage::KeyEncipherment),
        has(KeyUsage::DataEncipherment),
        has(KeyUsage::KeyAgreement),
    );
    match algorithm_and_parameters(facts) {
        Some((oid::RSA_ENCRYPTION, _)) => {
            findings.check(&USAGE_RSA, never || agree || !(signs || encipher));
            findings.check(&USAGE_NOT_RECOMMENDED, data);
        }
        Some((oid::EC_PUBLIC_KEY, _)) => {
            findings.check(&USAGE_EC, never || encipher || data || !signs);
            findings.check(&USAGE_NOT_RECOMMENDED, agree);
        }
        _ => {}
    }
}

fn purposes(facts: &Facts<'_>, findings: &mut Findings) {
    let has = |usage: ExtendedKeyUsage| facts.has_purpose(usage.oid());
    findings.check(&PURPOSE_MISSING, !has(ExtendedKeyUsage::SERVER_AUTH));
    let forbidden = [
        ExtendedKeyUsage::CODE_SIGNING,
        ExtendedKeyUsage::EMAIL_PROTECTION,
        ExtendedKeyUsage::TIME_STAMPING,
        ExtendedKeyUsage::OCSP_SIGNING,
        ExtendedKeyUsage::ANY,
    ];
    findings.check(&PURPOSE_FORBIDDEN, forbidden.into_iter().any(has));
    let usual = [ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH];
    for purpose in facts.purposes.iter().flatten() {
        let known = usual.iter().chain(&forbidden);
        if !known.into_iter().any(|known| known.oid() == *purpose) {
            findings.say(&PURPOSE_OTHER, || {
                format!("the purpose {purpose} is not recommended")
            });
        }
    }
    let critical = facts
        .extension(oid::EXTENDED_KEY_USAGE)
        .is_some_and(|extension| extension.critical);
    findings.check(&PURPOSE_CRITICAL, critical);
}
