//! `ers audit`: the signer's journal.

use std::io::IsTerminal as _;

use ers_signer_client::{JournalEntry, Signer as _};
use futures::StreamExt as _;
use serde::Serialize;

use crate::{
    cli::{Audit, Global},
    failure::{Attempt as _, Failure, Outcome},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct EntryView {
    chain: String,
    sequence: u64,
    at: String,
    caller: String,
    purpose: String,
    key_id: String,
    request_id: String,
    digest: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Entries(Vec<EntryView>);

#[derive(Serialize)]
struct Verified {
    chains: Vec<ChainVerified>,
}

#[derive(Serialize)]
struct ChainVerified {
    chain: String,
    entries: u64,
}

pub async fn run(global: &Global, command: Audit) -> Outcome<()> {
    let remote = Remote::open(global)?;
    match command {
        Audit::Show { from, limit, chain } => show(global, &remote, from, limit, chain).await,
        Audit::Verify => verify(global, &remote).await,
    }
}

async fn show(
    global: &Global,
    remote: &Remote,
    from: u64,
    limit: usize,
    only: Option<String>,
) -> Outcome<()> {
    let signer = remote.signer();
    let chains = signer.list_chains().await.attempt("read journal")?;
    let mut entries = Vec::new();
    for head in chains
        .iter()
        .filter(|head| only.as_ref().is_none_or(|only| *only == head.chain))
    {
        let mut stream = signer
            .read_journal(&head.chain, from, &[])
            .await
            .attempt("read journal")?
            .take(limit);
        while let Some(entry) = stream.next().await {
            entries.push(view(entry.attempt("read journal")?));
        }
    }
    output::show(global.output, &Entries(entries))
}

async fn verify(global: &Global, remote: &Remote) -> Outcome<()> {
    let mut steps = remote
        .signer()
        .verify_journal(None)
        .await
        .attempt("verify journal")?;
    let mut chains = Vec::new();
    let terminal = std::io::stderr().is_terminal();
    while let Some(step) = steps.next().await {
        let step = step.attempt("verify journal")?;
        if let Some(fault) = &step.fault {
            return Err(Failure::new(format!(
                "journal chain {}, entry {}: {}",
                step.chain, fault.0, fault.1
            ))
            .or("the journal was changed behind the signer's back: see docs/operations.md"));
        }
        if terminal && !step.done {
            output::progress(&format!(
                "chain {}: {} of {}",
                step.chain, step.verified, step.total
            ));
        }
        if step.done {
            chains.push(ChainVerified {
                chain: step.chain,
                entries: step.verified,
            });
        }
    }
    output::show(global.output, &Verified { chains })
}

fn view(entry: JournalEntry) -> EntryView {
    EntryView {
        at: entry
            .at
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap_or_default(),
        purpose: entry.purpose.to_string(),
        key_id: entry.key_id.to_string(),
        digest: hex::encode(&entry.digest),
        chain: entry.chain,
        sequence: entry.sequence,
        caller: entry.caller,
        request_id: entry.request_id,
    }
}

impl Show for Entries {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|e| {
            [
                format!("{}/{}", e.chain, e.sequence),
                e.at.clone(),
                e.caller.clone(),
                e.purpose.clone(),
                e.request_id.clone(),
            ]
        });
        output::table(["entry", "at", "caller", "purpose", "request"], rows)
    }
}

impl Show for Verified {
    fn text(&self) -> String {
        self.chains
            .iter()
            .map(|c| format!("chain {}: {} entries, unbroken\n", c.chain, c.entries))
            .collect()
    }
}
