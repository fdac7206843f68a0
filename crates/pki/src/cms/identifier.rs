//! How signers and recipients are named, RFC 5652 sections 5.3 and 6.2.1, and the certificates that come along.

use super::CmsError;
use crate::asn1::oid as common;
use crate::asn1::{Element, Malformed, Reader, Writer, bit_string_of_octets, parse_all, tag};
use crate::certificate::Certificate;
use crate::extension;
use crate::key::{KeyError, PublicKey};

/// Longest name, serial number or key identifier in octets.
const LONGEST: usize = 8 * 1024;

/// Whose key is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyHolder {
    /// IssuerAndSerialNumber.
    IssuerAndSerial {
        /// Name, DER.
        issuer: Vec<u8>,
        /// Content octets of the INTEGER.
        serial: Vec<u8>,
    },
    /// SubjectKeyIdentifier.
    KeyIdentifier(Vec<u8>),
}

impl KeyHolder {
    /// The holder of a certificate, by issuer and serial number.
    pub fn of(certificate: &Certificate) -> Self {
        Self::IssuerAndSerial {
            issuer: certificate.issuer().to_der().to_vec(),
            serial: certificate.serial().as_bytes().to_vec(),
        }
    }

    /// Whether that certificate is meant.
    pub fn is(&self, certificate: &EmbeddedCertificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                *issuer == certificate.issuer && *serial == certificate.serial
            }
            Self::KeyIdentifier(identifier) => {
                certificate.key_identifier.as_deref() == Some(identifier)
            }
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::IssuerAndSerial { issuer, serial } => writer.sequence(|writer| {
                writer.raw(issuer);
                writer.tlv(tag::INTEGER, serial);
            }),
            Self::KeyIdentifier(identifier) => writer.tlv(tag::context(0), identifier),
        }
    }

    /// Reads IssuerAndSerialNumber, DER: also the content of SCEP's GetCert and GetCRL.
    pub fn from_issuer_and_serial(der: &[u8]) -> Result<Self, CmsError> {
        let mut reader = Reader::new(der);
        let element = reader.element("IssuerAndSerialNumber")?;
        reader.finish("IssuerAndSerialNumber")?;
        Ok(Self::read(&element)?)
    }

    /// Reads a CHOICE of IssuerAndSerialNumber and `[0]` key identifier.
    pub(super) fn read(element: &Element<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "IssuerAndSerialNumber";
        if element.content.len() > LONGEST {
            return Err(Malformed::new(WHAT));
        }
        if element.tag == tag::context(0) {
            return Ok(Self::KeyIdentifier(element.content.to_vec()));
        }
        if element.tag != tag::SEQUENCE {
            return Err(Malformed::new(WHAT));
        }
        let mut fields = Reader::new(element.content);
        let issuer = fields.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
        let serial = fields.content(tag::INTEGER, WHAT)?.to_vec();
        fields.finish(WHAT)?;
        Ok(Self::IssuerAndSerial { issuer, serial })
    }
}

/// A certificate that came along in a message, of which no more is known than is needed to find it and verify with its
/// key. Clients of SCEP sign theirs themselves, with serial numbers, versions and names that no CA would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedCertificate {
    der: Vec<u8>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
}

impl EmbeddedCertificate {
    /// Reads the fields of a DER certificate that are needed.
    pub fn from_der(der: &[u8]) -> Result<Self, CmsError> {
        const WHAT: &str = "Certificate";
        Ok(parse_all(der, WHAT, |fields| {
            let mut tbs = fields.sequence(WHAT)?;
            fields.tagged(tag::SEQUENCE, WHAT)?;
            bit_string_of_octets(fields.content(tag::BIT_STRING, WHAT)?, WHAT)?;
            tbs.optional(tag::context_constructed(0), WHAT)?;
            let serial = tbs.content(tag::INTEGER, WHAT)?.to_vec();
            tbs.tagged(tag::SEQUENCE, WHAT)?;
            let issuer = tbs.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
            tbs.tagged(tag::SEQUENCE, WHAT)?;
            let subject = tbs.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
            let spki = tbs.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
            tbs.optional(tag::context(1), WHAT)?;
            tbs.optional(tag::context(2), WHAT)?;
            let key_identifier = tbs
                .optional(tag::context_constructed(3), WHAT)?
                .and_then(key_identifier);
            Ok::<_, Malformed>(Self {
                der: der.to_vec(),
                issuer,
                serial,
                subject,
                spki,
                key_identifier,
            })
        })?)
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its subject, DER.
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// Its issuer, DER.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// Issuer and serial number.
    pub fn holder(&self) -> KeyHolder {
        KeyHolder::IssuerAndSerial {
            issuer: self.issuer.clone(),
            serial: self.serial.clone(),
        }
    }

    /// Its SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Its public key, when it is one that is accepted.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki_der(&self.spki)
    }

    /// Whether subject and issuer are the same.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// The subject key identifier, if there is one that can be read.
fn key_identifier(extensions: &[u8]) -> Option<Vec<u8>> {
    let extensions = extension::read_all(extensions).ok()?;
    let found = extension::find(&extensions, common::SUBJECT_KEY_IDENTIFIER)?;
    let mut value = Reader::new(found.value);
    let identifier = value
        .content(tag::OCTET_STRING, "SubjectKeyIdentifier")
        .ok()?;
    value.is_empty().then(|| identifier.to_vec())
}
