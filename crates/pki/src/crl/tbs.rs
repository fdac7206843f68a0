//! `TBSCertList`, RFC 5280 section 5.1, field by field, borrowed from the octets.

use time::OffsetDateTime;

use super::RevokedEntry;
use crate::asn1::{
    Element, Malformed, Reader, generalized_time, integer_u64, oid, parse_all, tag, x509_time,
};
use crate::extension::{self, Extension};
use crate::revocation::Reason;
use crate::serial::SerialNumber;

const WHAT: &str = "TBSCertList";

/// The fields of a TBSCertList; the entries are left as they are.
#[derive(Debug)]
pub(crate) struct TbsCertList<'a> {
    pub(crate) algorithm: Element<'a>,
    /// Name, DER.
    pub(crate) issuer: &'a [u8],
    pub(crate) this_update: OffsetDateTime,
    pub(crate) next_update: OffsetDateTime,
    /// Content of revokedCertificates; empty when it is absent.
    pub(crate) entries: &'a [u8],
    pub(crate) extensions: Vec<Extension<'a>>,
    pub(crate) number: u64,
}

impl<'a> TbsCertList<'a> {
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        parse_all(der, WHAT, |fields| {
            // v2, which extensions demand, and CRL number and AKI are extensions that must be there
            if fields.content(tag::INTEGER, "Version")? != [1] {
                return Err(Malformed::new("Version"));
            }
            let algorithm = fields.tagged(tag::SEQUENCE, "AlgorithmIdentifier")?;
            let issuer = fields.tagged(tag::SEQUENCE, "Name")?.whole;
            let this_update = x509_time(fields, "thisUpdate")?;
            let next_update = x509_time(fields, "nextUpdate")?;
            let entries = match fields.optional(tag::SEQUENCE, "revokedCertificates")? {
                None => &[][..],
                // section 5.1.2.6: absent when there are none
                Some([]) => return Err(Malformed::new("revokedCertificates")),
                Some(entries) => entries,
            };
            let explicit = fields.content(tag::context_constructed(0), "crlExtensions")?;
            let extensions = extension::read_all(explicit)?;
            let number =
                extension::find(&extensions, oid::CRL_NUMBER).ok_or(Malformed::new("CRLNumber"))?;
            let number = read_number(number.value)?;
            Ok(Self {
                algorithm,
                issuer,
                this_update,
                next_update,
                entries,
                extensions,
                number,
            })
        })
    }

    pub(crate) fn extension(&self, oid: const_oid::ObjectIdentifier) -> Option<&Extension<'a>> {
        extension::find(&self.extensions, oid)
    }
}

fn read_number(value: &[u8]) -> Result<u64, Malformed> {
    let mut reader = Reader::new(value);
    let number = integer_u64(reader.content(tag::INTEGER, "CRLNumber")?, "CRLNumber")?;
    reader.finish("CRLNumber")?;
    Ok(number)
}

/// Reads the next entry of revokedCertificates.
pub(crate) fn read_entry(entries: &mut Reader<'_>) -> Result<RevokedEntry, Malformed> {
    const WHAT: &str = "revokedCertificates";
    let mut fields = entries.sequence(WHAT)?;
    let serial = fields.content(tag::INTEGER, WHAT)?;
    let serial = SerialNumber::from_der_bytes(serial)
        .map_err(|_| Malformed::new("CertificateSerialNumber"))?;
    let at = x509_time(&mut fields, "revocationDate")?;
    let mut reason = Reason::Unspecified;
    let mut invalidity_date = None;
    if !fields.is_empty() {
        let mut extensions = fields.sequence(WHAT)?;
        fields.finish(WHAT)?;
        while !extensions.is_empty() {
            let mut extension = extensions.sequence(WHAT)?;
            let kind = extension.oid(WHAT)?;
            let critical = extension.default_false(WHAT)?;
            let value = extension.content(tag::OCTET_STRING, WHAT)?;
            extension.finish(WHAT)?;
            if kind == oid::REASON_CODE {
                reason = match value {
                    [tag::ENUMERATED, 1, code] => {
                        Reason::from_code(*code).map_err(|_| Malformed::new("CRLReason"))?
                    }
                    _ => return Err(Malformed::new("CRLReason")),
                };
            } else if kind == oid::INVALIDITY_DATE {
                let mut date = Reader::new(value);
                invalidity_date = Some(generalized_time(&mut date, "InvalidityDate")?);
                date.finish("InvalidityDate")?;
            } else if critical {
                return Err(Malformed::new("crlEntryExtensions"));
            }
        }
    }
    Ok(RevokedEntry {
        serial,
        at,
        reason,
        invalidity_date,
    })
}
