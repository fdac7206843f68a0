//! Subject directory attributes, RFC 5280 section 4.2.1.8 and RFC 3739 section 3.3.2. Never critical.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::{oid, tag, text};

/// An attribute with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryAttribute {
    /// The attribute: `1.3.6.1.5.5.7.9.1` is dateOfBirth, `.4` countryOfCitizenship.
    #[serde(with = "super::dotted")]
    pub oid: ObjectIdentifier,
    /// The values in ASN.1 value notation, such as `PrintableString:"DE"`; at least one.
    pub values: Vec<String>,
}

impl DirectoryAttribute {
    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.values.is_empty() {
            return Some("an attribute must have a value");
        }
        let broken = self.values.iter().any(|value| text::encode(value).is_err());
        broken.then_some("a value is not in ASN.1 value notation")
    }
}

pub(crate) fn write(
    writer: &mut Writer,
    attributes: &[DirectoryAttribute],
) -> Result<(), crate::ValueTextError> {
    let mut encoded = Vec::new();
    for attribute in attributes {
        let mut values = attribute
            .values
            .iter()
            .map(|value| text::encode(value))
            .collect::<Result<Vec<_>, _>>()?;
        values.sort();
        encoded.push((attribute.oid, values.concat()));
    }
    super::write(
        writer,
        &oid::SUBJECT_DIRECTORY_ATTRIBUTES,
        false,
        |writer| {
            writer.sequence(|writer| {
                for (attribute, values) in &encoded {
                    writer.sequence(|writer| {
                        writer.oid(attribute);
                        writer.tlv(tag::SET, values);
                    });
                }
            });
        },
    );
    Ok(())
}
