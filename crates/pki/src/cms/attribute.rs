//! Attributes of signers, RFC 5652 section 5.3.

use const_oid::ObjectIdentifier;

use super::{CmsError, MAX_ATTRIBUTES};
use crate::asn1::{Malformed, Reader, Writer, tag};

/// An attribute: its type, and its values in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// attrType.
    pub kind: ObjectIdentifier,
    /// attrValues, each DER.
    pub values: Vec<Vec<u8>>,
}

impl Attribute {
    /// An attribute with one value in DER.
    pub fn new(kind: ObjectIdentifier, value: Vec<u8>) -> Self {
        Self {
            kind,
            values: vec![value],
        }
    }

    /// An attribute with a PrintableString; the caller knows that the text is one.
    pub fn printable_string(kind: ObjectIdentifier, text: &str) -> Self {
        Self::primitive(kind, tag::PRINTABLE_STRING, text.as_bytes())
    }

    /// An attribute with a UTF8String.
    pub fn utf8_string(kind: ObjectIdentifier, text: &str) -> Self {
        Self::primitive(kind, tag::UTF8_STRING, text.as_bytes())
    }

    /// An attribute with an OCTET STRING.
    pub fn octet_string(kind: ObjectIdentifier, octets: &[u8]) -> Self {
        Self::primitive(kind, tag::OCTET_STRING, octets)
    }

    fn primitive(kind: ObjectIdentifier, tag: u8, content: &[u8]) -> Self {
        let mut writer = Writer::new();
        writer.tlv(tag, content);
        Self::new(kind, writer.finish())
    }

    /// The content of the single value when it is an OCTET STRING.
    pub fn as_octets(&self) -> Option<&[u8]> {
        self.single(&[tag::OCTET_STRING])
    }

    /// The single value when it is a PrintableString, UTF8String or IA5String.
    pub fn as_text(&self) -> Option<&str> {
        let strings = [tag::PRINTABLE_STRING, tag::UTF8_STRING, tag::IA5_STRING];
        std::str::from_utf8(self.single(&strings)?).ok()
    }

    fn single(&self, tags: &[u8]) -> Option<&[u8]> {
        let [value] = self.values.as_slice() else {
            return None;
        };
        let mut reader = Reader::new(value);
        let element = reader.element("Attribute").ok()?;
        (tags.contains(&element.tag) && reader.is_empty()).then_some(element.content)
    }

    /// The attribute, DER.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let mut values: Vec<&[u8]> = self.values.iter().map(Vec::as_slice).collect();
        values.sort_unstable();
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.oid(&self.kind);
            writer.nest(tag::SET, |writer| {
                values.iter().for_each(|value| writer.raw(value));
            });
        });
        writer.finish()
    }
}

/// The DER of a SET OF these.
pub(super) fn write_set(attributes: &[Attribute]) -> Vec<u8> {
    let mut encoded: Vec<Vec<u8>> = attributes.iter().map(Attribute::to_der).collect();
    encoded.sort_unstable();
    let mut writer = Writer::new();
    encoded.iter().for_each(|der| writer.raw(der));
    writer.wrap(tag::SET)
}

/// Reads the content of a SET OF Attribute; a type that comes twice is refused.
pub(super) fn read_set(content: &[u8]) -> Result<Vec<Attribute>, CmsError> {
    const WHAT: &str = "Attributes";
    let mut fields = Reader::new(content);
    let mut found: Vec<Attribute> = Vec::new();
    while !fields.is_empty() {
        if found.len() >= MAX_ATTRIBUTES {
            return Err(CmsError::TooMany("attributes"));
        }
        let mut attribute = fields.sequence(WHAT)?;
        let kind = attribute.oid(WHAT)?;
        let mut set = Reader::new(attribute.content(tag::SET, WHAT)?);
        attribute.finish(WHAT)?;
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.element(WHAT)?.whole.to_vec());
        }
        if found.iter().any(|other| other.kind == kind) {
            return Err(Malformed::new(WHAT).into());
        }
        found.push(Attribute { kind, values });
    }
    Ok(found)
}
