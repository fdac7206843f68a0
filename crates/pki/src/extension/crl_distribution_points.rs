//! CRL distribution points, RFC 5280 section 4.2.1.13, and freshest CRL, section 4.2.1.15, which has the same syntax.

use const_oid::ObjectIdentifier;

use super::{Malformed, Reader, Writer, uris_of};
use crate::asn1::tag;

/// The URIs of all full names.
pub(crate) fn read(value: &[u8]) -> Result<Vec<String>, Malformed> {
    const WHAT: &str = "CRLDistributionPoints";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let mut uris = Vec::new();
        let mut first = true;
        while first || !fields.is_empty() {
            first = false;
            let mut point = fields.sequence(WHAT)?;
            if let Some(name) = point.optional(tag::context_constructed(0), WHAT)? {
                let mut name = Reader::new(name);
                if let Some(full) = name.optional(tag::context_constructed(0), WHAT)? {
                    uris.extend(uris_of(Reader::new(full), WHAT)?);
                }
            }
            point.optional(tag::context(1), WHAT)?;
            point.optional(tag::context_constructed(2), WHAT)?;
            point.finish(WHAT)?;
        }
        Ok(uris)
    })
}

/// Writes CRL distribution points under that identifier: one with all URLs, which are places of one and the same CRL.
pub(crate) fn write_as<T: AsRef<str>>(
    writer: &mut Writer,
    extension: &ObjectIdentifier,
    urls: &[T],
) {
    super::write(writer, extension, false, |writer| {
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.nest(tag::context_constructed(0), |writer| {
                        urls.iter()
                            .for_each(|url| writer.tlv(tag::context(6), url.as_ref().as_bytes()));
                    });
                });
            });
        });
    });
}
