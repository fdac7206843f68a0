//! Nothing that was ever signed is unknown: what stands in the signer's journal and not in our tables (we were killed
//! between signature and storing) is finished: the same bytes are signed once more and stored under their request.
//! An entry that cannot be adopted is set aside, so that the others do not wait for it; [`super::unadopted`] tries it again.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    sync::Arc,
};

use ers_pki::{inspect, issuance, issuance::Issuer, key::PublicKey, serial::SerialNumber};
use ers_runtime::{clock::to_ms, error::chain};
use ers_signer_client::{ChainHead, JournalEntry, KeyId, Purpose, SignCall, SignerError};
use futures::StreamExt as _;
use prost::Message as _;
use thiserror::Error;

use super::{Core, issue::keep_surplus, journal_note::JournalNote, reconcile};
use crate::{
    domain::{AuthorityName, Record, Unadopted},
    store::{CertificateKey, StoreError, Stored},
};

/// Entries compared with the tables at a time.
const PAGE: usize = 500;

/// Why adoption did not come to its end, for all entries alike; it is tried again later.
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
}

/// What came of some entries.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many certificates were adopted.
    pub adopted: usize,
    /// Entries that could not be.
    pub left: Vec<Unadopted>,
}

/// Why one entry is not adopted.
enum Failure {
    /// It says what CARA cannot once have asked for, or its CA is not there.
    Entry(String),
    /// Its key does not sign, now or ever: nor will it for other entries.
    Key(String),
    /// Nothing is adopted at the moment.
    All(AdoptError),
}

impl Failure {
    fn store(source: StoreError) -> Self {
        match source {
            StoreError::Inconsistent { .. } | StoreError::SerialTaken => {
                Self::Entry(chain(&source))
            }
            StoreError::Database { .. } | StoreError::Stopped => {
                Self::All(AdoptError::Store(source))
            }
        }
    }
}

/// Compares the journal with the tables from where it stopped last, up to entries made before `until_ms` (younger ones
/// may still be under way), and adopts what is missing. Returns how many were adopted.
#[tracing::instrument(name = "cara.adopt", skip_all)]
pub async fn adopt(core: &Arc<Core>, until_ms: i64) -> Result<usize, AdoptError> {
    let chains = core.signer.list_chains().await;
    let mut adopted = 0;
    for head in chains.map_err(signer("list journal chains"))? {
        adopted += compare(core, &head, until_ms).await?;
    }
    Ok(adopted)
}

async fn compare(core: &Arc<Core>, head: &ChainHead, until_ms: i64) -> Result<usize, AdoptError> {
    let store = &core.store;
    let position = store
        .load_journal_position(&head.chain)
        .await
        .map_err(AdoptError::Store)?;
    if position > head.sequence {
        // The signer's database is the older one: what it signs next would be taken for compared.
        tracing::error!(
            target: "audit", act = "compare journal", chain = head.chain, position, head = head.sequence,
            "the journal is shorter than it was: the signer's database was restored from an older state"
        );
        store
            .put_journal_position(&head.chain, head.sequence)
            .await
            .map_err(AdoptError::Store)?;
    }
    if position >= head.sequence {
        return Ok(0);
    }
    let purposes = [Purpose::Certificate, Purpose::Crl];
    let entries = core
        .signer
        .read_journal(&head.chain, position + 1, &purposes)
        .await
        .map_err(signer("read journal"))?;
    let mut pages = entries.chunks(PAGE);
    let mut adopted = 0;
    while let Some(page) = pages.next().await {
        let page = page
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(signer("read journal"))?;
        let last = page.last().map_or(position, |entry| entry.sequence);
        let (settled, young): (Vec<_>, Vec<_>) = page
            .into_iter()
            .partition(|entry| to_ms(entry.at) < until_ms);
        let settled = without_set_aside(core, settled).await?;
        let outcome = reconcile::adopt_entries(core, &settled).await?;
        adopted += outcome.adopted;
        let reached = young
            .first()
            .map_or(last.min(head.sequence), |first| first.sequence - 1);
        store
            .pass_entries(&head.chain, reached, &outcome.left)
            .await
            .map_err(AdoptError::Store)?;
        for entry in &outcome.left {
            tell_set_aside(entry);
        }
        if !young.is_empty() {
            return Ok(adopted);
        }
    }
    store
        .put_journal_position(&head.chain, head.sequence)
        .await
        .map_err(AdoptError::Store)?;
    Ok(adopted)
}

fn tell_set_aside(entry: &Unadopted) {
    tracing::error!(
        target: "audit", act = "set aside", chain = entry.chain, sequence = entry.sequence, request_id = entry.request_id,
        key_id = entry.key_id, issuer_id = entry.issuer.as_ref().map(AuthorityName::as_str),
        serial = entry.serial.as_ref().map(SerialNumber::to_hex), reason = entry.reason,
        "journal entry cannot be adopted and is set aside: its certificate is not stored"
    );
}

/// What was set aside stands in the journal once more for each time that it was signed again and not stored.
async fn without_set_aside(
    core: &Core,
    entries: Vec<JournalEntry>,
) -> Result<Vec<JournalEntry>, AdoptError> {
    let serial = |entry: &JournalEntry| {
        let facts = inspect::certificate(&entry.to_be_signed).ok()?;
        Some(facts.serial.to_hex())
    };
    let serials: Vec<_> = entries.iter().map(serial).collect();
    let aside = core
        .store
        .serials_set_aside(serials.iter().flatten().cloned().collect())
        .await
        .map_err(AdoptError::Store)?;
    let kept = entries.into_iter().zip(serials);
    Ok(kept
        .filter(|(_, serial)| serial.as_ref().is_none_or(|serial| !aside.contains(serial)))
        .map(|(entry, _)| entry)
        .collect())
}

/// What of an entry tells whose certificate it is.
struct Told {
    issuer: AuthorityName,
    serial: SerialNumber,
    note: JournalNote,
}

impl Told {
    fn key(&self) -> CertificateKey {
        CertificateKey {
            issuer: self.issuer.to_string(),
            serial: self.serial.to_hex(),
        }
    }
}

/// What becomes of entries while the signer does not sign, with a key whose token seems to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outage {
    /// All wait until it does.
    Stop,
    /// They are set aside as they were.
    PassBy,
}

/// Adopts those of the certificates in these entries that are not stored.
pub(super) async fn adopt_missing(
    core: &Arc<Core>,
    entries: &[JournalEntry],
    outage: Outage,
) -> Result<Outcome, AdoptError> {
    let mut outcome = Outcome::default();
    let mut told = Vec::new();
    for entry in entries {
        if entry.purpose != Purpose::Certificate {
            continue;
        }
        match read(entry) {
            Ok(read) => told.push((entry, read)),
            Err(reason) => outcome.left.push(unadopted(core, entry, reason)),
        }
    }
    // An entry may stand twice: the second time it was we who asked, when adopting.
    let mut seen = HashSet::new();
    told.retain(|(_, told)| seen.insert(told.key()));
    let known = core
        .store
        .known_certificates(seen.iter())
        .await
        .map_err(AdoptError::Store)?;
    let mut dead_keys: HashMap<&KeyId, String> = HashMap::new();
    for (entry, told) in &told {
        if known.contains(&told.key()) {
            continue;
        }
        let attempt = match dead_keys.get(&entry.key_id) {
            Some(reason) => Err(Failure::Entry(reason.clone())),
            None => adopt_one(core, entry, told).await,
        };
        let reason = match attempt {
            Ok(()) => {
                outcome.adopted += 1;
                continue;
            }
            Err(Failure::All(error @ AdoptError::Signer { .. })) if outage == Outage::PassBy => {
                let reason = chain(&error);
                dead_keys.insert(&entry.key_id, reason.clone());
                reason
            }
            Err(Failure::All(error)) => return Err(error),
            Err(Failure::Entry(reason)) => reason,
            Err(Failure::Key(reason)) => {
                dead_keys.insert(&entry.key_id, reason.clone());
                reason
            }
        };
        outcome.left.push(unadopted(core, entry, reason));
    }
    Ok(outcome)
}

fn read(entry: &JournalEntry) -> Result<Told, String> {
    let facts = inspect::certificate(&entry.to_be_signed).map_err(|error| chain(&error))?;
    let note = JournalNote::decode(entry.context.as_slice()).map_err(|error| chain(&error))?;
    Ok(Told {
        issuer: note.issuer().ok_or("the note names no CA")?,
        serial: facts.serial,
        note,
    })
}

/// An entry as it is set aside, with what it tells.
fn unadopted(core: &Core, entry: &JournalEntry, reason: String) -> Unadopted {
    let now_ms = core.context.clock.now_ms();
    let note = JournalNote::decode(entry.context.as_slice()).ok();
    let facts = inspect::certificate(&entry.to_be_signed).ok();
    Unadopted {
        chain: entry.chain.clone(),
        sequence: entry.sequence,
        request_id: entry.request_id.clone(),
        key_id: entry.key_id.to_string(),
        issuer: note.and_then(|note| note.issuer()),
        serial: facts.map(|facts| facts.serial),
        reason,
        first_seen_at_ms: now_ms,
        last_tried_at_ms: now_ms,
        tries: 1,
    }
}

async fn adopt_one(core: &Arc<Core>, entry: &JournalEntry, told: &Told) -> Result<(), Failure> {
    let note = &told.note;
    let issuer = issuer(core, entry, told)?;
    let prepared = issuance::readopt(&entry.to_be_signed, &issuer).map_err(|error| bad(&error))?;
    let signed = core
        .signer
        .sign(SignCall {
            request_id: &entry.request_id,
            key_id: &entry.key_id,
            purpose: Purpose::Certificate,
            signature_algorithm: prepared.signature_algorithm(),
            to_be_signed: prepared.to_be_signed(),
            context: entry.context.clone(),
            public_key: None,
        })
        .await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => return Err(unsigned(core, &entry.key_id, error).await),
    };
    let certificate = prepared
        .assemble(&signed.signature)
        .map_err(|error| bad(&error))?;
    // It may have been revoked, by a CRL that is all that was left of it.
    let serial = certificate.serial();
    let revocation = core
        .store
        .find_lost(&told.issuer, &serial)
        .await
        .map_err(Failure::store)?;
    let record = Record {
        issuer: told.issuer.clone(),
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
        .map_err(Failure::store)?
    {
        Stored::New => {
            core.metrics.adopted();
            if let Some(revocation) = &record.revocation {
                core.store
                    .keep_found(&record, revocation)
                    .await
                    .map_err(Failure::store)?;
            }
            Ok(())
        }
        Stored::Other(other) => keep_surplus(core, &record, &other)
            .await
            .map_err(Failure::store),
    }
}

/// Whether the key is what hinders, or the signer as a whole.
async fn unsigned(core: &Core, key: &KeyId, error: SignerError) -> Failure {
    let act = "sign again";
    if error.is_retryable() {
        return match absent_token(core, key).await {
            Some(token) => Failure::Key(format!("{act}: token {token} is out of reach")),
            None => Failure::All(AdoptError::Signer { act, source: error }),
        };
    }
    let reason = format!("{act}: {}", chain(&error));
    match error {
        SignerError::NotFound { .. } | SignerError::BadSignature { .. } => Failure::Key(reason),
        _ => Failure::Entry(reason),
    }
}

/// The token of a key, when the signer is there and neither this token nor any other that has the key is.
async fn absent_token(core: &Core, key: &KeyId) -> Option<String> {
    let key = core.signer.load_key(key).await.ok()?;
    let tokens = core.signer.tokens().await.ok()?;
    let holds = |name: &str| key.token == name || key.replicas.iter().any(|other| other == name);
    let is_there = tokens.iter().any(|token| token.up && holds(&token.name));
    (!is_there).then_some(key.token)
}

fn issuer(core: &Core, entry: &JournalEntry, told: &Told) -> Result<Issuer, Failure> {
    if !told.note.self_signed {
        let ca = core
            .registry
            .find_generation(&told.issuer, told.note.generation());
        let ca = ca.ok_or_else(|| bad(&"the note names a CA that does not exist"))?;
        return Ok(ca.issuer.clone());
    }
    let facts = inspect::certificate(&entry.to_be_signed).map_err(|error| bad(&error))?;
    let public_key =
        PublicKey::from_spki_der(&facts.public_key_der).map_err(|error| bad(&error))?;
    Issuer::self_signed(facts.subject, public_key, entry.signature_algorithm)
        .map_err(|error| bad(&error))
}

fn bad(problem: &dyn Display) -> Failure {
    Failure::Entry(problem.to_string())
}

fn signer(act: &'static str) -> impl FnOnce(SignerError) -> AdoptError {
    move |source| AdoptError::Signer { act, source }
}
