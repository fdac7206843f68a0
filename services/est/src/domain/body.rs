//! Bodies of EST: DER in base64, whatever a Content-Transfer-Encoding header says (RFC 8951 section 3.1), with line ends
//! or without.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

/// Largest body that is taken.
pub const LARGEST: usize = 128 * 1024;

const READING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A body is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBody {
    /// Nothing.
    #[error("read body: it is empty")]
    Empty,
    /// Too long.
    #[error("read body: it is longer than {LARGEST} octets")]
    TooLong,
    /// No base64.
    #[error("read body: it must be DER in base64 (RFC 8951 section 3.1)")]
    Base64,
}

/// The octets of a body.
pub fn read(body: &[u8]) -> Result<Vec<u8>, InvalidBody> {
    if body.len() > LARGEST {
        return Err(InvalidBody::TooLong);
    }
    let signs: Vec<u8> = body
        .iter()
        .copied()
        .filter(|sign| !sign.is_ascii_whitespace())
        .collect();
    if signs.is_empty() {
        return Err(InvalidBody::Empty);
    }
    READING.decode(signs).map_err(|_| InvalidBody::Base64)
}

/// Octets as a body: base64 in one line, as RFC 4648 section 3.1 wants it and strongSwan reads it.
#[must_use]
pub fn write(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_with_line_ends_of_all_kinds_and_without() {
        let octets: Vec<u8> = (0..200).collect();
        let body = write(&octets);
        let lines = |end: &str| -> String {
            let (first, second) = body.split_at(76);
            format!("{first}{end}{second}{end}")
        };
        for form in [
            body.clone(),
            lines("\r\n"),
            lines("\n"),
            body.replace('=', ""),
            format!("\n {body}\t"),
        ] {
            assert_eq!(read(form.as_bytes()).as_deref(), Ok(octets.as_slice()));
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        assert_eq!(read(b""), Err(InvalidBody::Empty));
        assert_eq!(read(b" \r\n"), Err(InvalidBody::Empty));
        for wrong in [
            b"0\x82\x01\x00".as_slice(),
            b"-----BEGIN CERTIFICATE REQUEST-----",
            b"a",
            b"AA=A",
        ] {
            assert_eq!(read(wrong), Err(InvalidBody::Base64));
        }
        assert_eq!(read(&vec![b'A'; LARGEST + 1]), Err(InvalidBody::TooLong));
    }
}
