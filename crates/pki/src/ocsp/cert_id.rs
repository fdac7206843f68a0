//! `CertID`, RFC 6960 section 4.1.1: a certificate by the hashes of its issuer's name and key, and its serial number.

use aws_lc_rs::digest;

use crate::asn1::{Element, Malformed, Reader, Writer, oid, tag};
use crate::certificate::Certificate;
use crate::serial::SerialNumber;

/// How the issuer is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-1, which RFC 5019 wants and most clients use; nothing rests on its strength here.
    Sha1,
    /// SHA-256, which RFC 9919 (once RFC 5019) moves to.
    Sha256,
    /// Another one, whose hashes match no issuer: the answer is "unknown".
    Other,
}

/// Which certificate is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertId {
    /// As received: it is repeated in the answer octet by octet.
    der: Box<[u8]>,
    hash: HashAlgorithm,
    issuer_name_hash: Box<[u8]>,
    issuer_key_hash: Box<[u8]>,
    serial: Option<SerialNumber>,
}

/// The hashes by which an issuer is asked for, computed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerHashes {
    sha1: Hashes,
    sha256: Hashes,
}

/// Of name and key.
type Hashes = (Box<[u8]>, Box<[u8]>);

impl IssuerHashes {
    /// The hashes of that CA.
    pub fn new(issuer: &Certificate) -> Self {
        let (name, key) = (issuer.subject().to_der(), issuer.public_key().key_octets());
        let pair = |algorithm| {
            let hash = |octets| digest::digest(algorithm, octets).as_ref().into();
            (hash(name), hash(key))
        };
        Self {
            sha1: pair(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: pair(&digest::SHA256),
        }
    }

    /// Whether that CA issued the certificate that is asked for, if anyone did.
    pub fn matches(&self, id: &CertId) -> bool {
        self.pair(id.hash)
            .is_some_and(|(name, key)| *name == id.issuer_name_hash && *key == id.issuer_key_hash)
    }

    fn pair(&self, hash: HashAlgorithm) -> Option<&Hashes> {
        match hash {
            HashAlgorithm::Sha1 => Some(&self.sha1),
            HashAlgorithm::Sha256 => Some(&self.sha256),
            HashAlgorithm::Other => None,
        }
    }
}

impl CertId {
    /// Asks for a certificate of that CA with SHA-1, as RFC 5019 section 2.1.1 has it.
    pub fn sha1(issuer: &IssuerHashes, serial: SerialNumber) -> Self {
        Self::build(HashAlgorithm::Sha1, &oid::SHA1, &issuer.sha1, serial)
    }

    /// Asks for a certificate of that CA with SHA-256.
    pub fn sha256(issuer: &IssuerHashes, serial: SerialNumber) -> Self {
        Self::build(HashAlgorithm::Sha256, &oid::SHA256, &issuer.sha256, serial)
    }

    fn build(
        hash: HashAlgorithm,
        algorithm: &const_oid::ObjectIdentifier,
        (name, key): &Hashes,
        serial: SerialNumber,
    ) -> Self {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                writer.oid(algorithm);
                writer.tlv(tag::NULL, &[]);
            });
            writer.tlv(tag::OCTET_STRING, name);
            writer.tlv(tag::OCTET_STRING, key);
            writer.tlv(tag::INTEGER, serial.as_bytes());
        });
        Self {
            der: writer.finish().into(),
            hash,
            issuer_name_hash: name.clone(),
            issuer_key_hash: key.clone(),
            serial: Some(serial),
        }
    }

    /// The CertID, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// How the issuer is hashed.
    pub fn hash_algorithm(&self) -> HashAlgorithm {
        self.hash
    }

    /// The serial number; `None` when the INTEGER is none that RFC 5280 allows, so that nobody ever issued it.
    pub fn serial(&self) -> Option<SerialNumber> {
        self.serial
    }
}

pub(crate) fn read_cert_id(element: Element<'_>) -> Result<CertId, Malformed> {
    const WHAT: &str = "CertID";
    /// SHA-512.
    const LONGEST_HASH: usize = 64;
    /// More than twice what a serial number may have.
    const LONGEST_SERIAL: usize = 48;
    let mut fields = Reader::new(element.content);
    let mut algorithm = fields.sequence(WHAT)?;
    let hash = algorithm.oid(WHAT)?;
    // parameters are absent or NULL (RFC 5754); what else stands there changes nothing
    if !algorithm.is_empty() {
        algorithm.element(WHAT)?;
    }
    algorithm.finish(WHAT)?;
    let issuer_name_hash = fields.content(tag::OCTET_STRING, WHAT)?;
    let issuer_key_hash = fields.content(tag::OCTET_STRING, WHAT)?;
    let serial = fields.content(tag::INTEGER, WHAT)?;
    fields.finish(WHAT)?;
    let too_long = issuer_name_hash.len().max(issuer_key_hash.len()) > LONGEST_HASH
        || serial.len() > LONGEST_SERIAL;
    if too_long || serial.is_empty() {
        return Err(Malformed::new(WHAT));
    }
    Ok(CertId {
        der: element.whole.into(),
        hash: match hash {
            oid::SHA1 => HashAlgorithm::Sha1,
            oid::SHA256 => HashAlgorithm::Sha256,
            _ => HashAlgorithm::Other,
        },
        issuer_name_hash: issuer_name_hash.into(),
        issuer_key_hash: issuer_key_hash.into(),
        serial: SerialNumber::from_der_bytes(serial).ok(),
    })
}
