//! Bodies of EST: DER in base64, whatever a Content-Transfer-Encoding header says (RFC 8951 section 3.1), with line ends
//! or without.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use zeroize::Zeroizing;

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

/// How the base64 of an answer is broken into lines. No form is read by every client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Not at all: RFC 4648 section 3.1, which RFC 8951 goes by. strongSwan reads nothing else.
    One,
    /// After 64 characters, as MIME, which RFC 7030 went by, allows. libest reads nothing else, for OpenSSL's decoder gives up
    /// a line that does not end within a kilobyte.
    Short,
}

impl Lines {
    /// What a client of this User-Agent reads.
    #[must_use]
    pub fn of_client(user_agent: &str) -> Self {
        // libest has called itself "libest 3.2.0p", "libest client 1.0" and "Cisco EST client 2.0"
        let is_libest = ["libest", "Cisco EST client"]
            .iter()
            .any(|name| user_agent.starts_with(name));
        if is_libest { Self::Short } else { Self::One }
    }
}

/// Characters of a short line.
const SHORT: usize = 64;

/// Octets as a body: base64.
#[must_use]
pub fn write(octets: &[u8], lines: Lines) -> String {
    match lines {
        Lines::One => STANDARD.encode(octets),
        Lines::Short => {
            // it may be a key
            let body = Zeroizing::new(STANDARD.encode(octets));
            let mut broken = String::with_capacity(body.len() + body.len() / SHORT + 1);
            for (place, sign) in body.chars().enumerate() {
                if place > 0 && place % SHORT == 0 {
                    broken.push('\n');
                }
                broken.push(sign);
            }
            broken.push('\n');
            broken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_with_line_ends_of_all_kinds_and_without() {
        let octets: Vec<u8> = (0..200).collect();
        let body = write(&octets, Lines::One);
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
    fn libest_gets_short_lines_and_everybody_else_one() {
        let octets: Vec<u8> = (0..=255).collect();
        for (client, expected) in [
            ("libest 3.2.0p", Lines::Short),
            ("Cisco EST client 2.0 with BRSKI", Lines::Short),
            ("curl/7.88.1", Lines::One),
            ("", Lines::One),
        ] {
            let lines = Lines::of_client(client);
            assert_eq!(lines, expected, "{client}");
            let body = write(&octets, lines);
            assert_eq!(read(body.as_bytes()).as_deref(), Ok(octets.as_slice()));
            let longest = body.lines().map(str::len).max();
            match lines {
                Lines::One => assert!(!body.contains('\n')),
                Lines::Short => assert_eq!((longest, body.ends_with('\n')), (Some(64), true)),
            }
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
