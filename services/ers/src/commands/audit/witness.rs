//! `ers audit witness`: a note of how far each chain had come, kept elsewhere. The past that was noted must still be the
//! past: the entry noted last stands where it stood, all later ones follow from it.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    sync::Arc,
};

use ers_proto::signer::v1 as wire;
use ers_runtime::{
    clock::{Clock as _, SystemClock, to_ms},
    grpc::Channel,
};
use serde::{Deserialize, Serialize};
use signer::witness::{ChainWalk, CheckpointKeys, EntryHash, Fault, Head};
use wire::journal_client::JournalClient;

use super::{entry, progress::Progress};
use crate::{
    cli::{AuditWitness, Global},
    failure::{Attempt as _, Failure, Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Note {
    /// The first line: the key of checkpoints that all later ones must follow from (SubjectPublicKeyInfo, DER, hex).
    Witness { format: u32, checkpoint_key: String },
    /// Where a chain ended.
    Head {
        chain: String,
        sequence: u64,
        entry_hash: String,
        seen_at_ms: i64,
    },
}

const FORMAT: u32 = 1;

/// What the file says so far.
#[derive(Default)]
struct Notes {
    pinned: Option<Vec<u8>>,
    heads: BTreeMap<String, Head>,
}

#[derive(Serialize)]
struct Witnessed {
    chains: Vec<ChainWitnessed>,
}

#[derive(Serialize)]
struct ChainWitnessed {
    chain: String,
    before: u64,
    now: u64,
}

/// Compares, then notes.
pub async fn run(global: &Global, remote: &Remote, options: &AuditWitness) -> Outcome<()> {
    let notes = Notes::read(&options.append)?;
    let mut journal = remote.journal();
    let keys = Arc::new(entry::keys(&mut journal, notes.pinned.as_deref()).await.map_err(|failure| {
        failure.or("the keys of checkpoints are others than those this file was begun with: see docs/operations.md")
    })?);
    let now: BTreeMap<String, Head> = entry::heads(&mut journal).await?.into_iter().collect();
    for (chain, before) in &notes.heads {
        if before.sequence > 0 && !now.contains_key(chain) {
            return Err(rewritten(chain, &Fault::new(1, "the whole chain is gone")));
        }
    }
    let mut progress = Progress::new("witness");
    let mut chains = Vec::new();
    let mut fresh = Vec::new();
    for (chain, head) in now {
        let before = notes
            .heads
            .get(&chain)
            .copied()
            .unwrap_or_else(|| Head::empty(&chain));
        follow(&mut journal, &keys, &chain, before, head, &mut progress).await?;
        if before != head {
            fresh.push(Note::Head {
                chain: chain.clone(),
                sequence: head.sequence,
                entry_hash: hex::encode(head.hash.as_bytes()),
                seen_at_ms: to_ms(SystemClock.now()),
            });
        }
        chains.push(ChainWitnessed {
            chain,
            before: before.sequence,
            now: head.sequence,
        });
    }
    drop(progress);
    if notes.pinned.is_none()
        && let Some(key) = keys.newest()
    {
        fresh.insert(
            0,
            Note::Witness {
                format: FORMAT,
                checkpoint_key: hex::encode(&key.public_key),
            },
        );
    }
    append(&options.append, &fresh)?;
    output::show(global.output, &Witnessed { chains })
}

/// Walks from what was noted to the end there is now; checkpoints on the way must agree, and none may tell of more.
async fn follow(
    journal: &mut JournalClient<Channel>,
    keys: &Arc<CheckpointKeys>,
    chain: &str,
    before: Head,
    now: Head,
    progress: &mut Progress,
) -> Outcome<()> {
    let fault = |fault: Fault| rewritten(chain, &fault);
    if now.sequence < before.sequence {
        let what = format!(
            "the chain ends here, but entry {} was there at the last call: entries at the end were deleted",
            before.sequence
        );
        return Err(fault(Fault::new(now.sequence + 1, what)));
    }
    let ask = wire::ReadCheckpointsRequest {
        chain: chain.to_owned(),
        from_sequence: before.sequence,
    };
    let checkpoints = journal.read_checkpoints(ask).await;
    let mut checkpoints = checkpoints.map_err(answered)?.into_inner();
    let mut stated = checkpoints.message().await.map_err(answered)?;
    let ask = wire::ReadJournalRequest {
        chain: chain.to_owned(),
        from_sequence: before.sequence.max(1),
        purposes: Vec::new(),
    };
    let mut entries = journal.read(ask).await.map_err(answered)?.into_inner();
    let mut walk = ChainWalk::after(chain, Arc::clone(keys), before);
    if before.sequence > 0 {
        let kept = entries.message().await.map_err(answered)?;
        let kept = kept.filter(|kept| kept.sequence == before.sequence);
        let kept = kept.ok_or_else(|| fault(Fault::missing(before.sequence)))?;
        if kept.entry_hash != before.hash.as_bytes() {
            let what = "the chain up to here was written anew: the witness has seen another entry";
            return Err(fault(Fault::new(before.sequence, what)));
        }
    }
    loop {
        while let Some(checkpoint) =
            stated.take_if(|stated| stated.sequence <= walk.head().sequence)
        {
            let checkpoint = entry::checkpoint(checkpoint)?;
            walk.checkpoint(&checkpoint).map_err(fault)?;
            stated = checkpoints.message().await.map_err(answered)?;
        }
        let Some(read) = entries.message().await.map_err(answered)? else {
            break;
        };
        let line = entry::line(read);
        walk.entry(line.sequence, &line.fields(), &line.entry_hash)
            .map_err(fault)?;
        progress.tell(
            chain,
            line.sequence - before.sequence,
            now.sequence.saturating_sub(before.sequence),
            line.sequence - before.sequence,
        );
    }
    if walk.head().sequence < now.sequence {
        return Err(fault(Fault::missing(walk.head().sequence + 1)));
    }
    // what was written since the ends were asked for has its turn at the next call
    let mut newest = entry::heads(journal).await?;
    newest.retain(|(name, _)| name == chain);
    let end = newest
        .first()
        .map_or(now.sequence, |(_, head)| head.sequence);
    while let Some(checkpoint) = stated {
        walk.checkpoint_behind(&entry::checkpoint(checkpoint)?, end)
            .map_err(fault)?;
        stated = checkpoints.message().await.map_err(answered)?;
    }
    Ok(())
}

fn rewritten(chain: &str, fault: &Fault) -> Failure {
    Failure::new(format!(
        "journal chain {chain}, entry {}: {}",
        fault.sequence, fault.what
    ))
    .or("the journal is not what this witness has seen: nothing was noted; see docs/operations.md")
}

impl Notes {
    fn read(path: &Path) -> Outcome<Self> {
        let act = || format!("read {}", path.display());
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error).attempt(act()),
        };
        let mut notes = Self::default();
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.attempt(act())?;
            let at = || format!("read {}, line {}", path.display(), number + 1);
            let wrong = |what: &str| Failure::new(format!("{}: {what}", at()));
            match serde_json::from_str(&line).attempt(at())? {
                Note::Witness {
                    format,
                    checkpoint_key,
                } if number == 0 => {
                    if format != FORMAT {
                        return Err(wrong("this format is not known"));
                    }
                    notes.pinned = Some(hex::decode(checkpoint_key).attempt(at())?);
                }
                Note::Head {
                    chain,
                    sequence,
                    entry_hash,
                    ..
                } if number > 0 => {
                    let hash = hex::decode(entry_hash).attempt(at())?;
                    let hash = EntryHash::from_slice(&hash)
                        .ok_or_else(|| wrong("the hash has not 32 octets"))?;
                    notes.heads.insert(chain, Head { sequence, hash });
                }
                _ => return Err(wrong("this is not where such a line stands")),
            }
        }
        Ok(notes)
    }
}

fn append(path: &Path, notes: &[Note]) -> Outcome<()> {
    let act = || format!("append to {}", path.display());
    let mut text = String::new();
    for note in notes {
        text.push_str(&serde_json::to_string(note).attempt(act())?);
        text.push('\n');
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .attempt(act())?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .attempt(act())
}

impl Show for Witnessed {
    fn text(&self) -> String {
        self.chains
            .iter()
            .map(|c| {
                format!(
                    "chain {}: {} entries, {} new, as witnessed before\n",
                    c.chain,
                    c.now,
                    c.now - c.before
                )
            })
            .collect()
    }
}
