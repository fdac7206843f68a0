//! An entry and its hash.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use ers_pki::key::SignatureAlgorithm;
use ers_signer_client::{KeyId, Purpose};

use super::Fields;

/// SHA-256 over an entry and the hash before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EntryHash([u8; 32]);

/// What is about to be signed, before it has its place in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// Who asked.
    pub caller: String,
    /// For which request.
    pub request_id: String,
    /// With which key.
    pub key_id: KeyId,
    /// For what.
    pub purpose: Purpose,
    /// How.
    pub signature_algorithm: SignatureAlgorithm,
    /// The bytes; only for purposes whose bytes are kept whole.
    pub to_be_signed: Option<Vec<u8>>,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// The caller's own note.
    pub context: Vec<u8>,
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the first of a chain is 1.
    pub sequence: u64,
    /// What it says.
    pub content: NewEntry,
    /// Its hash.
    pub hash: EntryHash,
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; zero while there is none.
    pub sequence: u64,
    /// Its hash; while there is none, the hash that the first entry follows.
    pub hash: EntryHash,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The chain.
    pub chain: Arc<str>,
    /// The number in it.
    pub sequence: u64,
}

impl EntryHash {
    /// What the first entry of a chain follows: a hash of the chain's name, so that chains cannot be exchanged.
    pub fn genesis(chain: &str) -> Self {
        Self::of(&digest(
            &SHA256,
            &[b"ers-journal-chain-v1\0", chain.as_bytes()].concat(),
        ))
    }

    /// From 32 octets.
    pub fn from_slice(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// The 32 octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn of(digest: &aws_lc_rs::digest::Digest) -> Self {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest.as_ref());
        Self(octets)
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Head {
    /// The head of a chain without entries.
    pub fn empty(chain: &str) -> Self {
        Self {
            sequence: 0,
            hash: EntryHash::genesis(chain),
        }
    }
}

impl NewEntry {
    /// Its fields, for hashing and writing.
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            at_ms: self.at_ms,
            caller: &self.caller,
            request_id: &self.request_id,
            key_id: self.key_id.as_str(),
            purpose: self.purpose.to_wire(),
            signature_algorithm: self.signature_algorithm.as_str(),
            to_be_signed: self.to_be_signed.as_deref(),
            digest: &self.digest,
            context: &self.context,
        }
    }

    /// The hash of this entry as number `sequence` of a chain, after the entry that has the hash `previous`; see
    /// [`Fields::hash`].
    pub fn hash(&self, chain: &str, sequence: u64, previous: &EntryHash) -> EntryHash {
        self.fields().hash(chain, sequence, previous)
    }

    /// How much a row of it weighs, roughly.
    pub(super) fn weight(&self) -> usize {
        const ROW: usize = 512;
        ROW + self.context.len() + self.to_be_signed.as_ref().map_or(0, Vec::len)
    }

    /// Puts it behind a head.
    pub(super) fn chained(self, chain: &str, head: Head) -> Entry {
        let sequence = head.sequence + 1;
        Entry {
            hash: self.hash(chain, sequence, &head.hash),
            sequence,
            content: self,
        }
    }
}

impl Entry {
    /// The head of a chain that ends with this entry.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn entry(note: &str) -> NewEntry {
        NewEntry {
            at_ms: 1_800_000_000_000,
            caller: "cara-ws".to_owned(),
            request_id: "request-1".to_owned(),
            key_id: KeyId::new("key-1"),
            purpose: Purpose::Certificate,
            signature_algorithm: "SHA256withECDSA".parse().unwrap(),
            to_be_signed: Some(note.as_bytes().to_vec()),
            digest: digest(&SHA256, note.as_bytes())
                .as_ref()
                .try_into()
                .unwrap(),
            context: b"note".to_vec(),
        }
    }

    #[test]
    fn every_field_changes_the_hash() {
        let genesis = EntryHash::genesis("main");
        let base = entry("bytes");
        let of = |entry: &NewEntry| entry.hash("main", 1, &genesis);
        let changes: [fn(&mut NewEntry); 9] = [
            |e| e.at_ms += 1,
            |e| e.caller.push('x'),
            |e| e.request_id.push('x'),
            |e| e.key_id = KeyId::new("key-2"),
            |e| e.purpose = Purpose::Crl,
            |e| e.signature_algorithm = "SHA384withECDSA".parse().unwrap(),
            |e| e.to_be_signed = None,
            |e| e.digest[0] ^= 1,
            |e| e.context.push(0),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = base.clone();
            change(&mut changed);
            assert_ne!(of(&changed), of(&base), "change {number}");
        }
        assert_ne!(base.hash("other", 1, &genesis), of(&base));
        assert_ne!(base.hash("main", 2, &genesis), of(&base));
        assert_ne!(
            base.hash("main", 1, &EntryHash::genesis("other")),
            of(&base)
        );
    }

    #[test]
    fn octets_cannot_move_from_one_field_to_the_next() {
        let genesis = EntryHash::genesis("main");
        let (mut left, mut right) = (entry(""), entry(""));
        (left.caller, left.request_id) = ("ab".to_owned(), "c".to_owned());
        (right.caller, right.request_id) = ("a".to_owned(), "bc".to_owned());
        assert_ne!(
            left.hash("main", 1, &genesis),
            right.hash("main", 1, &genesis)
        );
    }
}
