//! Extensions that we know nothing of, by their object identifier, with a value given as text.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::text;

/// An extension with a fixed value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateExtension {
    /// Its object identifier.
    #[serde(with = "super::dotted")]
    pub oid: ObjectIdentifier,
    /// Whether it is critical: verifiers that do not know it refuse the certificate.
    #[serde(default)]
    pub critical: bool,
    /// Its value: `der:` and hexadecimal, `base64:`, or ASN.1 value notation such as
    /// `SEQUENCE{UTF8String:"x",INTEGER:5,OID:1.2.3}`.
    pub value: String,
}

impl PrivateExtension {
    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if super::is_written_otherwise(self.oid) {
            return Some("an extension that has a field of its own cannot be a private one");
        }
        text::encode(&self.value)
            .is_err()
            .then_some("a value is neither der:, base64: nor ASN.1 value notation")
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), crate::ValueTextError> {
        let value = text::encode(&self.value)?;
        super::write(writer, &self.oid, self.critical, |writer| {
            writer.raw(&value)
        });
        Ok(())
    }
}
