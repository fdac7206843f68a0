//! Messages that sign nothing, RFC 5652 section 5: they carry certificates only (`.p7c`, RFC 5280 section 4.2.2.1, EST,
//! SCEP), or a CRL.

use std::collections::HashSet;

use super::oid::content_type;
use crate::asn1::{Writer, tag};

/// A certs-only message of certificates in DER. They keep their order, which BER allows and on which clients rely that
/// take the first one for theirs; one that comes twice stands in it once.
pub fn certificates_only<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut seen = HashSet::new();
    let certificates: Vec<&[u8]> = certificates
        .into_iter()
        .filter(|der| seen.insert(*der))
        .collect();
    degenerate(0, &certificates)
}

/// A message with one CRL in DER, and nothing else: RFC 8894 section 4.6.
pub fn crl_only(crl: &[u8]) -> Vec<u8> {
    degenerate(1, &[crl])
}

/// With `certificates` [0] or `crls` [1].
fn degenerate(number: u8, values: &[&[u8]]) -> Vec<u8> {
    let octets: usize = values.iter().map(|value| value.len()).sum();
    let mut inner = Writer::with_capacity(octets + 128);
    inner.integer(1);
    inner.tlv(tag::SET, &[]);
    inner.sequence(|writer| writer.oid(&content_type::DATA));
    inner.nest(tag::context_constructed(number), |writer| {
        values.iter().for_each(|value| writer.raw(value));
    });
    inner.tlv(tag::SET, &[]);
    write_content_info(&content_type::SIGNED_DATA, &inner.wrap(tag::SEQUENCE))
}

/// ContentInfo around a content in DER.
pub(super) fn write_content_info(kind: &const_oid::ObjectIdentifier, content: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(content.len() + 64);
    writer.oid(kind);
    writer.header(tag::context_constructed(0), content.len());
    writer.raw(content);
    writer.wrap(tag::SEQUENCE)
}
