//! `ers audit export`: the journal as a file, entry by entry.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use ers_proto::signer::v1 as wire;
use ers_runtime::{
    clock::{Clock as _, SystemClock, to_ms},
    grpc::Channel,
};
use serde::Serialize;
use signer::witness::{ChainLine, CheckpointKeyLine, CheckpointLine, FORMAT, Head, Line};
use wire::journal_client::JournalClient;

use super::{entry, progress::Progress};
use crate::{
    cli::{AuditExport, Global},
    failure::{Attempt as _, Failure, Outcome, answered},
    key_store::{pem, write_public},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Exported {
    file: String,
    chains: usize,
    entries: u64,
}

/// Writes the file beside its place, then puts it there.
pub async fn run(global: &Global, remote: &Remote, options: &AuditExport) -> Outcome<()> {
    let mut journal = remote.journal();
    let keys = entry::keys(&mut journal, None).await?;
    let mut chains = entry::heads(&mut journal).await?;
    if let Some(only) = &options.chain {
        chains.retain(|(chain, _)| chain == only);
        if chains.is_empty() {
            return Err(
                Failure::new(format!("export journal: there is no chain {only}"))
                    .or("`ers audit verify` names the chains that there are"),
            );
        }
    }
    let act = format!("write {}", options.out.display());
    let mut beside = options.out.as_os_str().to_owned();
    beside.push(".part");
    let mut export = Export {
        file: BufWriter::new(File::create(&beside).attempt(&act)?),
        act,
        journal,
        entries: 0,
        progress: Progress::new("export"),
    };
    export.line(&Line::Journal {
        format: FORMAT,
        made_at_ms: to_ms(SystemClock.now()),
    })?;
    for key in keys.keys() {
        export.line(&Line::CheckpointKey(CheckpointKeyLine::from(key)))?;
    }
    let count = chains.len();
    for (chain, head) in chains {
        let to = options.to.unwrap_or(head.sequence).min(head.sequence);
        export.chain(&chain, options.from, to).await?;
    }
    let entries = export.finish()?;
    std::fs::rename(&beside, &options.out).attempt(format!("write {}", options.out.display()))?;
    output::show(
        global.output,
        &Exported {
            file: options.out.display().to_string(),
            chains: count,
            entries,
        },
    )
}

/// Writes the newest key of checkpoints.
pub async fn checkpoint_key(remote: &Remote, out: Option<&Path>) -> Outcome<()> {
    let keys = entry::keys(&mut remote.journal(), None).await?;
    let newest = keys
        .newest()
        .ok_or_else(|| Failure::new("read checkpoint keys: there is none"))?;
    let text = pem("PUBLIC KEY", &newest.public_key);
    match out {
        Some(file) => write_public(file, text.as_bytes()),
        None => output::line(text.trim_end()),
    }
}

struct Export {
    file: BufWriter<File>,
    act: String,
    journal: JournalClient<Channel>,
    entries: u64,
    progress: Progress,
}

impl Export {
    fn line(&mut self, line: &Line) -> Outcome<()> {
        serde_json::to_writer(&mut self.file, line).attempt(&self.act)?;
        self.file.write_all(b"\n").attempt(&self.act)
    }

    async fn chain(&mut self, chain: &str, from: u64, to: u64) -> Outcome<()> {
        let ask = wire::ReadJournalRequest {
            chain: chain.to_owned(),
            // the one before the first says what it follows
            from_sequence: from.saturating_sub(1).max(1),
            purposes: Vec::new(),
        };
        let mut entries = self.journal.read(ask).await.map_err(answered)?.into_inner();
        let mut previous_hash = Head::empty(chain).hash.as_bytes().to_vec();
        if from > 1 {
            let before = entries.message().await.map_err(answered)?;
            let before = before.filter(|entry| entry.sequence == from - 1);
            previous_hash = before
                .ok_or_else(|| {
                    Failure::new(format!(
                        "export journal: chain {chain} has no entry {}",
                        from - 1
                    ))
                })?
                .entry_hash;
        }
        self.line(&Line::Chain(ChainLine {
            chain: chain.to_owned(),
            from,
            previous_hash,
        }))?;
        let ask = wire::ReadCheckpointsRequest {
            chain: chain.to_owned(),
            from_sequence: from,
        };
        let checkpoints = self.journal.read_checkpoints(ask).await;
        let mut checkpoints = checkpoints.map_err(answered)?.into_inner();
        let mut stated = checkpoints.message().await.map_err(answered)?;
        while let Some(read) = entries.message().await.map_err(answered)? {
            if read.sequence > to {
                break;
            }
            let line = entry::line(read);
            let sequence = line.sequence;
            self.line(&Line::Entry(line))?;
            self.entries += 1;
            while let Some(checkpoint) = stated.take_if(|stated| stated.sequence <= sequence) {
                let checkpoint = entry::checkpoint(checkpoint)?;
                self.line(&Line::Checkpoint(CheckpointLine::from(checkpoint)))?;
                stated = checkpoints.message().await.map_err(answered)?;
            }
            self.progress.tell(
                chain,
                (sequence + 1).saturating_sub(from),
                (to + 1).saturating_sub(from),
                self.entries,
            );
        }
        Ok(())
    }

    fn finish(mut self) -> Outcome<u64> {
        let entries = self.entries;
        self.line(&Line::End { entries })?;
        let file = self
            .file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .attempt(&self.act)?;
        file.sync_all().attempt(&self.act)?;
        Ok(entries)
    }
}

impl Show for Exported {
    fn text(&self) -> String {
        format!(
            "{} entries of {} chains are in {}",
            self.entries, self.chains, self.file
        )
    }
}
