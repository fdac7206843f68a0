//! CA/Browser Forum S/MIME Baseline Requirements (version 1.0.11), sections 6.1.5, 6.1.6, 6.3.2 and 7.1, on certificates of
//! mailboxes; those of CAs are not asked. Here: what kind of certificate it claims to be, its key and its validity.

pub(super) mod extension;
pub(super) mod subject;
pub(super) mod usage;

use const_oid::ObjectIdentifier;
use time::Duration;
use time::macros::date;

use super::cabf_tls::key::{algorithm_and_parameters, bits_of, rsa_numbers};
use super::facts::Facts;
use super::finding::Findings;
use super::{Check, rules};
use crate::asn1::oid;
use crate::extension::ExtendedKeyUsage;
use crate::key::SignatureAlgorithm;

rules! { CabfSmime:
    POLICY = Error "cabf-smime-policy-oid" ["S/MIME BR §7.1.6.1"]
        "there must be exactly one of the Forum's policies for S/MIME";
    ANY_POLICY = Error "cabf-smime-any-policy" ["S/MIME BR §7.1.2.3 a"]
        "anyPolicy must not be there";
    LEGACY = Error "cabf-smime-legacy" ["S/MIME BR §7.1.6.1"]
        "the legacy generation must not be issued any more" since date!(2025-07-15);
    KEY = Error "cabf-smime-key" ["S/MIME BR §6.1.5"]
        "keys must be RSA with at least 2048 bits, a number that 8 divides, on P-256, P-384, P-521, or Edwards curves";
    EXPONENT = Error "cabf-smime-rsa-exponent" ["S/MIME BR §6.1.6"]
        "an RSA exponent must be odd and at least 3";
    SIGNATURE = Error "cabf-smime-signature-algorithm" ["S/MIME BR §7.1.3.2"]
        "certificates must be signed with RSA or ECDSA and SHA-256, SHA-384 or SHA-512, or with an Edwards curve";
    VALIDITY = Error "cabf-smime-validity" ["S/MIME BR §6.3.2"]
        "certificates must not be valid for more than 825 days, those of the legacy generation for 1185";
}

pub(super) const CHECKS: [Check; 1] = [check];

const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

/// Whom the subject names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Validation {
    Mailbox,
    Organization,
    Sponsor,
    Individual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    Legacy,
    Multipurpose,
    Strict,
}

/// What a certificate claims by its policy 2.23.140.1.5.{1-4}.{1-3}.
#[derive(Debug, Clone, Copy)]
struct Claim {
    validation: Validation,
    generation: Generation,
}

impl Claim {
    fn read(policy: ObjectIdentifier) -> Option<Self> {
        let [0x67, 0x81, 0x0c, 1, 5, validation, generation] = *policy.as_bytes() else {
            return None;
        };
        Some(Self {
            validation: match validation {
                1 => Validation::Mailbox,
                2 => Validation::Organization,
                3 => Validation::Sponsor,
                4 => Validation::Individual,
                _ => return None,
            },
            generation: match generation {
                1 => Generation::Legacy,
                2 => Generation::Multipurpose,
                3 => Generation::Strict,
                _ => return None,
            },
        })
    }
}

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let is_mailbox = facts.has_purpose(ExtendedKeyUsage::EMAIL_PROTECTION.oid());
    let is_responder = facts.has_purpose(ExtendedKeyUsage::OCSP_SIGNING.oid());
    if facts.is_ca() || is_responder && !is_mailbox {
        return;
    }
    let policies = facts.policies.as_deref().unwrap_or_default();
    let claims: Vec<Claim> = policies
        .iter()
        .filter_map(|policy| Claim::read(policy.oid))
        .collect();
    findings.check(&POLICY, claims.len() != 1);
    findings.check(&ANY_POLICY, facts.has_policy(ANY));
    let claim = claims.first().copied();
    let generation = claim.map(|claim| claim.generation);
    findings.check(&LEGACY, generation == Some(Generation::Legacy));
    if let (Some(begins), Some(ends)) = (facts.begins, facts.ends) {
        let most = match generation {
            Some(Generation::Legacy) => Duration::days(1185),
            _ => Duration::days(825),
        };
        findings.check(&VALIDITY, ends - begins + Duration::SECOND > most);
    }
    let signature = SignatureAlgorithm::read(facts.algorithm).ok().flatten();
    findings.check(&SIGNATURE, signature.is_none());
    check_key(facts, findings);
    subject::check(facts, claim, findings);
    usage::check(facts, generation, findings);
    extension::check(facts, claim, findings);
}

fn check_key(facts: &Facts<'_>, findings: &mut Findings) {
    let sound = match algorithm_and_parameters(facts) {
        Some((oid::RSA_ENCRYPTION, _)) => match rsa_numbers(facts.key_octets) {
            Some((modulus, exponent)) => {
                let odd = exponent.last().is_some_and(|last| last % 2 == 1);
                findings.check(&EXPONENT, !odd || bits_of(exponent) < 2);
                let bits = bits_of(modulus);
                bits >= 2048 && bits.is_multiple_of(8)
            }
            None => false,
        },
        Some((oid::EC_PUBLIC_KEY, Some(curve))) => [oid::P_256, oid::P_384, oid::P_521]
            .iter()
            .any(|known| known.as_bytes() == curve.content),
        Some((algorithm, None)) => is_edwards(algorithm),
        _ => false,
    };
    findings.check(&KEY, !sound);
}

/// Ed25519 and Ed448.
fn is_edwards(algorithm: ObjectIdentifier) -> bool {
    matches!(algorithm.as_bytes(), [0x2b, 0x65, 112 | 113])
}
