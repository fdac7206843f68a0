//! The journal as the signer tells of it.

use std::time::Duration;

use ers_pki::key::SignatureAlgorithm;
use ers_proto::signer::v1 as wire;
use futures::stream::BoxStream;
use time::OffsetDateTime;

use crate::{KeyId, Purpose, SignerError};

/// Entries of a chain, in order.
pub type JournalStream = BoxStream<'static, Result<JournalEntry, SignerError>>;

/// How far a verification is.
pub type VerifyStream = BoxStream<'static, Result<VerifyProgress, SignerError>>;

/// What the signer was about to sign.
#[derive(Debug, Clone)]
pub struct JournalEntry {
    /// The chain that it stands in.
    pub chain: String,
    /// Its number in the chain; the first is 1.
    pub sequence: u64,
    /// When it was written.
    pub at: OffsetDateTime,
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
    /// The bytes, for purposes whose bytes are kept whole; else empty.
    pub to_be_signed: Vec<u8>,
    /// SHA-256 of the bytes.
    pub digest: Vec<u8>,
    /// The caller's own note.
    pub context: Vec<u8>,
    /// SHA-256 over the entry and the hash before it.
    pub entry_hash: Vec<u8>,
}

/// The last entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// The chain.
    pub chain: String,
    /// Number of its last entry; zero while there is none.
    pub sequence: u64,
    /// Hash of its last entry.
    pub entry_hash: Vec<u8>,
}

/// How far a verification is, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyProgress {
    /// The chain that is walked.
    pub chain: String,
    /// Entries walked so far.
    pub verified: u64,
    /// Entries in all.
    pub total: u64,
    /// What is wrong, and at which entry.
    pub fault: Option<(u64, String)>,
    /// Whether this chain is done.
    pub done: bool,
}

impl TryFrom<wire::JournalEntry> for JournalEntry {
    type Error = SignerError;

    fn try_from(entry: wire::JournalEntry) -> Result<Self, SignerError> {
        let at = entry.at.ok_or(SignerError::Malformed { field: "at" })?;
        Ok(Self {
            chain: entry.chain,
            sequence: entry.sequence,
            at: time_of(&at, "at")?,
            caller: entry.caller,
            request_id: entry.request_id,
            key_id: KeyId::new(entry.key_id),
            purpose: Purpose::from_wire(entry.purpose)
                .ok_or(SignerError::Malformed { field: "purpose" })?,
            signature_algorithm: entry.signature_algorithm.parse().map_err(|_| {
                SignerError::Malformed {
                    field: "signature_algorithm",
                }
            })?,
            to_be_signed: entry.to_be_signed,
            digest: entry.digest,
            context: entry.context,
            entry_hash: entry.entry_hash,
        })
    }
}

impl From<wire::ChainHead> for ChainHead {
    fn from(head: wire::ChainHead) -> Self {
        Self {
            chain: head.chain,
            sequence: head.sequence,
            entry_hash: head.entry_hash,
        }
    }
}

impl From<wire::VerifyJournalProgress> for VerifyProgress {
    fn from(progress: wire::VerifyJournalProgress) -> Self {
        let fault =
            (!progress.fault.is_empty()).then_some((progress.fault_sequence, progress.fault));
        Self {
            chain: progress.chain,
            verified: progress.verified,
            total: progress.total,
            fault,
            done: progress.done,
        }
    }
}

pub(crate) fn time_of(
    at: &prost_types::Timestamp,
    field: &'static str,
) -> Result<OffsetDateTime, SignerError> {
    let malformed = || SignerError::Malformed { field };
    let nanos = u32::try_from(at.nanos).map_err(|_| malformed())?;
    let seconds = OffsetDateTime::from_unix_timestamp(at.seconds).map_err(|_| malformed())?;
    seconds
        .checked_add(
            Duration::from_nanos(nanos.into())
                .try_into()
                .map_err(|_| malformed())?,
        )
        .ok_or_else(malformed)
}

pub(crate) fn timestamp_of(at: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.unix_timestamp(),
        nanos: i32::try_from(at.nanosecond()).unwrap_or_default(),
    }
}
