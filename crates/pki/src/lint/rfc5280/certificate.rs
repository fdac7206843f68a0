//! The fields around the names: version, serial number, signature algorithm, validity, unique identifiers.

use crate::asn1::tag;
use crate::key::SignatureAlgorithm;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;
use crate::serial::SerialNumber;

rules! { Rfc5280:
    VERSION = Error "rfc5280-version-3" ["RFC 5280 §4.1.2.1"]
        "a certificate with extensions must be of version 3";
    SERIAL_POSITIVE = Error "rfc5280-serial-positive" ["RFC 5280 §4.1.2.2"]
        "the serial number must be a positive INTEGER in its shortest form";
    SERIAL_LENGTH = Error "rfc5280-serial-length" ["RFC 5280 §4.1.2.2"]
        "the serial number must not be longer than 20 octets";
    SERIAL_ENTROPY = Error "rfc5280-serial-entropy" ["CA/Browser Forum BR §7.1"]
        "the serial number is too short for 64 random bits";
    ALGORITHM = Error "rfc5280-signature-algorithm" ["RFC 5280 §4.1.1.2"]
        "the signature algorithm or its parameters are not supported";
    ALGORITHM_PARAMETERS = Error "rfc5280-signature-parameters" ["RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3"]
        "the parameters of the signature algorithm must be NULL for RSA with PKCS #1 v1.5, absent for ECDSA and EdDSA";
    TIME = Error "rfc5280-time-syntax" ["RFC 5280 §4.1.2.5"]
        "times must have seconds, no fractions, and end with Z";
    TIME_TYPE = Error "rfc5280-time-type" ["RFC 5280 §4.1.2.5"]
        "times must be UTCTime through 2049 and GeneralizedTime from 2050 on";
    BACKWARDS = Error "rfc5280-validity-order" ["RFC 5280 §4.1.2.5"]
        "notAfter lies before notBefore";
    UNIQUE_IDENTIFIERS = Error "rfc5280-unique-identifiers" ["RFC 5280 §4.1.2.8"]
        "unique identifiers must not be made";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    findings.check(&VERSION, facts.version != Some(&[2]));
    serial(facts, findings);
    algorithm(facts, findings);
    validity(facts, findings);
    findings.check(&UNIQUE_IDENTIFIERS, facts.has_unique_identifiers);
}

fn serial(facts: &Facts<'_>, findings: &mut Findings) {
    findings.check(&SERIAL_LENGTH, facts.serial.len() > 20);
    match SerialNumber::from_der_bytes(facts.serial) {
        Err(error) if facts.serial.len() <= 20 => {
            findings.say(&SERIAL_POSITIVE, || error.to_string());
        }
        Err(_) => {}
        // 64 bits of a CSPRNG, less those that chance made zero
        Ok(serial) => findings.check(&SERIAL_ENTROPY, serial.as_bytes().len() < 7),
    }
}

fn algorithm(facts: &Facts<'_>, findings: &mut Findings) {
    match SignatureAlgorithm::read(facts.algorithm) {
        Ok(Some(_)) => {}
        Err(malformed) => findings.say(&ALGORITHM, || malformed.to_string()),
        Ok(None) => {
            let mut fields = crate::asn1::Reader::new(facts.algorithm.content);
            let named = fields.oid("AlgorithmIdentifier").ok();
            let known = named.is_some_and(|named| {
                SignatureAlgorithm::ALL
                    .iter()
                    .any(|known| known.algorithm_identifier().oid == named)
            });
            findings.add(if known {
                &ALGORITHM_PARAMETERS
            } else {
                &ALGORITHM
            });
        }
    }
}

fn validity(facts: &Facts<'_>, findings: &mut Findings) {
    for (which, element, time) in [
        ("notBefore", facts.not_before, facts.begins),
        ("notAfter", facts.not_after, facts.ends),
    ] {
        match time {
            None => findings.say(&TIME, || {
                format!("{which} must be a time with seconds, without fractions, that ends with Z")
            }),
            Some(time) if element.tag == tag::GENERALIZED_TIME && time.year() < 2050 => {
                findings.say(&TIME_TYPE, || {
                    format!("{which} must be UTCTime, for it lies before 2050")
                });
            }
            Some(_) => {}
        }
    }
    if let (Some(begins), Some(ends)) = (facts.begins, facts.ends) {
        findings.check(&BACKWARDS, ends < begins);
    }
}
