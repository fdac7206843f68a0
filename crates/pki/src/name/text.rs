//! RFC 4514: names as text, most specific attribute first.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::attribute::AttributeType;
use super::{Attribute, Name, NameError, value};
use crate::asn1::{Reader, Writer};

/// Longest text that is looked at.
const MAX_TEXT_BYTES: usize = 16 * 1024;

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes = self.raw_attributes();
        let mut rdns: Vec<&[Attribute<'_>]> =
            attributes.chunk_by(|_, next| !next.starts_rdn).collect();
        // RFC 4514 section 2.1: the last relative distinguished name comes first
        rdns.reverse();
        let mut text = String::new();
        for (number, rdn) in rdns.iter().enumerate() {
            for (place, attribute) in rdn.iter().enumerate() {
                if place > 0 {
                    text.push('+');
                } else if number > 0 {
                    text.push(',');
                }
                write_attribute(&mut text, attribute);
            }
        }
        f.pad(&text)
    }
}

fn write_attribute(text: &mut String, attribute: &Attribute<'_>) {
    text.push_str(&AttributeType::keyword_or_dotted(attribute.oid));
    text.push('=');
    match value::string(attribute) {
        // section 2.4: a type without a keyword has its value in hexadecimal
        Some(value) if AttributeType::known(attribute.oid).is_some() => escape(text, &value),
        _ => text.push_str(&value::hexadecimal(attribute)),
    }
}

fn escape(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (place, sign) in value.chars().enumerate() {
        match sign {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', sign]),
            '#' if place == 0 => text.push_str("\\#"),
            ' ' if place == 0 || place == last => text.push_str("\\ "),
            sign if sign.is_control() => {
                let mut octets = [0; 4];
                for octet in sign.encode_utf8(&mut octets).bytes() {
                    // writing to a String cannot fail
                    let _ = write!(text, "\\{octet:02X}");
                }
            }
            sign => text.push(sign),
        }
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Reads RFC 4514; spaces round `,`, `+` and `=` do not count, keywords may have either case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(NameError::Syntax("the text is too long"));
        }
        if text.trim().is_empty() {
            return Ok(Self::empty());
        }
        let mut rdns = Vec::new();
        for rdn in split(text, ',') {
            let attributes = split(rdn, '+')
                .into_iter()
                .map(read_attribute)
                .collect::<Result<Vec<_>, _>>()?;
            rdns.push(attributes);
        }
        rdns.reverse();
        Self::from_rdns(rdns)
    }
}

/// Cuts at each `separator` that is not escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut escaped = false;
    text.split(|sign| {
        let cut = sign == separator && !escaped;
        escaped = sign == '\\' && !escaped;
        cut
    })
    .collect()
}

fn read_attribute(text: &str) -> Result<Vec<u8>, NameError> {
    let (keyword, value) = text
        .split_once('=')
        .ok_or(NameError::Syntax("an attribute has no \"=\""))?;
    let keyword = keyword.trim();
    let oid = AttributeType::find(keyword)
        .ok_or_else(|| NameError::UnknownAttribute(keyword.to_owned()))?;
    let value = value.trim_start_matches(' ');
    if let Some(digits) = value.strip_prefix('#') {
        let der = hex::decode(digits.trim_end())
            .map_err(|_| NameError::Syntax("a value after \"#\" is not hexadecimal"))?;
        let mut reader = Reader::new(&der);
        reader.element("AttributeValue")?;
        reader.finish("AttributeValue")?;
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.oid(&oid);
            writer.raw(&der);
        });
        return Ok(writer.finish());
    }
    value::encode(oid, &unescape(value)?)
}

/// Section 3: `\` before a special sign, or before two hexadecimal digits that are an octet of UTF-8.
fn unescape(value: &str) -> Result<String, NameError> {
    let mut octets = Vec::with_capacity(value.len());
    // spaces at the end do not count unless escaped
    let mut kept = 0;
    let mut signs = value.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => {
                let escaped = signs
                    .next()
                    .ok_or(NameError::Syntax("a value ends with \"\\\""))?;
                match escaped {
                    ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => {
                        push(&mut octets, escaped)
                    }
                    _ => octets.push(hexadecimal_pair(escaped, signs.next())?),
                }
                kept = octets.len();
            }
            '"' | '+' | ',' | ';' | '<' | '>' => {
                return Err(NameError::Syntax(
                    "a value has a special sign without \"\\\"",
                ));
            }
            ' ' => octets.push(b' '),
            sign => {
                push(&mut octets, sign);
                kept = octets.len();
            }
        }
    }
    octets.truncate(kept);
    String::from_utf8(octets).map_err(|_| NameError::Syntax("a value is not UTF-8"))
}

fn push(octets: &mut Vec<u8>, sign: char) {
    octets.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
}

fn hexadecimal_pair(first: char, second: Option<char>) -> Result<u8, NameError> {
    let digits = first
        .to_digit(16)
        .zip(second.and_then(|second| second.to_digit(16)));
    digits
        .and_then(|(high, low)| u8::try_from(high << 4 | low).ok())
        .ok_or(NameError::Syntax(
            "\"\\\" must stand before a special sign or two hexadecimal digits",
        ))
}
