//! `ers audit show`: what was signed.

use ers_signer_client::{JournalEntry, Signer as _};
use futures::StreamExt as _;
use serde::Serialize;

use crate::{
    cli::Global,
    failure::{Attempt as _, Outcome},
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

/// Shows entries.
pub async fn run(
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
