//! The lines of an exported journal: one JSON object each, told apart by `kind`. Hashes are hex, other octets base64.

use serde::{Deserialize, Serialize};

use crate::journal::{Checkpoint, CheckpointKey, EntryHash, Fields};

/// Number of this format.
pub const FORMAT: u32 = 1;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Line {
    /// The first line.
    Journal {
        /// [`FORMAT`]
        format: u32,
        /// When it was exported, in epoch milliseconds.
        made_at_ms: i64,
    },
    /// A key that signed checkpoints; all of them, oldest first, before the first chain.
    CheckpointKey(CheckpointKeyLine),
    /// Entries of a chain follow.
    Chain(ChainLine),
    /// An entry of the chain named last, the one after the entry before it.
    Entry(EntryLine),
    /// A checkpoint of the entry before it.
    Checkpoint(CheckpointLine),
    /// The last line: a file without it was cut off.
    End {
        /// Entries in all chains.
        entries: u64,
    },
}

/// See [`CheckpointKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in CheckpointKey")]
pub struct CheckpointKeyLine {
    pub number: u64,
    #[serde(with = "as_base64")]
    pub public_key: Vec<u8>,
    pub made_at_ms: i64,
    #[serde(with = "as_base64")]
    pub endorsement: Vec<u8>,
    #[serde(with = "as_base64")]
    pub acknowledgement: Vec<u8>,
}

/// Where the entries of a chain begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainLine {
    /// The chain.
    pub chain: String,
    /// Number of the first entry that follows.
    pub from: u64,
    /// What the first entry follows: the hash of the entry before it, or of the chain's name.
    #[serde(with = "as_hex")]
    pub previous_hash: Vec<u8>,
}

/// See [`Fields`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in Fields")]
pub struct EntryLine {
    pub sequence: u64,
    pub at_ms: i64,
    pub caller: String,
    pub request_id: String,
    pub key_id: String,
    pub purpose: i32,
    pub signature_algorithm: String,
    #[serde(with = "as_base64_or_null")]
    pub to_be_signed: Option<Vec<u8>>,
    #[serde(with = "as_hex")]
    pub digest: Vec<u8>,
    #[serde(with = "as_base64")]
    pub context: Vec<u8>,
    #[serde(with = "as_hex")]
    pub entry_hash: Vec<u8>,
}

/// See [`Checkpoint`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in Checkpoint")]
pub struct CheckpointLine {
    pub sequence: u64,
    #[serde(with = "as_hex")]
    pub entry_hash: Vec<u8>,
    pub at_ms: i64,
    #[serde(with = "as_base64")]
    pub signature: Vec<u8>,
}

impl EntryLine {
    /// Its fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            at_ms: self.at_ms,
            caller: &self.caller,
            request_id: &self.request_id,
            key_id: &self.key_id,
            purpose: self.purpose,
            signature_algorithm: &self.signature_algorithm,
            to_be_signed: self.to_be_signed.as_deref(),
            digest: &self.digest,
            context: &self.context,
        }
    }
}

impl CheckpointLine {
    /// The checkpoint of a chain; none when the hash is none.
    pub fn into_checkpoint(self, chain: &str) -> Option<Checkpoint> {
        Some(Checkpoint {
            chain: chain.to_owned(),
            sequence: self.sequence,
            entry_hash: EntryHash::from_slice(&self.entry_hash)?,
            at_ms: self.at_ms,
            signature: self.signature,
        })
    }
}

impl From<Checkpoint> for CheckpointLine {
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            sequence: checkpoint.sequence,
            entry_hash: checkpoint.entry_hash.as_bytes().to_vec(),
            at_ms: checkpoint.at_ms,
            signature: checkpoint.signature,
        }
    }
}

impl From<CheckpointKeyLine> for CheckpointKey {
    fn from(line: CheckpointKeyLine) -> Self {
        Self {
            number: line.number,
            public_key: line.public_key,
            made_at_ms: line.made_at_ms,
            endorsement: line.endorsement,
            acknowledgement: line.acknowledgement,
        }
    }
}

impl From<&CheckpointKey> for CheckpointKeyLine {
    fn from(key: &CheckpointKey) -> Self {
        Self {
            number: key.number,
            public_key: key.public_key.clone(),
            made_at_ms: key.made_at_ms,
            endorsement: key.endorsement.clone(),
            acknowledgement: key.acknowledgement.clone(),
        }
    }
}

mod as_hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(octets: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(octets))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(octets: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(octets))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD
            .decode(String::deserialize(from)?)
            .map_err(D::Error::custom)
    }
}

mod as_base64_or_null {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        octets: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match octets {
            Some(octets) => to.serialize_some(&STANDARD.encode(octets)),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| STANDARD.decode(text).map_err(D::Error::custom))
            .transpose()
    }
}
