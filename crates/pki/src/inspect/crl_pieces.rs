//! A TBSCertList, looked at piece by piece as it comes, so that nobody needs to hold a million entries. What is strict in
//! `crl` is strict here: entries are read by the same function, and the rest is put together and read as a list without entries.

use super::crl::facts;
use super::{CrlFacts, InspectError};
use crate::asn1::{Malformed, Reader, Writer, tag};
use crate::crl::{MAX_CRL_BYTES, TbsCertList, read_entry};

const WHAT: &str = "TBSCertList";
/// Longest of each: what stands before the entries, one entry, what stands behind them.
const MOST_KEPT: usize = 64 * 1024;
/// From version to nextUpdate.
const HEAD_FIELDS: usize = 5;

/// Reads a TBSCertList in pieces of any length.
#[derive(Debug, Default)]
pub struct CrlPieces {
    /// What came and is not understood yet.
    pending: Vec<u8>,
    /// Octets of the whole, as its header says.
    total: Option<usize>,
    read: usize,
    place: Place,
    /// Fields before the entries, DER.
    head: Vec<u8>,
    head_fields: usize,
    entries: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before or in the header of the whole.
    #[default]
    Start,
    /// In the fields before the entries.
    Head,
    /// Among the entries, so many octets of which are still to come.
    Entries(usize),
    /// Behind them.
    Tail,
}

impl CrlPieces {
    /// One that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// As soon as the bytes cannot be a TBSCertList any more.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), InspectError> {
        self.read = self.read.saturating_add(piece.len());
        if self.read > self.total.unwrap_or(MAX_CRL_BYTES) {
            return Err(Malformed::new(WHAT).into());
        }
        self.pending.extend_from_slice(piece);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while self.step(&mut rest)? {}
        if self.place != Place::Start && self.read > self.total.unwrap_or(MAX_CRL_BYTES) {
            return Err(Malformed::new(WHAT).into());
        }
        if rest.len() > MOST_KEPT {
            return Err(Malformed::new(WHAT).into());
        }
        self.pending = rest.to_vec();
        Ok(())
    }

    /// Understands a little more; false: more must come first.
    fn step(&mut self, rest: &mut &[u8]) -> Result<bool, InspectError> {
        match self.place {
            Place::Start => self.begin(rest),
            Place::Head => self.read_head(rest),
            Place::Entries(0) => {
                self.place = Place::Tail;
                Ok(true)
            }
            Place::Entries(left) => self.read_entry(rest, left),
            Place::Tail => Ok(false),
        }
    }

    fn begin(&mut self, rest: &mut &[u8]) -> Result<bool, InspectError> {
        let Some(header) = header(rest)? else {
            return Ok(false);
        };
        let total = header.octets + header.content;
        if header.tag != tag::SEQUENCE || total > MAX_CRL_BYTES {
            return Err(Malformed::new(WHAT).into());
        }
        self.total = Some(total);
        self.place = Place::Head;
        skip(rest, header.octets);
        Ok(true)
    }

    fn read_head(&mut self, rest: &mut &[u8]) -> Result<bool, InspectError> {
        let Some(header) = header(rest)? else {
            return Ok(false);
        };
        if self.head_fields == HEAD_FIELDS {
            // section 5.1.2.6: revokedCertificates is absent when there are none
            self.place = match (header.tag, header.content) {
                (tag::SEQUENCE, 0) => return Err(Malformed::new("revokedCertificates").into()),
                (tag::SEQUENCE, content) => {
                    skip(rest, header.octets);
                    Place::Entries(content)
                }
                _ => Place::Tail,
            };
            return Ok(true);
        }
        let Some(field) = element(rest, header)? else {
            return Ok(false);
        };
        if self.head.len() + field.len() > MOST_KEPT {
            return Err(Malformed::new(WHAT).into());
        }
        self.head.extend_from_slice(field);
        self.head_fields += 1;
        skip(rest, field.len());
        Ok(true)
    }

    fn read_entry(&mut self, rest: &mut &[u8], left: usize) -> Result<bool, InspectError> {
        let Some(header) = header(rest)? else {
            return Ok(false);
        };
        let Some(entry) = element(rest, header)? else {
            return Ok(false);
        };
        let left = left
            .checked_sub(entry.len())
            .ok_or(Malformed::new("revokedCertificates"))?;
        let mut reader = Reader::new(entry);
        read_entry(&mut reader)?;
        reader.finish("revokedCertificates")?;
        self.entries += 1;
        self.place = Place::Entries(left);
        skip(rest, entry.len());
        Ok(true)
    }

    /// What the list says, after its last piece.
    ///
    /// # Errors
    /// When it is not whole, or not a TBSCertList.
    pub fn finish(self) -> Result<CrlFacts, InspectError> {
        if self.place != Place::Tail || self.total != Some(self.read) {
            return Err(Malformed::new(WHAT).into());
        }
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.raw(&self.head);
            writer.raw(&self.pending);
        });
        facts(&TbsCertList::parse(&writer.finish())?, self.entries)
    }
}

/// Tag and length of a value.
#[derive(Debug, Clone, Copy)]
struct Header {
    tag: u8,
    /// Octets of tag and length.
    octets: usize,
    /// Octets of the content.
    content: usize,
}

/// The header that comes next, X.690 section 10.1: of one-octet tags, in the shortest form; none when it is not all there.
fn header(bytes: &[u8]) -> Result<Option<Header>, Malformed> {
    let malformed = Malformed::new(WHAT);
    let [tag, first, rest @ ..] = bytes else {
        return Ok(None);
    };
    if tag & 0x1f == 0x1f {
        return Err(malformed);
    }
    let of = |octets, content| {
        Some(Header {
            tag: *tag,
            octets,
            content,
        })
    };
    let count = match *first {
        short @ 0..=0x7f => return Ok(of(2, usize::from(short))),
        long @ 0x81..=0x84 => usize::from(long & 0x7f),
        _ => return Err(malformed),
    };
    let Some(octets) = rest.get(..count) else {
        return Ok(None);
    };
    let length = octets
        .iter()
        .fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    let shortest = length >= 0x80 && octets.first() != Some(&0);
    shortest.then(|| of(2 + count, length)).ok_or(malformed)
}

/// The value that comes next; none when it is not all there.
fn element(bytes: &[u8], header: Header) -> Result<Option<&[u8]>, Malformed> {
    let length = header.octets.saturating_add(header.content);
    if length > MOST_KEPT {
        return Err(Malformed::new(WHAT));
    }
    Ok(bytes.get(..length))
}

fn skip(rest: &mut &[u8], octets: usize) {
    *rest = rest.get(octets..).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::crl::{CrlBuilder, RevokedEntry, Scope};
    use crate::inspect::crl;
    use crate::issuance::Issuer;
    use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
    use crate::revocation::Reason;
    use crate::serial::SerialNumber;

    const NOW: time::OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

    fn list(entries: u64) -> Vec<u8> {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let issuer = Issuer::self_signed(
            "CN=CA".parse().unwrap(),
            key.public_key().clone(),
            SignatureAlgorithm::Sha256WithEcdsa,
        )
        .unwrap();
        let later = NOW + Duration::days(1);
        let scope = Scope::default();
        let mut builder = CrlBuilder::new(&issuer, 5, NOW, later, scope, 0).unwrap();
        for number in 0..entries {
            let serial = format!("5a{number:016x}");
            builder
                .push(&RevokedEntry {
                    serial: SerialNumber::from_hex(&serial).unwrap(),
                    at: NOW,
                    reason: Reason::Superseded,
                    invalidity_date: (number % 3 == 0).then_some(NOW),
                })
                .unwrap();
        }
        builder.finish().unwrap().to_be_signed().to_vec()
    }

    fn by_pieces(bytes: &[u8], size: usize) -> Result<CrlFacts, InspectError> {
        let mut pieces = CrlPieces::new();
        for piece in bytes.chunks(size) {
            pieces.push(piece)?;
        }
        pieces.finish()
    }

    #[test]
    fn pieces_of_every_size_say_what_the_whole_says() {
        for entries in [0, 1, 300] {
            let bytes = list(entries);
            let whole = crl(&bytes).unwrap();
            for size in [1, 2, 7, 64, 1000, bytes.len()] {
                let facts = by_pieces(&bytes, size).unwrap();
                assert_eq!(facts.entries, entries);
                assert_eq!(format!("{facts:?}"), format!("{whole:?}"));
            }
        }
    }

    #[test]
    fn what_is_refused_whole_is_refused_in_pieces() {
        let bytes = list(4);
        for length in 0..bytes.len() {
            assert!(by_pieces(&bytes[..length], 16).is_err(), "{length}");
        }
        assert!(by_pieces(&[&bytes[..], &[0]].concat(), 16).is_err());
        // one octet changed: refused by both, or read by both and the same
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                let told = |facts: Result<CrlFacts, InspectError>| {
                    facts.map(|facts| format!("{facts:?}")).ok()
                };
                assert_eq!(
                    told(crl(&changed)),
                    told(by_pieces(&changed, 9)),
                    "octet {at} {flip:#x}"
                );
            }
        }
    }

    #[test]
    fn no_more_is_kept_than_one_entry() {
        // 60 MiB of one entry, never finished
        let mut bytes = list(1);
        bytes.truncate(bytes.len() / 2);
        let mut pieces = CrlPieces::new();
        let head = [0x30, 0x84, 0x03, 0xc0, 0x00, 0x00];
        pieces.push(&head).unwrap();
        let field = [0x30, 0x83, 0x7f, 0xff, 0xff];
        assert!(pieces.push(&field).is_err());
        // longer than any CRL
        assert!(CrlPieces::new().push(&[0x30, 0x84, 0x7f, 0, 0, 0]).is_err());
        assert!(CrlPieces::new().push(&[0x30, 0x80]).is_err());
    }
}
