//! `PKIMessage`, RFC 9810 section 5.1, and its protection, section 5.1.3.

use super::body::Body;
use super::header::Header;
use super::{CmpError, DEEPEST, MAX_MESSAGE_BYTES};
use crate::asn1::{self, Malformed, Reader, Writer, bit_string_of_octets, parse_all, tag};

const WHAT: &str = "PKIMessage";
/// Most certificates beside a message.
const MAX_EXTRA_CERTIFICATES: usize = 32;

/// A message as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    der: Vec<u8>,
    header_der: Vec<u8>,
    body_der: Vec<u8>,
    header: Header,
    body: Body,
    protection: Option<Vec<u8>>,
    extra_certificates: Vec<Vec<u8>>,
}

/// A message that waits for its protection.
#[derive(Debug, Clone)]
pub struct Unprotected {
    header: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    /// Reads a DER message of at most 256 KiB.
    ///
    /// # Errors
    /// [`CmpError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CmpError> {
        if der.len() > MAX_MESSAGE_BYTES {
            return Err(CmpError::TooLong);
        }
        asn1::check_nesting(der, DEEPEST, WHAT)?;
        parse_all(der, WHAT, |fields| {
            let header = fields.tagged(tag::SEQUENCE, "PKIHeader")?;
            let body = fields.element("PKIBody")?;
            let protection = match fields.optional(tag::context_constructed(0), "protection")? {
                None => None,
                Some(explicit) => {
                    let mut inner = Reader::new(explicit);
                    let content = inner.content(tag::BIT_STRING, "protection")?;
                    inner.finish("protection")?;
                    Some(bit_string_of_octets(content, "protection")?.to_vec())
                }
            };
            let extra_certificates =
                match fields.optional(tag::context_constructed(1), "extraCerts")? {
                    None => Vec::new(),
                    Some(explicit) => read_certificates(explicit)?,
                };
            Ok(Self {
                der: der.to_vec(),
                header_der: header.whole.to_vec(),
                body_der: body.whole.to_vec(),
                header: Header::read(Reader::new(header.content))?,
                body: Body::from_element(body)?,
                protection,
                extra_certificates,
            })
        })
    }

    /// The message, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its body.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// MAC or signature, the content of the BIT STRING.
    pub fn protection(&self) -> Option<&[u8]> {
        self.protection.as_deref()
    }

    /// What the protection is over: `ProtectedPart`, DER, of the octets that came.
    pub fn protected_part(&self) -> Vec<u8> {
        protected_part(&self.header_der, &self.body_der)
    }

    /// Certificates that came along, DER.
    pub fn extra_certificates(&self) -> &[Vec<u8>] {
        &self.extra_certificates
    }
}

impl Unprotected {
    /// A header, which names the protection's algorithm already, and a body.
    pub fn new(header: &Header, body: &Body) -> Self {
        Self {
            header: header.to_der(),
            body: body.to_der(),
        }
    }

    /// What is to be protected: `ProtectedPart`, DER.
    pub fn protected_part(&self) -> Vec<u8> {
        protected_part(&self.header, &self.body)
    }

    /// The message, DER.
    pub fn protect(self, protection: &[u8], extra_certificates: &[Vec<u8>]) -> Vec<u8> {
        assemble(
            &self.header,
            &self.body,
            Some(protection),
            extra_certificates,
        )
    }

    /// The message without protection, DER.
    pub fn leave_unprotected(self, extra_certificates: &[Vec<u8>]) -> Vec<u8> {
        assemble(&self.header, &self.body, None, extra_certificates)
    }
}

/// The header of octets that need not be a whole message: for whom an error is to be.
pub fn peek_header(der: &[u8]) -> Option<Header> {
    let mut outer = Reader::new(der.get(..MAX_MESSAGE_BYTES.min(der.len()))?);
    let mut fields = outer.sequence(WHAT).ok()?;
    let header = fields.tagged(tag::SEQUENCE, "PKIHeader").ok()?;
    asn1::check_nesting(header.whole, DEEPEST, WHAT).ok()?;
    Header::read(Reader::new(header.content)).ok()
}

/// `ProtectedPart`, RFC 9810 section 5.1.3: header and body, both DER, in a SEQUENCE.
pub fn protected_part(header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(header.len() + body.len() + 8);
    writer.sequence(|writer| {
        writer.raw(header);
        writer.raw(body);
    });
    writer.finish()
}

/// A message of its parts, all DER.
pub fn assemble(
    header: &[u8],
    body: &[u8],
    protection: Option<&[u8]>,
    extra_certificates: &[Vec<u8>],
) -> Vec<u8> {
    let mut writer = Writer::with_capacity(header.len() + body.len() + 4096);
    writer.sequence(|writer| {
        writer.raw(header);
        writer.raw(body);
        if let Some(protection) = protection {
            writer.nest(tag::context_constructed(0), |writer| {
                writer.bit_string(protection);
            });
        }
        if !extra_certificates.is_empty() {
            writer.nest(tag::context_constructed(1), |writer| {
                writer.sequence(|writer| {
                    extra_certificates.iter().for_each(|der| writer.raw(der));
                });
            });
        }
    });
    writer.finish()
}

fn read_certificates(explicit: &[u8]) -> Result<Vec<Vec<u8>>, Malformed> {
    const WHAT: &str = "extraCerts";
    let mut outer = Reader::new(explicit);
    let mut list = outer.sequence(WHAT)?;
    outer.finish(WHAT)?;
    let mut certificates = Vec::new();
    while !list.is_empty() {
        if certificates.len() >= MAX_EXTRA_CERTIFICATES {
            return Err(Malformed::new(WHAT));
        }
        certificates.push(list.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec());
    }
    Ok(certificates)
}
