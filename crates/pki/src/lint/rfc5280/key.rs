//! The subject's public key: how its algorithm is named, and what can be said of it without a search for weak primes,
//! which is made where keys are read.

use crate::asn1::{Reader, oid, tag};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { Rfc5280:
    RSA_PARAMETERS = Error "rfc5280-rsa-key-parameters" ["RFC 3279 §2.3.1, RFC 4055 §1.2"]
        "the parameters of an RSA key must be NULL";
    RSA_KEY = Error "rfc5280-rsa-key" ["RFC 3279 §2.3.1"]
        "an RSA key must be two positive INTEGERs, modulus and exponent";
    RSA_EVEN = Error "rfc5280-rsa-even" ["RFC 8017 §3.1"]
        "modulus and exponent of an RSA key must be odd, and the exponent at least 3";
    EC_CURVE = Error "rfc5280-ec-named-curve" ["RFC 5480 §2.1.1"]
        "the parameters of an elliptic curve key must name its curve";
    EC_POINT = Error "rfc5280-ec-point" ["RFC 5480 §2.2"]
        "an elliptic curve key must be a point, not the point at infinity, uncompressed or compressed";
    EDWARDS_PARAMETERS = Error "rfc5280-edwards-parameters" ["RFC 8410 §3"]
        "the parameters of Ed25519, Ed448, X25519 and X448 keys must be absent";
    EDWARDS_LENGTH = Error "rfc5280-edwards-length" ["RFC 8410 §4"]
        "Ed25519 and X25519 keys have 32 octets, Ed448 57, X448 56";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    const WHAT: &str = "AlgorithmIdentifier";
    let mut fields = Reader::new(facts.key_algorithm.content);
    let Ok(algorithm) = fields.oid(WHAT) else {
        return findings.say(&super::super::STRUCTURE, || {
            "the algorithm of the subject's key cannot be read".to_owned()
        });
    };
    let parameters = fields.element(WHAT).ok();
    if algorithm == oid::RSA_ENCRYPTION {
        let null = parameters.is_some_and(|element| element.whole == [tag::NULL, 0]);
        findings.check(&RSA_PARAMETERS, !null);
        rsa(facts.key_octets, findings);
    } else if algorithm == oid::EC_PUBLIC_KEY {
        let named = parameters.is_some_and(|element| element.tag == tag::OID);
        findings.check(&EC_CURVE, !named);
        let point =
            matches!(facts.key_octets, [2..=4, coordinates @ ..] if !coordinates.is_empty());
        findings.check(&EC_POINT, !point);
    } else if let Some(octets) = edwards_octets(algorithm) {
        findings.check(&EDWARDS_PARAMETERS, parameters.is_some());
        findings.check(&EDWARDS_LENGTH, facts.key_octets.len() != octets);
    }
}

fn rsa(octets: &[u8], findings: &mut Findings) {
    const WHAT: &str = "RSAPublicKey";
    let read = crate::asn1::parse_all(octets, WHAT, |fields| {
        let modulus = crate::asn1::integer_octets(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        let exponent = crate::asn1::integer_octets(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        Ok::<_, crate::asn1::Malformed>((modulus, exponent))
    });
    match read {
        Err(_) => findings.add(&RSA_KEY),
        Ok((modulus, exponent)) => {
            let odd = |octets: &[u8]| octets.last().is_some_and(|last| last % 2 == 1);
            let sound = odd(modulus) && odd(exponent) && exponent != [1];
            findings.check(&RSA_EVEN, !sound);
        }
    }
}

/// Octets of a key of RFC 8410.
fn edwards_octets(algorithm: const_oid::ObjectIdentifier) -> Option<usize> {
    match algorithm.as_bytes() {
        // 1.3.101.110 X25519, .112 Ed25519
        [0x2b, 0x65, 110 | 112] => Some(32),
        [0x2b, 0x65, 111] => Some(56),
        [0x2b, 0x65, 113] => Some(57),
        _ => None,
    }
}
