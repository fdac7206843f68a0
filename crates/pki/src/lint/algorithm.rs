//! Version, serial number, signature algorithm and key.

use super::Findings;
use crate::certificate::Tbs;
use crate::key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use crate::serial::SerialNumber;

pub(super) fn lint(tbs: &Tbs<'_>, findings: &mut Findings) {
    version(tbs, findings);
    serial(tbs, findings);
    signature_algorithm(tbs, findings);
    unique_identifiers(tbs, findings);
}

fn version(tbs: &Tbs<'_>, findings: &mut Findings) {
    if tbs.version != 3 {
        findings.error(
            "RFC 5280 §4.1.2.1",
            "a certificate with extensions must be of version 3",
        );
    }
}

fn serial(tbs: &Tbs<'_>, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.1.2.2";
    match SerialNumber::from_der_bytes(tbs.serial) {
        Err(error) => findings.error(RULE, error.to_string()),
        // 64 bits of a CSPRNG, less those that chance made zero
        Ok(serial) if serial.as_bytes().len() < 7 => {
            findings.error(
                "CA/Browser Forum BR §7.1",
                "the serial number is too short for 64 random bits",
            );
        }
        Ok(_) => {}
    }
}

fn signature_algorithm(tbs: &Tbs<'_>, findings: &mut Findings) {
    const RULE: &str = "RFC 5280 §4.1.1.2";
    match SignatureAlgorithm::read(tbs.algorithm) {
        Ok(Some(_)) => {}
        Ok(None) => findings.error(
            RULE,
            "the signature algorithm or its parameters are not supported",
        ),
        Err(malformed) => findings.error(RULE, malformed.to_string()),
    }
}

fn unique_identifiers(tbs: &Tbs<'_>, findings: &mut Findings) {
    if tbs.has_unique_identifiers {
        findings.error("RFC 5280 §4.1.2.8", "unique identifiers must not be made");
    }
}

/// Kind of the key, without the costly checks that a `PublicKey` has behind it.
pub(super) fn check_kind(tbs: &Tbs<'_>) -> Option<KeyAlgorithm> {
    PublicKey::kind_of(tbs.public_key)
}
