//! DER written front to back into one buffer; lengths are filled in when a structure closes.

use const_oid::ObjectIdentifier;
use time::OffsetDateTime;

use super::tag;

/// Writes DER values one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_capacity(octets: usize) -> Self {
        Self {
            out: Vec::with_capacity(octets),
        }
    }

    /// Goes on after octets that are DER already.
    pub(crate) fn after(der: Vec<u8>) -> Self {
        Self { out: der }
    }

    /// All that has been written, as the content of one value.
    pub(crate) fn wrap(mut self, tag: u8) -> Vec<u8> {
        let (octets, used) = length_octets(self.out.len());
        self.out.splice(
            0..0,
            std::iter::once(tag).chain(octets.into_iter().take(used)),
        );
        self.out
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// How many octets have been written.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Tag and length of a value whose content is elsewhere.
    pub(crate) fn header(&mut self, tag: u8, length: usize) {
        self.out.push(tag);
        self.length(length);
    }

    /// Octets that are DER already.
    pub(crate) fn raw(&mut self, der: &[u8]) {
        self.out.extend_from_slice(der);
    }

    pub(crate) fn tlv(&mut self, tag: u8, content: &[u8]) {
        self.out.push(tag);
        self.length(content.len());
        self.out.extend_from_slice(content);
    }

    /// A value whose content is written by `content`.
    pub(crate) fn nest(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.out.push(tag);
        self.out.push(0);
        let start = self.out.len();
        content(self);
        let length = self.out.len() - start;
        match u8::try_from(length) {
            Ok(short) if short < 0x80 => {
                if let Some(place) = self.out.get_mut(start - 1) {
                    *place = short;
                }
            }
            _ => {
                let (octets, used) = length_octets(length);
                self.out
                    .splice(start - 1..start, octets.into_iter().take(used));
            }
        }
    }

    pub(crate) fn sequence(&mut self, content: impl FnOnce(&mut Self)) {
        self.nest(tag::SEQUENCE, content);
    }

    pub(crate) fn oid(&mut self, oid: &ObjectIdentifier) {
        self.tlv(tag::OID, oid.as_bytes());
    }

    /// A BOOLEAN DEFAULT FALSE: written only when TRUE.
    pub(crate) fn default_false(&mut self, value: bool) {
        if value {
            self.tlv(tag::BOOLEAN, &[0xff]);
        }
    }

    pub(crate) fn integer(&mut self, value: u64) {
        self.tagged_integer(tag::INTEGER, value);
    }

    /// An INTEGER under an implicit tag.
    pub(crate) fn tagged_integer(&mut self, tag: u8, value: u64) {
        let mut octets = [0; 9];
        octets[1..].copy_from_slice(&value.to_be_bytes());
        let zeros = usize::try_from(value.leading_zeros() / 8).unwrap_or(0);
        // one octet more when the first bit would read as a sign
        let start = if value.leading_zeros().is_multiple_of(8) && value != 0 {
            zeros
        } else {
            (zeros + 1).min(8)
        };
        self.tlv(tag, octets.get(start..).unwrap_or(&octets));
    }

    /// A BIT STRING of whole octets.
    pub(crate) fn bit_string(&mut self, octets: &[u8]) {
        self.out.push(tag::BIT_STRING);
        self.length(octets.len() + 1);
        self.out.push(0);
        self.out.extend_from_slice(octets);
    }

    /// Time as RFC 5280 section 4.1.2.5 wants it: UTCTime through 2049, GeneralizedTime from 2050 on.
    pub(crate) fn x509_time(&mut self, at: OffsetDateTime) {
        super::time::write_x509_time(self, at);
    }

    pub(crate) fn generalized_time(&mut self, at: OffsetDateTime) {
        super::time::write_generalized_time(self, tag::GENERALIZED_TIME, at);
    }

    fn length(&mut self, length: usize) {
        let (octets, used) = length_octets(length);
        self.out.extend(octets.into_iter().take(used));
    }
}

/// Writes an INTEGER of either sign.
pub(crate) fn write_signed_integer(writer: &mut Writer, value: i64) {
    let octets = value.to_be_bytes();
    // the shortest that keeps the sign
    let redundant = |pair: &[u8]| {
        matches!(pair, [0, next] if next & 0x80 == 0)
            || matches!(pair, [0xff, next] if next & 0x80 != 0)
    };
    let skipped = octets.windows(2).take_while(|pair| redundant(pair)).count();
    writer.tlv(tag::INTEGER, octets.get(skipped..).unwrap_or(&octets));
}

/// Length octets, and how many of them count.
fn length_octets(length: usize) -> ([u8; 9], usize) {
    let mut octets = [0; 9];
    let bytes = (length as u64).to_be_bytes();
    if length < 0x80 {
        octets[0] = bytes[7];
        return (octets, 1);
    }
    let skipped = bytes.iter().take_while(|octet| **octet == 0).count();
    let used = bytes.len() - skipped;
    octets[0] = 0x80 | u8::try_from(used).unwrap_or(8);
    for (place, octet) in octets.iter_mut().skip(1).zip(bytes.iter().skip(skipped)) {
        *place = *octet;
    }
    (octets, used + 1)
}

#[cfg(test)]
mod tests {
    use der::Encode;

    use super::*;

    #[test]
    fn integers_are_what_the_der_crate_writes() {
        for value in [
            0_u64,
            1,
            127,
            128,
            255,
            256,
            32767,
            32768,
            65535,
            1 << 31,
            u64::MAX >> 1,
            u64::MAX,
        ] {
            let mut writer = Writer::new();
            writer.integer(value);
            assert_eq!(writer.finish(), value.to_der().unwrap(), "{value}");
        }
    }

    #[test]
    fn signed_integers_are_what_the_der_crate_writes_and_come_back() {
        for value in [
            0_i64,
            1,
            -1,
            127,
            128,
            -128,
            -129,
            255,
            256,
            -32769,
            i64::MAX,
            i64::MIN,
        ] {
            let mut writer = Writer::new();
            write_signed_integer(&mut writer, value);
            let der = writer.finish();
            assert_eq!(der, value.to_der().unwrap(), "{value}");
            let back = crate::asn1::signed_integer(&der[2..], "test");
            assert_eq!(back.unwrap(), value);
        }
    }

    #[test]
    fn nested_lengths_are_minimal() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65535, 65536] {
            let content = vec![7; length];
            let mut nested = Writer::new();
            nested.nest(tag::OCTET_STRING, |writer| writer.raw(&content));
            let expected = der::asn1::OctetString::new(content.clone())
                .unwrap()
                .to_der()
                .unwrap();
            assert_eq!(nested.finish(), expected);
            let mut flat = Writer::new();
            flat.tlv(tag::OCTET_STRING, &content);
            assert_eq!(flat.finish(), expected);
        }
    }
}
