//! Entries, checkpoints and keys as the signer sends them, in the words of a witness.

use ers_proto::signer::v1 as wire;
use ers_runtime::grpc::Channel;
use signer::witness::{Checkpoint, CheckpointKey, CheckpointKeys, EntryHash, EntryLine, Head};
use wire::journal_client::JournalClient;

use crate::failure::{Failure, Outcome, answered};

/// An entry as a line.
pub fn line(entry: wire::JournalEntry) -> EntryLine {
    EntryLine {
        sequence: entry.sequence,
        at_ms: ms(entry.at),
        caller: entry.caller,
        request_id: entry.request_id,
        key_id: entry.key_id,
        purpose: entry.purpose,
        signature_algorithm: entry.signature_algorithm,
        // no signed bytes are empty
        to_be_signed: (!entry.to_be_signed.is_empty()).then_some(entry.to_be_signed),
        digest: entry.digest,
        context: entry.context,
        entry_hash: entry.entry_hash,
    }
}

/// A checkpoint.
pub fn checkpoint(checkpoint: wire::JournalCheckpoint) -> Outcome<Checkpoint> {
    Ok(Checkpoint {
        sequence: checkpoint.sequence,
        entry_hash: hash(&checkpoint.entry_hash)?,
        at_ms: ms(checkpoint.at),
        signature: checkpoint.signature,
        chain: checkpoint.chain,
    })
}

/// The ends of all chains.
pub async fn heads(journal: &mut JournalClient<Channel>) -> Outcome<Vec<(String, Head)>> {
    let chains = journal
        .list_chains(wire::ListChainsRequest {})
        .await
        .map_err(answered)?;
    chains
        .into_inner()
        .chains
        .into_iter()
        .map(|head| {
            let hash = hash(&head.entry_hash)?;
            let sequence = head.sequence;
            Ok((head.chain, Head { sequence, hash }))
        })
        .collect()
}

/// The keys of checkpoints; `pinned` must be one of them.
pub async fn keys(
    journal: &mut JournalClient<Channel>,
    pinned: Option<&[u8]>,
) -> Outcome<CheckpointKeys> {
    let keys = journal
        .list_checkpoint_keys(wire::ListCheckpointKeysRequest {})
        .await
        .map_err(answered)?;
    let keys = keys.into_inner().keys.into_iter().map(|key| CheckpointKey {
        number: key.number,
        public_key: key.public_key,
        made_at_ms: ms(key.made_at),
        endorsement: key.endorsement,
        acknowledgement: key.acknowledgement,
    });
    CheckpointKeys::new(keys.collect(), pinned).map_err(|error| Failure::of(&error))
}

fn hash(octets: &[u8]) -> Outcome<EntryHash> {
    EntryHash::from_slice(octets)
        .ok_or_else(|| Failure::new("read journal: the signer answered a hash that is none"))
}

fn ms(time: Option<prost_types::Timestamp>) -> i64 {
    time.map_or(0, |time| {
        time.seconds
            .saturating_mul(1000)
            .saturating_add(i64::from(time.nanos) / 1_000_000)
    })
}
