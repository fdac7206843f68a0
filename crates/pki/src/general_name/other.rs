//! otherName of any type, RFC 5280 section 4.2.1.6, and its text: `1.2.3;utf8:…`, or `1.2.3;der:` and hexadecimal.

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;

use super::GeneralNameError;
use crate::asn1::{self, Reader, Writer, tag};

/// Longest value that is looked at.
const MAX_VALUE_BYTES: usize = 4096;
/// Deepest nesting of a value.
const DEEPEST: usize = 8;

/// An otherName: a type, and one value in DER.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OtherName {
    type_id: ObjectIdentifier,
    value: Box<[u8]>,
}

/// Values that have a text of their own: word before the colon, tag, and whether the text is hexadecimal.
const FORMS: [(&str, u8, bool); 4] = [
    ("utf8", tag::UTF8_STRING, false),
    ("ia5", tag::IA5_STRING, false),
    ("printable", tag::PRINTABLE_STRING, false),
    ("octets", tag::OCTET_STRING, true),
];

impl OtherName {
    /// `value` is the DER of one value of whatever type belongs to `type_id`, at most 4 KiB.
    pub fn new(type_id: ObjectIdentifier, value: &[u8]) -> Result<Self, GeneralNameError> {
        let name = Self {
            type_id,
            value: value.into(),
        };
        match name.fault() {
            None => Ok(name),
            Some(fault) => Err(GeneralNameError::Other {
                name: type_id.to_string(),
                fault,
            }),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        const WHAT: &str = "OtherName";
        if self.value.len() > MAX_VALUE_BYTES {
            return Some("its value is longer than 4096 octets");
        }
        let mut reader = Reader::new(&self.value);
        let Ok(element) = reader.element(WHAT) else {
            return Some("its value is not DER");
        };
        if !reader.is_empty() || asn1::check_nesting(&self.value, DEEPEST, WHAT).is_err() {
            return Some("its value is not the DER of one value");
        }
        let is_text = match element.tag {
            tag::UTF8_STRING => std::str::from_utf8(element.content).is_ok(),
            tag::IA5_STRING => element.content.is_ascii(),
            tag::PRINTABLE_STRING => element.content.iter().copied().all(asn1::is_printable),
            _ => true,
        };
        (!is_text).then_some("its value has a character that its type does not allow")
    }

    /// What kind of name it is.
    pub fn type_id(&self) -> ObjectIdentifier {
        self.type_id
    }

    /// The value, DER.
    pub fn value_der(&self) -> &[u8] {
        &self.value
    }

    /// The text of a value that is a string.
    pub fn text(&self) -> Option<&str> {
        let element = Reader::new(&self.value).element("OtherName").ok()?;
        FORMS
            .iter()
            .any(|(_, string_tag, hexadecimal)| *string_tag == element.tag && !hexadecimal)
            .then(|| std::str::from_utf8(element.content).ok())
            .flatten()
    }
}

impl fmt::Display for OtherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};", self.type_id)?;
        let element = Reader::new(&self.value).element("OtherName").ok();
        let form = element.and_then(|element| {
            let form = FORMS
                .iter()
                .find(|(_, form_tag, _)| *form_tag == element.tag)?;
            Some((form, element.content))
        });
        match form {
            Some(((word, _, true), content)) => write!(f, "{word}:{}", hex::encode(content)),
            // what would not be read again as it is stays hexadecimal
            Some(((word, _, false), content)) => match std::str::from_utf8(content) {
                Ok(text) if !text.chars().any(char::is_control) => write!(f, "{word}:{text}"),
                _ => write!(f, "der:{}", hex::encode(&self.value)),
            },
            None => write!(f, "der:{}", hex::encode(&self.value)),
        }
    }
}

impl FromStr for OtherName {
    type Err = GeneralNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = |fault| GeneralNameError::Other {
            name: text
                .chars()
                .take(100)
                .collect::<String>()
                .escape_debug()
                .to_string(),
            fault,
        };
        let (type_id, rest) = text
            .split_once(';')
            .ok_or_else(|| fault("it must be of the form 1.2.3;utf8:text"))?;
        let type_id = ObjectIdentifier::new(type_id)
            .map_err(|_| fault("its type is no object identifier"))?;
        let (word, value) = rest.split_once(':').ok_or_else(|| {
            fault("its value must begin with utf8:, ia5:, printable:, octets: or der:")
        })?;
        if value.len() > 2 * MAX_VALUE_BYTES {
            return Err(fault("its value is longer than 4096 octets"));
        }
        let octets = |value: &str| hex::decode(value).map_err(|_| fault("it is not hexadecimal"));
        if word == "der" {
            return Self::new(type_id, &octets(value)?);
        }
        let (_, form_tag, hexadecimal) = FORMS
            .iter()
            .find(|(known, ..)| *known == word)
            .ok_or_else(|| {
                fault("its value must begin with utf8:, ia5:, printable:, octets: or der:")
            })?;
        let mut writer = Writer::new();
        if *hexadecimal {
            writer.tlv(*form_tag, &octets(value)?);
        } else {
            writer.tlv(*form_tag, value.as_bytes());
        }
        Self::new(type_id, &writer.finish())
    }
}
