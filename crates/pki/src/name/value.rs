//! Values of attributes: how they are written, read as text, and which may stand in our certificates.

use const_oid::ObjectIdentifier;

use super::attribute::{AttributeType, Form};
use super::{Attribute, NameError};
use crate::asn1::{self, Writer, tag};

/// What is wrong with the value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// It is empty.
    #[error("the value is empty")]
    Empty,
    /// It is longer than X.520 allows.
    #[error("the value is longer than {longest} characters")]
    TooLong {
        /// Most characters.
        longest: usize,
    },
    /// It has NUL or another control character.
    #[error("the value has a control character")]
    ControlCharacter,
    /// Its string type allows fewer characters.
    #[error("the value has a character that {0} does not allow")]
    Character(&'static str),
    /// It is of another string type than RFC 5280 wants.
    #[error("the value must be of type {0}")]
    StringType(&'static str),
    /// It is no country code of ISO 3166.
    #[error("the value must be a country code of two capital letters")]
    Country,
}

/// AttributeTypeAndValue, DER, with the string type that belongs to the attribute.
pub(super) fn encode(oid: ObjectIdentifier, value: &str) -> Result<Vec<u8>, NameError> {
    let (form, _) = AttributeType::rules(oid);
    let string_tag = match form {
        Form::Directory => tag::UTF8_STRING,
        Form::Printable => tag::PRINTABLE_STRING,
        Form::Ia5 => tag::IA5_STRING,
    };
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.oid(&oid);
        writer.tlv(string_tag, value.as_bytes());
    });
    let whole = writer.finish();
    let attribute = Attribute {
        oid,
        tag: string_tag,
        content: value.as_bytes(),
        starts_rdn: true,
        whole: &whole,
    };
    check(&attribute).map_err(|source| NameError::Value {
        attribute: AttributeType::keyword_or_dotted(oid),
        source,
    })?;
    Ok(whole)
}

/// The value as text; `None` when its type is no string or its octets do not fit its type.
pub(super) fn string(attribute: &Attribute<'_>) -> Option<String> {
    let content = attribute.content;
    match attribute.tag {
        tag::UTF8_STRING => std::str::from_utf8(content).ok().map(str::to_owned),
        tag::PRINTABLE_STRING | tag::IA5_STRING if content.is_ascii() => {
            std::str::from_utf8(content).ok().map(str::to_owned)
        }
        // T.61 in name only: everyone writes Latin-1
        tag::TELETEX_STRING => Some(content.iter().map(|octet| char::from(*octet)).collect()),
        tag::BMP_STRING if content.len().is_multiple_of(2) => {
            let units = content
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| u16::from_be_bytes(*pair));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

/// The value as text, or its DER as RFC 4514 section 2.4 has it: `#` and hexadecimal digits.
pub(super) fn text(attribute: &Attribute<'_>) -> String {
    string(attribute).unwrap_or_else(|| hexadecimal(attribute))
}

pub(super) fn hexadecimal(attribute: &Attribute<'_>) -> String {
    let mut writer = Writer::new();
    writer.tlv(attribute.tag, attribute.content);
    format!("#{}", hex::encode(writer.finish()))
}

/// Whether the value may stand in a certificate that we make.
pub(super) fn check(attribute: &Attribute<'_>) -> Result<(), ValueError> {
    let (form, longest) = AttributeType::rules(attribute.oid);
    let wanted = match (form, attribute.tag) {
        (Form::Directory, tag::UTF8_STRING | tag::PRINTABLE_STRING)
        | (Form::Printable, tag::PRINTABLE_STRING)
        | (Form::Ia5, tag::IA5_STRING) => None,
        // an attribute that we do not know may have any string type that is still allowed
        (Form::Directory, tag::IA5_STRING) if AttributeType::known(attribute.oid).is_none() => None,
        (Form::Directory, _) => Some("UTF8String or PrintableString"),
        (Form::Printable, _) => Some("PrintableString"),
        (Form::Ia5, _) => Some("IA5String"),
    };
    if let Some(wanted) = wanted {
        return Err(ValueError::StringType(wanted));
    }
    let value = string(attribute).ok_or(ValueError::Character(type_name(attribute.tag)))?;
    if value.is_empty() {
        return Err(ValueError::Empty);
    }
    if value.chars().count() > longest {
        return Err(ValueError::TooLong { longest });
    }
    if value.chars().any(char::is_control) {
        return Err(ValueError::ControlCharacter);
    }
    if attribute.tag == tag::PRINTABLE_STRING && !value.bytes().all(asn1::is_printable) {
        return Err(ValueError::Character(type_name(attribute.tag)));
    }
    let is_country = form == Form::Printable && longest == 2;
    if is_country && !(value.len() == 2 && value.bytes().all(|letter| letter.is_ascii_uppercase()))
    {
        return Err(ValueError::Country);
    }
    Ok(())
}

fn type_name(string_tag: u8) -> &'static str {
    match string_tag {
        tag::PRINTABLE_STRING => "PrintableString",
        tag::IA5_STRING => "IA5String",
        _ => "UTF8String",
    }
}
