//! What an entry says, as it stands in a row, a file or a message: borrowed and not judged. Its hash is made of these.

use aws_lc_rs::digest::{Context, SHA256, digest};

use super::EntryHash;

/// The fields of an entry, none of them parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields<'a> {
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// Who asked.
    pub caller: &'a str,
    /// For which request.
    pub request_id: &'a str,
    /// With which key.
    pub key_id: &'a str,
    /// For what: the wire number.
    pub purpose: i32,
    /// How.
    pub signature_algorithm: &'a str,
    /// The bytes, for purposes whose bytes are kept whole.
    pub to_be_signed: Option<&'a [u8]>,
    /// SHA-256 of the bytes.
    pub digest: &'a [u8],
    /// The caller's own note.
    pub context: &'a [u8],
}

impl Fields<'_> {
    /// The hash of this entry as number `sequence` of a chain, after the entry that has the hash `previous`. Every
    /// field goes in with its length (eight octets, big-endian) before it, so that no two different entries hash the
    /// same octets. Of the signed bytes the digest goes in: kept or not, they are covered by it.
    pub fn hash(&self, chain: &str, sequence: u64, previous: &EntryHash) -> EntryHash {
        let mut hash = Context::new(&SHA256);
        let kept = [u8::from(self.to_be_signed.is_some())];
        let fields: [&[u8]; 13] = [
            b"ers-journal-entry-v1",
            previous.as_bytes(),
            chain.as_bytes(),
            &sequence.to_be_bytes(),
            &self.at_ms.to_be_bytes(),
            self.caller.as_bytes(),
            self.request_id.as_bytes(),
            self.key_id.as_bytes(),
            &self.purpose.to_be_bytes(),
            self.signature_algorithm.as_bytes(),
            self.digest,
            &kept,
            self.context,
        ];
        for field in fields {
            hash.update(&(field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        EntryHash::of(&hash.finish())
    }

    /// Whether the bytes kept are those of the digest; so it is when none are kept.
    pub fn keeps_what_was_digested(&self) -> bool {
        self.to_be_signed
            .is_none_or(|kept| digest(&SHA256, kept).as_ref() == self.digest)
    }
}
