//! Certificates of others: read out of what people have, leniently, and as the inventory keeps them. What is odd about one
//! is told and keeps nobody from watching over it.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_pki::{
    cms::SignedData,
    inspect::{self, ForeignCertificate},
    pem,
};
use ers_runtime::clock::to_ms;

use super::inventory::{IMPORT, InventoryCertificate, Origin};

/// Most certificates of one import.
pub const MOST_CERTIFICATES: usize = 500;
const CERTIFICATE_LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
const MESSAGE_LABELS: [&str; 2] = ["PKCS7", "CMS"];
/// Longest serial number that the inventory keeps, in hex digits.
const LONGEST_SERIAL: usize = 40;
const LONGEST_KEY_ALGORITHM: usize = 32;

/// A text holds no certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCertificates {
    /// It is nothing that certificates come in.
    #[error("read certificates: must be PEM, or DER or PKCS#7 in Base64")]
    Unreadable,
    /// There is none in it.
    #[error("read certificates: there is none in it")]
    None,
    /// There are too many.
    #[error("read certificates: at most {MOST_CERTIFICATES}")]
    TooMany,
}

/// A certificate of somebody else's.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// DER.
    pub der: Vec<u8>,
    /// What it says.
    pub facts: ForeignCertificate,
}

/// What was found in a text.
#[derive(Debug, Clone, Default)]
pub struct Sorted {
    /// Certificates that issued none of the others.
    pub leaves: Vec<Foreign>,
    /// Those that did: they are there for the chain.
    pub authorities: Vec<Foreign>,
    /// SHA-256 over what is no certificate, and why not.
    pub unreadable: Vec<(String, String)>,
}

/// DER of the certificates in PEM, or in Base64 of DER or PKCS#7; each once, in their order.
pub fn read_all(text: &str) -> Result<Vec<Vec<u8>>, NoCertificates> {
    let mut found = Vec::new();
    if text.contains("-----BEGIN ") {
        for label in CERTIFICATE_LABELS {
            found.extend(pem::decode_all(text, label).unwrap_or_default());
        }
        for label in MESSAGE_LABELS {
            for message in pem::decode_all(text, label).unwrap_or_default() {
                found.extend(embedded(&message)?);
            }
        }
    } else {
        let compact: String = text.chars().filter(|one| !one.is_whitespace()).collect();
        let der = STANDARD
            .decode(compact)
            .map_err(|_| NoCertificates::Unreadable)?;
        match embedded(&der) {
            Ok(several) => found.extend(several),
            Err(_) if der.first() == Some(&0x30) => found.push(der),
            Err(error) => return Err(error),
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|der| seen.insert(der.clone()));
    match found.len() {
        0 => Err(NoCertificates::None),
        1..=MOST_CERTIFICATES => Ok(found),
        _ => Err(NoCertificates::TooMany),
    }
}

fn embedded(message: &[u8]) -> Result<Vec<Vec<u8>>, NoCertificates> {
    let signed = SignedData::from_ber(message).map_err(|_| NoCertificates::Unreadable)?;
    Ok(signed
        .certificates()
        .iter()
        .map(|certificate| certificate.der().to_vec())
        .collect())
}

/// Tells those that are to be watched over from those that only lead to them.
pub fn sort(found: Vec<Vec<u8>>) -> Sorted {
    let mut sorted = Sorted::default();
    let mut read = Vec::new();
    for der in found {
        match inspect::foreign(&der) {
            Ok(facts) => read.push(Foreign { der, facts }),
            Err(error) => {
                let name = hex::encode(digest::digest(&digest::SHA256, &der));
                sorted.unreadable.push((name, error.to_string()));
            }
        }
    }
    let mut issued: BTreeMap<String, BTreeSet<[u8; 32]>> = BTreeMap::new();
    for one in &read {
        let those = issued.entry(one.facts.issuer.clone()).or_default();
        those.insert(one.facts.fingerprint);
    }
    for one in read {
        let facts = &one.facts;
        let has_issued_another = issued
            .get(&facts.subject)
            .is_some_and(|those| those.iter().any(|other| *other != facts.fingerprint));
        if facts.is_ca && has_issued_another {
            sorted.authorities.push(one);
        } else {
            sorted.leaves.push(one);
        }
    }
    sorted
}

/// The name by which the inventory knows a CA of others.
pub fn authority_name(subject: &str) -> String {
    let digest = hex::encode(digest::digest(&digest::SHA256, subject.as_bytes()));
    format!("foreign-{}", digest.get(..24).unwrap_or(&digest))
}

impl Foreign {
    /// SHA-256, lower-case hex.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.facts.fingerprint)
    }

    /// Whether it was signed by itself, as far as names tell.
    pub fn is_self_signed(&self) -> bool {
        self.facts.subject == self.facts.issuer
    }

    /// As the inventory keeps it; the problem when it cannot.
    pub fn into_inventory(self, origin: Origin) -> Result<InventoryCertificate, &'static str> {
        let fingerprint = self.fingerprint();
        let facts = self.facts;
        let (Some(not_before), Some(not_after)) = (facts.not_before, facts.not_after) else {
            return Err("its validity cannot be read");
        };
        let serial = match facts.serial.trim_start_matches('0') {
            "" => "0",
            serial => serial,
        };
        if serial.len() > LONGEST_SERIAL {
            return Err("its serial number is longer than 20 octets");
        }
        let key_algorithm = match (&facts.key.accepted, facts.key.modulus_bits) {
            (Ok(algorithm), _) => algorithm.as_str().to_owned(),
            (Err(_), Some(bits)) => format!("RSA-{bits}"),
            (Err(_), None) => facts.key.oid.to_string(),
        };
        Ok(InventoryCertificate {
            issuer: authority_name(&facts.issuer),
            serial: serial.to_owned(),
            subject: facts.subject,
            names: facts.names.iter().map(ToString::to_string).collect(),
            key_algorithm: key_algorithm.chars().take(LONGEST_KEY_ALGORITHM).collect(),
            not_before_ms: to_ms(not_before),
            not_after_ms: to_ms(not_after),
            revocation: None,
            origin: Origin {
                protocol: IMPORT.to_owned(),
                ..origin
            },
            request_id: format!("import-{fingerprint}"),
            der: self.der,
            issued_at_ms: to_ms(not_before),
            fingerprint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openssl(arguments: &[&str]) -> String {
        let made = std::process::Command::new("openssl")
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(made.stdout).unwrap()
    }

    fn self_signed(name: &str, key: &str) -> String {
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            key,
            "-nodes",
            "-subj",
            name,
            "-keyout",
            "/dev/null",
            "-days",
            "10",
        ])
    }

    #[test]
    fn a_weak_key_is_read_and_named() {
        let text = self_signed("/CN=old", "rsa:1024");
        let sorted = sort(read_all(&text).unwrap());
        let kept = sorted.leaves[0]
            .clone()
            .into_inventory(Origin::default())
            .unwrap();
        assert_eq!(
            (kept.key_algorithm.as_str(), kept.subject.as_str()),
            ("RSA-1024", "CN=old")
        );
        assert!(sorted.leaves[0].is_self_signed());
        assert!(!sorted.leaves[0].facts.oddities.is_empty());
    }

    #[test]
    fn pem_der_and_pkcs7_read_the_same_and_each_once() {
        let text = self_signed("/CN=a", "rsa:2048");
        let twice = format!("{text}\nbag attributes\n{text}");
        let der = read_all(&twice).unwrap();
        assert_eq!(der.len(), 1);
        assert_eq!(read_all(&STANDARD.encode(&der[0])), Ok(der.clone()));
        let message = ers_pki::cms::certificates_only([der[0].as_slice()]);
        assert_eq!(read_all(&STANDARD.encode(&message)), Ok(der.clone()));
        assert_eq!(read_all(&pem::encode("PKCS7", &message)), Ok(der));
    }

    #[test]
    fn what_holds_no_certificate_is_told_apart() {
        for (text, wrong) in [
            ("", NoCertificates::Unreadable),
            ("%", NoCertificates::Unreadable),
            ("AAAA", NoCertificates::Unreadable),
            (
                "-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----",
                NoCertificates::None,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                NoCertificates::None,
            ),
        ] {
            assert_eq!(read_all(text), Err(wrong), "{text}");
        }
        let sorted = sort(read_all("MAA=").unwrap());
        assert_eq!((sorted.leaves.len(), sorted.unreadable.len()), (0, 1));
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_shown_brings_it_down(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..300), text in ".{0,200}") {
            for text in [STANDARD.encode(&octets), text.clone(), pem::encode("CERTIFICATE", &octets), pem::encode("PKCS7", &octets)] {
                if let Ok(found) = read_all(&text) {
                    for one in sort(found).leaves {
                        let _ = one.into_inventory(Origin::default());
                    }
                }
            }
        }
    }
}
