//! From BER, X.690 section 8, to definite minimal lengths: what streaming clients write (openssl `-stream`, Windows,
//! Bouncy Castle). Values keep their order; DER comes out as it went in.

use std::borrow::Cow;

use crate::asn1::{Malformed, Writer, tag};

/// Deepest nesting that is followed.
const DEEPEST: usize = 32;
/// Most values that are looked at.
const MOST_ELEMENTS: usize = 20_000;
const CONSTRUCTED: u8 = 0x20;
const WHAT: &str = "BER";

/// The same values with definite lengths; strings in pieces are put together.
pub(super) fn definite(octets: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    if crate::asn1::check_nesting(octets, DEEPEST, WHAT).is_ok() {
        return Ok(Cow::Borrowed(octets));
    }
    let mut walk = Walk {
        rest: octets,
        elements: 0,
    };
    let mut writer = Writer::with_capacity(octets.len());
    walk.element(&mut writer, 0)?;
    if walk.rest.is_empty() {
        Ok(Cow::Owned(writer.finish()))
    } else {
        Err(Malformed::new(WHAT))
    }
}

struct Walk<'a> {
    rest: &'a [u8],
    elements: usize,
}

/// Where a value ends.
enum End {
    /// After so many octets.
    Length(usize),
    /// At the end-of-contents octets.
    Contents,
}

impl<'a> Walk<'a> {
    fn take(&mut self, octets: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .rest
            .split_at_checked(octets)
            .ok_or(Malformed::new(WHAT))?;
        self.rest = rest;
        Ok(taken)
    }

    fn octet(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed::new(WHAT))?;
        self.rest = rest;
        Ok(*first)
    }

    fn header(&mut self) -> Result<(u8, End), Malformed> {
        self.elements += 1;
        let tag = self.octet()?;
        // tags of more than one octet are found nowhere in what we read
        if self.elements > MOST_ELEMENTS || tag & 0x1f == 0x1f {
            return Err(Malformed::new(WHAT));
        }
        let length = match self.octet()? {
            0x80 if tag & CONSTRUCTED != 0 => return Ok((tag, End::Contents)),
            short @ 0..=0x7f => usize::from(short),
            long => {
                let octets = self.take(usize::from(long & 0x7f))?;
                let octets = octets
                    .iter()
                    .position(|octet| *octet != 0)
                    .and_then(|start| octets.get(start..))
                    .unwrap_or_default();
                if octets.len() > 4 || long == 0x80 {
                    return Err(Malformed::new(WHAT));
                }
                octets
                    .iter()
                    .fold(0, |length, octet| length << 8 | usize::from(*octet))
            }
        };
        Ok((tag, End::Length(length)))
    }

    fn element(&mut self, writer: &mut Writer, depth: usize) -> Result<(), Malformed> {
        let (tag, end) = self.header()?;
        if tag & CONSTRUCTED == 0 {
            let End::Length(length) = end else {
                return Err(Malformed::new(WHAT));
            };
            let content = self.take(length)?;
            writer.tlv(tag, content);
            return Ok(());
        }
        let mut inner = Writer::new();
        // an OCTET STRING in pieces becomes one
        let joins = tag == tag::OCTET_STRING | CONSTRUCTED;
        self.inside(end, depth, &mut inner, joins)?;
        let tag = if joins { tag::OCTET_STRING } else { tag };
        writer.tlv(tag, &inner.finish());
        Ok(())
    }

    /// The values in a constructed one.
    fn inside(
        &mut self,
        end: End,
        depth: usize,
        writer: &mut Writer,
        joins: bool,
    ) -> Result<(), Malformed> {
        if depth >= DEEPEST {
            return Err(Malformed::new(WHAT));
        }
        match end {
            End::Length(length) => {
                let content = self.take(length)?;
                let outer = std::mem::replace(&mut self.rest, content);
                while !self.rest.is_empty() {
                    self.one(depth, writer, joins)?;
                }
                self.rest = outer;
            }
            End::Contents => {
                while !self.rest.starts_with(&[0, 0]) {
                    self.one(depth, writer, joins)?;
                }
                self.take(2)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, depth: usize, writer: &mut Writer, joins: bool) -> Result<(), Malformed> {
        if !joins {
            return self.element(writer, depth + 1);
        }
        match self.header()? {
            (tag::OCTET_STRING, End::Length(length)) => {
                let piece = self.take(length)?;
                writer.raw(piece);
                Ok(())
            }
            (tag, end) if tag == tag::OCTET_STRING | CONSTRUCTED => {
                self.inside(end, depth + 1, writer, true)
            }
            _ => Err(Malformed::new(WHAT)),
        }
    }
}

/// The content of `[0] IMPLICIT OCTET STRING`, whether it came whole or in pieces.
pub(super) fn implicit_octets(tag: u8, content: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    if tag & CONSTRUCTED == 0 {
        return Ok(Cow::Borrowed(content));
    }
    let mut pieces = crate::asn1::Reader::new(content);
    let mut octets = Vec::with_capacity(content.len());
    while !pieces.is_empty() {
        octets.extend_from_slice(pieces.content(tag::OCTET_STRING, WHAT)?);
    }
    Ok(Cow::Owned(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indefinite_lengths_and_pieces_become_definite() {
        // SEQUENCE indefinite { OCTET STRING indefinite { "ab", "c" }, INTEGER 1 with a long length }
        let ber = [
            0x30, 0x80, 0x24, 0x80, 4, 2, b'a', b'b', 0x24, 3, 4, 1, b'c', 0, 0, 2, 0x82, 0, 1, 1,
            0, 0,
        ];
        let der = [0x30, 8, 4, 3, b'a', b'b', b'c', 2, 1, 1];
        assert_eq!(definite(&ber).unwrap().as_ref(), der);
        assert!(matches!(definite(&der).unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn what_does_not_end_or_nests_without_end_is_refused() {
        for bad in [
            &[0x30, 0x80][..],
            &[0x30, 0x80, 4, 0x80, 0, 0],
            &[0x30, 0x80, 0, 0, 1],
            &[0x30, 0x85, 1, 0, 0, 0, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x1f, 0x80],
            &[0x24, 0x80, 2, 1, 1, 0, 0],
        ] {
            assert!(definite(bad).is_err(), "{bad:02x?}");
        }
        let deep: Vec<u8> = std::iter::repeat_n([0x30, 0x80], 100_000)
            .flatten()
            .collect();
        assert!(definite(&deep).is_err());
    }
}
