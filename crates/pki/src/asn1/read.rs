//! A cursor over DER. Nothing is copied; every structure says where it ends, and what is left over is an error.

use const_oid::ObjectIdentifier;
use der::{Decode, Header, Reader as _, SliceReader};

use super::tag;

/// Received bytes are not the DER of what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("decode {what}")]
pub struct Malformed {
    what: &'static str,
}

impl Malformed {
    /// `what` names the ASN.1 type or field that could not be read.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what }
    }

    /// The ASN.1 type or field that could not be read.
    pub fn what(&self) -> &'static str {
        self.what
    }
}

/// One value with its identifier and length octets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// The first identifier octet.
    pub(crate) tag: u8,
    /// Content octets.
    pub(crate) content: &'a [u8],
    /// All octets, with tag and length.
    pub(crate) whole: &'a [u8],
}

/// A cursor over consecutive DER values.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The octets that are left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, whatever it is.
    pub(crate) fn element(&mut self, what: &'static str) -> Result<Element<'a>, Malformed> {
        let malformed = |_| Malformed::new(what);
        let tag = self.peek().ok_or(Malformed::new(what))?;
        let mut reader = SliceReader::new(self.rest).map_err(malformed)?;
        let header = Header::decode(&mut reader).map_err(malformed)?;
        let content = reader.read_slice(header.length()).map_err(malformed)?;
        let end = usize::try_from(reader.position()).map_err(malformed)?;
        let (whole, rest) = self
            .rest
            .split_at_checked(end)
            .ok_or(Malformed::new(what))?;
        self.rest = rest;
        Ok(Element {
            tag,
            content,
            whole,
        })
    }

    /// The next value, which must carry this tag.
    pub(crate) fn tagged(&mut self, tag: u8, what: &'static str) -> Result<Element<'a>, Malformed> {
        if self.peek() != Some(tag) {
            return Err(Malformed::new(what));
        }
        self.element(what)
    }

    /// The content of the next value, which must carry this tag.
    pub(crate) fn content(&mut self, tag: u8, what: &'static str) -> Result<&'a [u8], Malformed> {
        self.tagged(tag, what).map(|element| element.content)
    }

    /// The content of the next value if it carries this tag.
    pub(crate) fn optional(
        &mut self,
        tag: u8,
        what: &'static str,
    ) -> Result<Option<&'a [u8]>, Malformed> {
        if self.peek() == Some(tag) {
            self.content(tag, what).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A cursor over the content of the SEQUENCE that comes next.
    pub(crate) fn sequence(&mut self, what: &'static str) -> Result<Reader<'a>, Malformed> {
        self.content(tag::SEQUENCE, what).map(Reader::new)
    }

    pub(crate) fn oid(&mut self, what: &'static str) -> Result<ObjectIdentifier, Malformed> {
        let content = self.content(tag::OID, what)?;
        ObjectIdentifier::from_bytes(content).map_err(|_| Malformed::new(what))
    }

    /// A BOOLEAN DEFAULT FALSE; an encoded FALSE is not DER.
    pub(crate) fn default_false(&mut self, what: &'static str) -> Result<bool, Malformed> {
        match self.optional(tag::BOOLEAN, what)? {
            None => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(Malformed::new(what)),
        }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self, what: &'static str) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed::new(what))
        }
    }
}

/// Reads one SEQUENCE that is all of `bytes`, and all of its content, with `read`.
pub(crate) fn parse_all<'a, T, E: From<Malformed>>(
    bytes: &'a [u8],
    what: &'static str,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let mut outer = Reader::new(bytes);
    let mut inner = outer.sequence(what)?;
    outer.finish(what)?;
    let value = read(&mut inner)?;
    inner.finish(what)?;
    Ok(value)
}

/// Content octets of an INTEGER, known to be minimal and not negative.
pub(crate) fn integer_octets<'a>(
    content: &'a [u8],
    what: &'static str,
) -> Result<&'a [u8], Malformed> {
    match content {
        [] => Err(Malformed::new(what)),
        [first, ..] if first & 0x80 != 0 => Err(Malformed::new(what)),
        [0, second, ..] if second & 0x80 == 0 => Err(Malformed::new(what)),
        _ => Ok(content),
    }
}

/// A non-negative INTEGER of at most 64 bits.
pub(crate) fn integer_u64(content: &[u8], what: &'static str) -> Result<u64, Malformed> {
    let octets = integer_octets(content, what)?;
    let octets = octets.strip_prefix(&[0]).unwrap_or(octets);
    if octets.len() > 8 {
        return Err(Malformed::new(what));
    }
    Ok(octets
        .iter()
        .fold(0, |value, octet| value << 8 | u64::from(*octet)))
}

/// An INTEGER of at most 64 bits, of either sign.
pub(crate) fn signed_integer(content: &[u8], what: &'static str) -> Result<i64, Malformed> {
    match content {
        [] => return Err(Malformed::new(what)),
        [0, second, ..] if second & 0x80 == 0 => return Err(Malformed::new(what)),
        [0xff, second, ..] if second & 0x80 != 0 => return Err(Malformed::new(what)),
        [_, ..] if content.len() > 8 => return Err(Malformed::new(what)),
        _ => {}
    }
    let sign = if content.first().is_some_and(|first| first & 0x80 != 0) {
        -1
    } else {
        0
    };
    Ok(content
        .iter()
        .fold(sign, |value: i64, octet| value << 8 | i64::from(*octet)))
}

/// The octets of a BIT STRING that has no unused bits.
pub(crate) fn bit_string_of_octets<'a>(
    content: &'a [u8],
    what: &'static str,
) -> Result<&'a [u8], Malformed> {
    match content.split_first() {
        Some((0, octets)) => Ok(octets),
        _ => Err(Malformed::new(what)),
    }
}
