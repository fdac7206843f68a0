//! Certificates that others made, leniently read: external roots, what is found in networks and stores. A weak key, an odd
//! extension or a broken name is a fact about the certificate and no error; only what is no certificate at all is one.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use time::OffsetDateTime;

use super::InspectError;
use crate::asn1::{self, Element, Malformed, Reader, integer_octets, oid, tag};
use crate::certificate::MAX_CERTIFICATE_BYTES;
use crate::extension::basic_constraints;
use crate::extension::{ExtendedKeyUsage, KeyUsages, RequestedExtension, read_extended_key_usage};
use crate::general_name::{GeneralName, read_names};
use crate::key::{KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm};
use crate::name::Name;

const WHAT: &str = "Certificate";
/// Deepest nesting of values.
const DEEPEST: usize = 32;
/// Most extensions that are looked at.
const MAX_EXTENSIONS: usize = 128;

/// What a certificate of somebody else's says.
#[derive(Debug, Clone)]
pub struct ForeignCertificate {
    /// SHA-256 over the DER.
    pub fingerprint: [u8; 32],
    /// The serial number as it stands there, lower-case hexadecimal with leading zeros; may be empty or negative.
    pub serial: String,
    /// The issuer, RFC 4514; its DER in hexadecimal after `#` when it is no name.
    pub issuer: String,
    /// The subject, likewise.
    pub subject: String,
    /// First second of validity, if it can be told.
    pub not_before: Option<OffsetDateTime>,
    /// Last second of validity, if it can be told.
    pub not_after: Option<OffsetDateTime>,
    /// Object identifier of the signature algorithm.
    pub signature_oid: ObjectIdentifier,
    /// The signature algorithm, if it is one of ours.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// The key.
    pub key: ForeignKey,
    /// Whether basic constraints say that it is a CA's.
    pub is_ca: bool,
    /// Its path length.
    pub path_length: Option<u32>,
    /// Its key usages, if the extension is there and can be read.
    pub key_usages: Option<KeyUsages>,
    /// Its extended key usages.
    pub extended_key_usages: Vec<ExtendedKeyUsage>,
    /// Its subject alternative names, those that can be read.
    pub names: Vec<GeneralName>,
    /// All its extensions, in their order.
    pub extensions: Vec<RequestedExtension>,
    /// What is odd about it, in words.
    pub oddities: Vec<String>,
}

/// The key of a certificate of somebody else's.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// Object identifier of the algorithm.
    pub oid: ObjectIdentifier,
    /// Bits of an RSA modulus.
    pub modulus_bits: Option<usize>,
    /// SHA-256 over the SubjectPublicKeyInfo.
    pub fingerprint: [u8; 32],
    /// Kind and size, or why we would not certify it.
    pub accepted: Result<KeyAlgorithm, KeyError>,
}

/// Reads a certificate, DER, of at most 64 KiB.
pub fn foreign(der: &[u8]) -> Result<ForeignCertificate, InspectError> {
    if der.len() > MAX_CERTIFICATE_BYTES {
        return Err(InspectError::Rule("it is longer than 64 KiB"));
    }
    asn1::check_nesting(der, DEEPEST, WHAT)?;
    let mut oddities = Vec::new();
    let mut outer = Reader::new(der);
    let mut fields = outer.sequence(WHAT)?;
    if !outer.is_empty() {
        oddities.push("there are octets after the certificate".to_owned());
    }
    let tbs = fields.sequence("TBSCertificate")?;
    let outer_algorithm = fields.tagged(tag::SEQUENCE, "AlgorithmIdentifier")?;
    fields.content(tag::BIT_STRING, "signature")?;
    let whole = der.get(..der.len() - outer.remaining()).unwrap_or(der);
    read_tbs(tbs, whole, outer_algorithm, oddities).map_err(InspectError::from)
}

fn read_tbs(
    mut fields: Reader<'_>,
    whole: &[u8],
    outer_algorithm: Element<'_>,
    mut oddities: Vec<String>,
) -> Result<ForeignCertificate, Malformed> {
    fields.optional(tag::context_constructed(0), "Version")?;
    let serial = fields.content(tag::INTEGER, "CertificateSerialNumber")?;
    if integer_octets(serial, WHAT).is_err() || serial.len() > 20 || serial == [0] {
        oddities.push("the serial number is not positive, not minimal or too long".to_owned());
    }
    let algorithm = fields.tagged(tag::SEQUENCE, "AlgorithmIdentifier")?;
    if algorithm.whole != outer_algorithm.whole {
        oddities.push("the two signature algorithms differ".to_owned());
    }
    let issuer = read_name(
        fields.tagged(tag::SEQUENCE, "Name")?,
        "issuer",
        &mut oddities,
    );
    let mut validity = fields.sequence("Validity")?;
    let not_before = read_time(validity.element("notBefore")?, "notBefore", &mut oddities);
    let not_after = read_time(validity.element("notAfter")?, "notAfter", &mut oddities);
    let subject = read_name(
        fields.tagged(tag::SEQUENCE, "Name")?,
        "subject",
        &mut oddities,
    );
    let spki = fields.tagged(tag::SEQUENCE, "SubjectPublicKeyInfo")?;
    let key = read_key(spki)?;
    if let Err(error) = &key.accepted {
        oddities.push(format!("the key would not be certified: {error}"));
    }
    let mut found = ForeignCertificate {
        fingerprint: sha256(whole),
        serial: hex::encode(serial),
        issuer,
        subject,
        not_before,
        not_after,
        signature_oid: Reader::new(algorithm.content).oid("AlgorithmIdentifier")?,
        signature_algorithm: SignatureAlgorithm::read(algorithm).ok().flatten(),
        key,
        is_ca: false,
        path_length: None,
        key_usages: None,
        extended_key_usages: Vec::new(),
        names: Vec::new(),
        extensions: Vec::new(),
        oddities,
    };
    // unique identifiers, which nobody uses
    fields.optional(tag::context(1), WHAT)?;
    fields.optional(tag::context(2), WHAT)?;
    if let Some(explicit) = fields.optional(tag::context_constructed(3), "Extensions")? {
        found.read_extensions(explicit)?;
    }
    if !fields.is_empty() {
        found
            .oddities
            .push("there is something after the extensions".to_owned());
    }
    Ok(found)
}

impl ForeignCertificate {
    fn read_extensions(&mut self, explicit: &[u8]) -> Result<(), Malformed> {
        const WHAT: &str = "Extensions";
        let mut list = Reader::new(explicit).sequence(WHAT)?;
        while !list.is_empty() {
            let mut extension = list.sequence(WHAT)?;
            let oid = extension.oid(WHAT)?;
            let critical = match extension.optional(tag::BOOLEAN, WHAT)? {
                None => false,
                Some([0]) => {
                    self.oddities
                        .push(format!("extension {oid}: FALSE is written"));
                    false
                }
                Some(_) => true,
            };
            let value = extension.content(tag::OCTET_STRING, WHAT)?;
            if self.extensions.len() >= MAX_EXTENSIONS {
                return Err(Malformed::new(WHAT));
            }
            if self.extensions.iter().any(|other| other.oid == oid) {
                self.oddities.push(format!("extension {oid} stands twice"));
            }
            if self.read_extension(oid, value).is_err() {
                self.oddities
                    .push(format!("extension {oid} cannot be read"));
            }
            self.extensions.push(RequestedExtension {
                oid,
                critical,
                value: value.to_vec(),
            });
        }
        Ok(())
    }

    fn read_extension(
        &mut self,
        extension: ObjectIdentifier,
        value: &[u8],
    ) -> Result<(), Malformed> {
        match extension {
            oid::BASIC_CONSTRAINTS => {
                let constraints = basic_constraints::read(value)?;
                self.is_ca = constraints.ca;
                self.path_length = constraints.path_length;
            }
            oid::KEY_USAGE => self.key_usages = Some(KeyUsages::read(value)?),
            oid::EXTENDED_KEY_USAGE => self.extended_key_usages = read_extended_key_usage(value)?,
            oid::SUBJECT_ALTERNATIVE_NAME => {
                for name in read_names(value)? {
                    match name {
                        Ok(name) => self.names.push(name),
                        Err(error) => self.oddities.push(error.to_string()),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn read_name(element: Element<'_>, which: &str, oddities: &mut Vec<String>) -> String {
    match Name::from_der(element.whole) {
        Ok(name) => {
            if let Err(error) = name.check() {
                oddities.push(format!("{which}: {}", chain(&error)));
            }
            name.to_string()
        }
        Err(error) => {
            oddities.push(format!("{which}: {}", chain(&error)));
            format!("#{}", hex::encode(element.whole))
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// As RFC 5280 has it, or a GeneralizedTime of any year.
fn read_time(
    element: Element<'_>,
    which: &'static str,
    oddities: &mut Vec<String>,
) -> Option<OffsetDateTime> {
    if let Ok(time) = asn1::x509_time(&mut Reader::new(element.whole), which) {
        return Some(time);
    }
    oddities.push(format!("{which} is not written as it should be"));
    asn1::generalized_time(&mut Reader::new(element.whole), which).ok()
}

fn read_key(spki: Element<'_>) -> Result<ForeignKey, Malformed> {
    const WHAT: &str = "SubjectPublicKeyInfo";
    let mut fields = Reader::new(spki.content);
    let oid = fields.sequence(WHAT)?.oid(WHAT)?;
    let bits = fields.content(tag::BIT_STRING, WHAT)?;
    let is_rsa = oid == oid::RSA_ENCRYPTION || oid == oid::RSASSA_PSS;
    let modulus_bits = bits
        .split_first()
        .filter(|_| is_rsa)
        .and_then(|(_, octets)| modulus_bits(octets).ok());
    Ok(ForeignKey {
        oid,
        modulus_bits,
        fingerprint: sha256(spki.whole),
        accepted: PublicKey::from_spki_der(spki.whole).map(|key| key.algorithm()),
    })
}

fn modulus_bits(key: &[u8]) -> Result<usize, Malformed> {
    let mut fields = Reader::new(key).sequence("RSAPublicKey")?;
    let modulus = fields.content(tag::INTEGER, "modulus")?;
    let zeros = modulus.iter().take_while(|octet| **octet == 0).count();
    let first = modulus.get(zeros).map_or(0, |first| first.leading_zeros());
    let bits = (modulus.len() - zeros) * 8;
    Ok(bits.saturating_sub(first as usize))
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, octets).as_ref());
    hash
}
