//! ASN.1 values as text, for extensions that we know nothing of. The notation is ours, close to what openssl's
//! `ASN1_generate_nconf` takes:
//!
//! `SEQUENCE{UTF8String:"Room 7",INTEGER:-5,OID:1.2.3,EXPLICIT[0]BOOLEAN:TRUE,SET{NULL,OctetString:00ff}}`

use const_oid::ObjectIdentifier;

use super::{Writer, check_nesting, tag};

/// Longest text, and longest DER that comes of it.
const MAX_BYTES: usize = 16 * 1024;
/// Deepest nesting.
const DEEPEST: usize = 16;

/// Why text is no value. `place` counts octets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read ASN.1 value: {fault} at octet {place}")]
pub struct ValueTextError {
    fault: &'static str,
    place: usize,
}

/// The DER of one value that `text` describes: `der:` or `base64:` with octets, or the notation above.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, ValueTextError> {
    let fault = |fault| ValueTextError { fault, place: 0 };
    if text.len() > MAX_BYTES {
        return Err(fault("the text is too long"));
    }
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("der:") {
        return checked(
            hex::decode(digits).map_err(|_| fault("der: must have hexadecimal digits"))?,
        );
    }
    if let Some(digits) = text.strip_prefix("base64:") {
        use base64::Engine as _;
        let decoded = base64::engine::general_purpose::STANDARD.decode(digits);
        return checked(decoded.map_err(|_| fault("base64: must have base64"))?);
    }
    let mut parser = Parser { text, place: 0 };
    let der = parser.value(0)?;
    parser.spaces();
    if parser.place < text.len() {
        return Err(parser.fault("there is something after the value"));
    }
    checked(der)
}

fn checked(der: Vec<u8>) -> Result<Vec<u8>, ValueTextError> {
    let one_value = || {
        let mut reader = super::Reader::new(&der);
        reader.element("value").is_ok() && reader.is_empty()
    };
    if der.len() > MAX_BYTES || !one_value() || check_nesting(&der, DEEPEST, "value").is_err() {
        return Err(ValueTextError {
            fault: "it is not the DER of one value of at most 16 KiB",
            place: 0,
        });
    }
    Ok(der)
}

struct Parser<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Parser<'a> {
    fn fault(&self, fault: &'static str) -> ValueTextError {
        ValueTextError {
            fault,
            place: self.place,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.place..).unwrap_or_default()
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.place += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.spaces();
        let found = self.rest().starts_with(wanted);
        if found {
            self.place += wanted.len();
        }
        found
    }

    /// As many characters as fit.
    fn word(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|sign| !fits(sign)).unwrap_or(rest.len());
        self.place += length;
        rest.get(..length).unwrap_or_default()
    }

    fn value(&mut self, depth: usize) -> Result<Vec<u8>, ValueTextError> {
        if depth >= DEEPEST {
            return Err(self.fault("it nests too deep"));
        }
        self.spaces();
        let kind = self.word(|sign| sign.is_ascii_alphanumeric());
        match kind {
            "SEQUENCE" => {
                let members = self.members(depth)?;
                Ok(tlv(tag::SEQUENCE, &members.concat()))
            }
            "SET" => {
                let mut members = self.members(depth)?;
                // X.690 sections 10.3 and 11.6
                members.sort();
                Ok(tlv(tag::SET, &members.concat()))
            }
            "EXPLICIT" => {
                let number = self.number()?;
                let inner = self.value(depth + 1)?;
                Ok(tlv(tag::context_constructed(number), &inner))
            }
            "IMPLICIT" => {
                let number = self.number()?;
                let mut inner = self.value(depth + 1)?;
                if let Some(first) = inner.first_mut() {
                    // the form stays: primitive or constructed
                    *first = tag::context(number) | (*first & 0x20);
                }
                Ok(inner)
            }
            "NULL" => Ok(tlv(tag::NULL, &[])),
            _ => self.primitive(kind),
        }
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Vec<u8>>, ValueTextError> {
        if !self.take("{") {
            return Err(self.fault("\"{\" is missing"));
        }
        let mut members = Vec::new();
        if self.take("}") {
            return Ok(members);
        }
        loop {
            members.push(self.value(depth + 1)?);
            if self.take("}") {
                return Ok(members);
            }
            if !self.take(",") {
                return Err(self.fault("\",\" or \"}\" is missing"));
            }
        }
    }

    /// `[0]` to `[30]`.
    fn number(&mut self) -> Result<u8, ValueTextError> {
        let opened = self.take("[");
        let number = self.word(|sign| sign.is_ascii_digit()).parse::<u8>();
        match number {
            Ok(number @ 0..=30) if opened && self.take("]") => Ok(number),
            _ => Err(self.fault("a tag must be [0] to [30]")),
        }
    }

    fn primitive(&mut self, kind: &str) -> Result<Vec<u8>, ValueTextError> {
        if !self.take(":") {
            return Err(self.fault("a type that is not known, or \":\" is missing"));
        }
        let string_tag = match kind {
            "UTF8String" => tag::UTF8_STRING,
            "PrintableString" => tag::PRINTABLE_STRING,
            "IA5String" => tag::IA5_STRING,
            "BMPString" => tag::BMP_STRING,
            "UTCTime" => tag::UTC_TIME,
            "GeneralizedTime" => tag::GENERALIZED_TIME,
            _ => return self.number_or_octets(kind),
        };
        let text = self.quoted()?;
        let fits = match string_tag {
            tag::PRINTABLE_STRING => text.bytes().all(super::is_printable),
            tag::IA5_STRING => text.is_ascii(),
            tag::BMP_STRING => text.chars().all(|sign| sign.len_utf16() == 1),
            tag::UTC_TIME => is_time(&text, 13),
            tag::GENERALIZED_TIME => is_time(&text, 15),
            _ => true,
        };
        if !fits {
            return Err(self.fault("the text has a character that its type does not allow"));
        }
        if string_tag == tag::BMP_STRING {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            return Ok(tlv(string_tag, &units));
        }
        Ok(tlv(string_tag, text.as_bytes()))
    }

    fn number_or_octets(&mut self, kind: &str) -> Result<Vec<u8>, ValueTextError> {
        let word = self.word(|sign| sign.is_ascii_alphanumeric() || "-.".contains(sign));
        let octets = || hex::decode(word).map_err(|_| self.fault("it is not hexadecimal"));
        match (kind, word) {
            ("BOOLEAN", "TRUE") => Ok(tlv(tag::BOOLEAN, &[0xff])),
            ("BOOLEAN", "FALSE") => Ok(tlv(tag::BOOLEAN, &[0])),
            ("INTEGER", _) => Ok(tlv(tag::INTEGER, &self.integer(word)?)),
            ("ENUMERATED", _) => Ok(tlv(tag::ENUMERATED, &self.integer(word)?)),
            ("OID", _) => match ObjectIdentifier::new(word) {
                Ok(oid) => Ok(tlv(tag::OID, oid.as_bytes())),
                Err(_) => Err(self.fault("it is no object identifier")),
            },
            ("OctetString", _) => Ok(tlv(tag::OCTET_STRING, &octets()?)),
            ("BitString", _) => Ok(tlv(tag::BIT_STRING, &[&[0][..], &octets()?].concat())),
            ("BOOLEAN", _) => Err(self.fault("it must be TRUE or FALSE")),
            _ => Err(self.fault("the type is not known")),
        }
    }

    /// Decimal of any sign up to 128 bits, or `0x` and hexadecimal, not negative.
    fn integer(&self, word: &str) -> Result<Vec<u8>, ValueTextError> {
        let fault = || self.fault("it is no integer of at most 128 bits");
        let mut octets =
            if let Some(digits) = word.strip_prefix("0x").filter(|digits| !digits.is_empty()) {
                let digits = if digits.len() % 2 == 1 {
                    format!("0{digits}")
                } else {
                    digits.to_owned()
                };
                let octets = hex::decode(digits).map_err(|_| fault())?;
                [&[0][..], &octets].concat()
            } else {
                word.parse::<i128>()
                    .map_err(|_| fault())?
                    .to_be_bytes()
                    .to_vec()
            };
        // X.690 section 8.3.2: the first nine bits are not all the same
        while let [first, second, ..] = octets.as_slice()
            && ((*first == 0 && second & 0x80 == 0) || (*first == 0xff && second & 0x80 != 0))
        {
            octets.remove(0);
        }
        Ok(octets)
    }

    /// `"…"`, with `\"` and `\\`.
    fn quoted(&mut self) -> Result<String, ValueTextError> {
        if !self.take("\"") {
            return Err(self.fault("'\"' is missing"));
        }
        let mut text = String::new();
        let mut signs = self.rest().char_indices();
        while let Some((place, sign)) = signs.next() {
            match sign {
                '"' => {
                    self.place += place + 1;
                    return Ok(text);
                }
                '\\' => match signs.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    _ => return Err(self.fault("\\ must stand before \" or \\")),
                },
                sign => text.push(sign),
            }
        }
        Err(self.fault("a string has no end"))
    }
}

/// Digits and `Z`, so many in all.
fn is_time(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .strip_suffix('Z')
            .is_some_and(|digits| digits.bytes().all(|sign| sign.is_ascii_digit()))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tlv(tag, content);
    writer.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_those_that_openssl_makes() {
        for (ours, theirs) in [
            ("INTEGER:-129", "INTEGER:-129"),
            ("INTEGER:0x80", "INTEGER:0x80"),
            ("ENUMERATED:5", "ENUM:5"),
            ("BOOLEAN:TRUE", "BOOLEAN:TRUE"),
            ("NULL", "NULL"),
            ("OID:1.2.840.113549", "OID:1.2.840.113549"),
            ("UTF8String:\"Zimmer \\\"7\\\"\"", "UTF8:Zimmer \"7\""),
            ("BMPString:\"ab\"", "BMP:ab"),
            ("OctetString:00ff", "FORMAT:HEX,OCT:00ff"),
            ("BitString:0a", "FORMAT:HEX,BITSTR:0a"),
            (
                "GeneralizedTime:\"20260102030405Z\"",
                "GENTIME:20260102030405Z",
            ),
            ("EXPLICIT[3]IA5String:\"x\"", "EXP:3,IA5:x"),
            ("IMPLICIT[3]PrintableString:\"x\"", "IMP:3,PRINTABLE:x"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("out");
            let made = std::process::Command::new("openssl")
                .args(["asn1parse", "-noout", "-genstr", theirs, "-out"])
                .arg(&out)
                .output()
                .unwrap();
            assert!(made.status.success(), "{theirs}: {made:?}");
            assert_eq!(encode(ours).unwrap(), std::fs::read(out).unwrap(), "{ours}");
        }
    }

    #[test]
    fn structures_nest_and_sets_are_sorted() {
        let der = encode(" SEQUENCE { SET{INTEGER:2, INTEGER:1 } , SEQUENCE{} } ").unwrap();
        assert_eq!(hex::encode(der), "300a3106020101020102".to_owned() + "3000");
        assert_eq!(encode("der:0500").unwrap(), [5, 0]);
        assert_eq!(encode("base64:BQA=").unwrap(), [5, 0]);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let deep = format!("{}NULL{}", "SEQUENCE{".repeat(20), "}".repeat(20));
        for text in [
            "",
            "INTEGER",
            "INTEGER:",
            "INTEGER:x",
            "INTEGER:0x",
            "FOO:1",
            "NULL NULL",
            "SEQUENCE{",
            "SEQUENCE{NULL",
            "SEQUENCE{NULL,}",
            "SEQUENCE{,NULL}",
            "UTF8String:x",
            "UTF8String:\"x",
            "UTF8String:\"\\x\"",
            "IA5String:\"ü\"",
            "PrintableString:\"@\"",
            "BMPString:\"😀\"",
            "UTCTime:\"2026\"",
            "BOOLEAN:true",
            "OID:1",
            "OctetString:0",
            "EXPLICIT[31]NULL",
            "EXPLICIT 0 NULL",
            "der:",
            "der:05",
            "der:05000500",
            "base64:!",
            &deep,
        ] {
            assert!(encode(text).is_err(), "{text:?}");
        }
        assert!(encode(&format!("UTF8String:\"{}\"", "a".repeat(20_000))).is_err());
    }

    /// Text and the DER that it must become.
    fn value() -> impl Strategy<Value = (String, Vec<u8>)> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(|number| {
                use der::Encode;
                (format!("INTEGER:{number}"), number.to_der().unwrap())
            }),
            "\\PC{0,20}".prop_map(|text| {
                let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
                (
                    format!("UTF8String:\"{quoted}\""),
                    tlv(tag::UTF8_STRING, text.as_bytes()),
                )
            }),
            prop::collection::vec(any::<u8>(), 0..20).prop_map(|octets| {
                (
                    format!("OctetString:{}", hex::encode(&octets)),
                    tlv(tag::OCTET_STRING, &octets),
                )
            }),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|members| {
                    let (texts, ders): (Vec<_>, Vec<_>) = members.into_iter().unzip();
                    (
                        format!("SEQUENCE{{{}}}", texts.join(", ")),
                        tlv(tag::SEQUENCE, &ders.concat()),
                    )
                }),
                (0..31_u8, inner).prop_map(|(number, (text, der))| {
                    (
                        format!("EXPLICIT[{number}]{text}"),
                        tlv(0xa0 | number, &der),
                    )
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn text_becomes_the_value_that_it_describes((text, der) in value()) {
            prop_assert_eq!(encode(&text), Ok(der));
        }

        #[test]
        fn any_text_is_refused_or_becomes_one_value(text in "(SEQUENCE|SET|INTEGER|[{}:\",\\[\\]0-9a-zA-Z\\\\ ]){0,30}") {
            if let Ok(der) = encode(&text) {
                prop_assert!(check_nesting(&der, DEEPEST, "value").is_ok());
            }
        }
    }
}
