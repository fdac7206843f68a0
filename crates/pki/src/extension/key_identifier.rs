//! Subject and authority key identifier, RFC 5280 sections 4.2.1.1 and 4.2.1.2.

use super::{Malformed, Writer};
use crate::asn1::{Reader, oid, tag};

pub(crate) fn read_subject(value: &[u8]) -> Result<&[u8], Malformed> {
    const WHAT: &str = "SubjectKeyIdentifier";
    let mut reader = Reader::new(value);
    let identifier = reader.content(tag::OCTET_STRING, WHAT)?;
    reader.finish(WHAT)?;
    Ok(identifier)
}

/// The `keyIdentifier`, if there is one; the other fields are read past.
pub(crate) fn read_authority(value: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    const WHAT: &str = "AuthorityKeyIdentifier";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let identifier = fields.optional(tag::context(0), WHAT)?;
        fields.optional(tag::context_constructed(1), WHAT)?;
        fields.optional(tag::context(2), WHAT)?;
        Ok(identifier)
    })
}

pub(crate) fn write_subject(writer: &mut Writer, identifier: &[u8]) {
    super::write(writer, &oid::SUBJECT_KEY_IDENTIFIER, false, |writer| {
        writer.tlv(tag::OCTET_STRING, identifier)
    });
}

pub(crate) fn write_authority(writer: &mut Writer, identifier: &[u8]) {
    super::write(writer, &oid::AUTHORITY_KEY_IDENTIFIER, false, |writer| {
        writer.sequence(|writer| writer.tlv(tag::context(0), identifier));
    });
}
