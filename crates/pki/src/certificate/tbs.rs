//! `TBSCertificate`, RFC 5280 section 4.1, field by field, borrowed from the octets.

use time::OffsetDateTime;

use crate::asn1::{
    Element, Malformed, Reader, bit_string_of_octets, integer_u64, parse_all, tag, x509_time,
};
use crate::extension::{self, Extension};

/// The fields of a TBSCertificate.
#[derive(Debug)]
pub(crate) struct Tbs<'a> {
    /// Content octets of the INTEGER, not yet known to be a serial number.
    pub(crate) serial: &'a [u8],
    pub(crate) algorithm: Element<'a>,
    /// Name, DER.
    pub(crate) issuer: &'a [u8],
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    /// Name, DER.
    pub(crate) subject: &'a [u8],
    /// SubjectPublicKeyInfo, DER.
    pub(crate) public_key: &'a [u8],
    pub(crate) extensions: Vec<Extension<'a>>,
}

impl<'a> Tbs<'a> {
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "TBSCertificate";
        parse_all(der, WHAT, |fields| {
            let version = match fields.optional(tag::context_constructed(0), "Version")? {
                // DEFAULT v1 is not encoded
                None => 1,
                Some(explicit) => read_version(explicit)?,
            };
            let serial = fields.content(tag::INTEGER, "CertificateSerialNumber")?;
            let algorithm = fields.tagged(tag::SEQUENCE, "AlgorithmIdentifier")?;
            let issuer = fields.tagged(tag::SEQUENCE, "Name")?.whole;
            let mut validity = fields.sequence("Validity")?;
            let not_before = x509_time(&mut validity, "notBefore")?;
            let not_after = x509_time(&mut validity, "notAfter")?;
            validity.finish("Validity")?;
            let subject = fields.tagged(tag::SEQUENCE, "Name")?.whole;
            let public_key = fields.tagged(tag::SEQUENCE, "SubjectPublicKeyInfo")?.whole;
            let issuer_identifier = fields.optional(tag::context(1), "UniqueIdentifier")?;
            let subject_identifier = fields.optional(tag::context(2), "UniqueIdentifier")?;
            for identifier in [issuer_identifier, subject_identifier]
                .into_iter()
                .flatten()
            {
                bit_string_of_octets(identifier, "UniqueIdentifier")?;
            }
            let extensions = match fields.optional(tag::context_constructed(3), "Extensions")? {
                None => Vec::new(),
                Some(explicit) => extension::read_all(explicit)?,
            };
            let has_unique_identifiers =
                issuer_identifier.is_some() || subject_identifier.is_some();
            if (has_unique_identifiers && version < 2) || (!extensions.is_empty() && version < 3) {
                return Err(Malformed::new("Version"));
            }
            Ok(Self {
                serial,
                algorithm,
                issuer,
                not_before,
                not_after,
                subject,
                public_key,
                extensions,
            })
        })
    }
}

fn read_version(explicit: &[u8]) -> Result<u64, Malformed> {
    let mut reader = Reader::new(explicit);
    let number = integer_u64(reader.content(tag::INTEGER, "Version")?, "Version")?;
    reader.finish("Version")?;
    match number {
        1 | 2 => Ok(number + 1),
        _ => Err(Malformed::new("Version")),
    }
}
