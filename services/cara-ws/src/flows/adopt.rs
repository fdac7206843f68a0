//! Nothing that was ever signed is unknown: what stands in the signer's journal and not in our tables (we were killed
//! between signature and storing) is finished: the same bytes are signed once more and stored under their request.

use std::{collections::HashSet, sync::Arc};

use ers_pki::{inspect, issuance, issuance::Issuer, key::PublicKey};
use ers_runtime::clock::to_ms;
use ers_signer_client::{JournalEntry, KeyId, Purpose, SignCall, SignerError};
use futures::StreamExt as _;
use prost::Message as _;
use thiserror::Error;

use super::{Core, issue::keep_surplus, journal_note::JournalNote, reconcile};
use crate::{
    domain::Record,
    store::{StoreError, Stored},
};

/// Entries compared with the tables at a time.
const PAGE: usize = 500;

/// Why adoption did not come to its end; it is tried again later.
#[derive(Debug, Error)]
pub enum AdoptError {
    /// The journal cannot be read, or the signer does not sign.
    #[error("adopt: {act}")]
    Signer {
        /// What was attempted.
        act: &'static str,
        /// Why it failed.
        #[source]
        source: SignerError,
    },
    /// The database failed.
    #[error("adopt: compare with the tables")]
    Store(#[source] StoreError),
    /// An entry cannot be what CARA once asked for.
    #[error("adopt: entry {sequence} of chain {chain}: {problem}")]
    Entry {
        /// The chain.
        chain: String,
        /// The entry.
        sequence: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// Compares the journal with the tables from where it stopped last, up to entries made before `until_ms` (younger ones
/// may still be under way), and adopts what is missing. Returns how many were adopted.
#[tracing::instrument(name = "cara.adopt", skip_all)]
pub async fn adopt(core: &Arc<Core>, until_ms: i64) -> Result<usize, AdoptError> {
    let signer = |act| move |source| AdoptError::Signer { act, source };
    let mut adopted = 0;
    for head in core
        .signer
        .list_chains()
        .await
        .map_err(signer("list journal chains"))?
    {
        let position = core
            .store
            .load_journal_position(&head.chain)
            .await
            .map_err(AdoptError::Store)?;
        if position > head.sequence {
            // The signer's database is the older one: what it signs next would be taken for compared.
            tracing::error!(
                target: "audit", act = "compare journal", chain = head.chain, position, head = head.sequence,
                "the journal is shorter than it was: the signer's database was restored from an older state"
            );
            core.store
                .put_journal_position(&head.chain, head.sequence)
                .await
                .map_err(AdoptError::Store)?;
        }
        if position >= head.sequence {
            continue;
        }
        let entries = core
            .signer
            .read_journal(
                &head.chain,
                position + 1,
                &[Purpose::Certificate, Purpose::Crl],
            )
            .await
            .map_err(signer("read journal"))?;
        let mut pages = entries.chunks(PAGE);
        let mut reached = head.sequence;
        while let Some(page) = pages.next().await {
            let page = page
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
                .map_err(signer("read journal"))?;
            let (settled, young): (Vec<_>, Vec<_>) = page
                .into_iter()
                .partition(|entry| to_ms(entry.at) < until_ms);
            adopted += reconcile::adopt_entries(core, &settled).await?;
            if let Some(first) = young.first() {
                reached = first.sequence - 1;
                break;
            }
        }
        core.store
            .put_journal_position(&head.chain, reached)
            .await
            .map_err(AdoptError::Store)?;
    }
    Ok(adopted)
}

/// Adopts those of the certificates in these entries that are not stored.
pub(super) async fn adopt_missing(
    core: &Arc<Core>,
    entries: &[JournalEntry],
) -> Result<usize, AdoptError> {
    let entries: Vec<_> = entries
        .iter()
        .filter(|entry| entry.purpose == Purpose::Certificate)
        .collect();
    let mut serials = Vec::with_capacity(entries.len());
    for &entry in &entries {
        let facts =
            inspect::certificate(&entry.to_be_signed).map_err(|error| bad(entry, &error))?;
        serials.push(facts.serial.to_hex());
    }
    let known: HashSet<_> = core
        .store
        .known_serials(serials.clone())
        .await
        .map_err(AdoptError::Store)?
        .into_iter()
        .collect();
    let mut adopted = 0;
    let mut seen = HashSet::new();
    for (entry, serial) in entries.into_iter().zip(serials) {
        let note =
            JournalNote::decode(entry.context.as_slice()).map_err(|error| bad(entry, &error))?;
        let issuer = note
            .issuer()
            .ok_or_else(|| bad(entry, &"the note names no CA"))?;
        let key = (issuer.to_string(), serial);
        // An entry may stand twice: the second time it was we who asked, when adopting.
        if known.contains(&key) || !seen.insert(key) {
            continue;
        }
        adopt_one(core, entry, &note).await?;
        adopted += 1;
    }
    Ok(adopted)
}

async fn adopt_one(
    core: &Arc<Core>,
    entry: &JournalEntry,
    note: &JournalNote,
) -> Result<(), AdoptError> {
    let name = note
        .issuer()
        .ok_or_else(|| bad(entry, &"the note names no CA"))?;
    let issuer = issuer(core, entry, note)?;
    let prepared =
        issuance::readopt(&entry.to_be_signed, &issuer).map_err(|error| bad(entry, &error))?;
    let key_id: KeyId = entry.key_id.clone();
    let signed = core
        .signer
        .sign(SignCall {
            request_id: &entry.request_id,
            key_id: &key_id,
            purpose: Purpose::Certificate,
            signature_algorithm: prepared.signature_algorithm(),
            to_be_signed: prepared.to_be_signed(),
            context: entry.context.clone(),
            public_key: None,
        })
        .await
        .map_err(|source| AdoptError::Signer {
            act: "sign again",
            source,
        })?;
    let certificate = prepared
        .assemble(&signed.signature)
        .map_err(|error| bad(entry, &error))?;
    // It may have been revoked, by a CRL that is all that was left of it.
    let serial = certificate.serial();
    let revocation = core
        .store
        .find_lost(&name, &serial)
        .await
        .map_err(AdoptError::Store)?;
    let record = Record {
        issuer: name,
        serial,
        request_id: note.request_id.clone(),
        request_digest: note.request_digest(),
        profile: note.profile.clone(),
        certificate,
        origin: note.origin(),
        issued_at_ms: core.context.clock.now_ms(),
        adopted: true,
        revocation,
        generation: note.generation(),
        crl_partition: note.crl_partition,
        profile_version: note.profile_version,
    };
    let record = Arc::new(record);
    tracing::warn!(
        target: "audit", act = "adopt", request_id = record.request_id, issuer_id = %record.issuer,
        serial = record.serial.to_hex(), "certificate adopted from the journal"
    );
    match core
        .writer
        .store(Arc::clone(&record))
        .await
        .map_err(AdoptError::Store)?
    {
        Stored::New => {
            core.metrics.adopted();
            if let Some(revocation) = &record.revocation {
                core.store
                    .keep_found(&record, revocation)
                    .await
                    .map_err(AdoptError::Store)?;
            }
            Ok(())
        }
        Stored::Other(other) => keep_surplus(core, &record, &other)
            .await
            .map_err(AdoptError::Store),
    }
}

fn issuer(core: &Core, entry: &JournalEntry, note: &JournalNote) -> Result<Issuer, AdoptError> {
    if !note.self_signed {
        let ca = note
            .issuer()
            .and_then(|name| core.registry.find_generation(&name, note.generation()));
        let ca = ca.ok_or_else(|| bad(entry, &"the note names a CA that does not exist"))?;
        return Ok(ca.issuer.clone());
    }
    let facts = inspect::certificate(&entry.to_be_signed).map_err(|error| bad(entry, &error))?;
    let public_key =
        PublicKey::from_spki_der(&facts.public_key_der).map_err(|error| bad(entry, &error))?;
    Issuer::self_signed(facts.subject, public_key, entry.signature_algorithm)
        .map_err(|error| bad(entry, &error))
}

fn bad(entry: &JournalEntry, problem: &dyn std::fmt::Display) -> AdoptError {
    AdoptError::Entry {
        chain: entry.chain.clone(),
        sequence: entry.sequence,
        problem: problem.to_string(),
    }
}
