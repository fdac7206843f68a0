//! `ers audit verify`: the signer walks its journal.

use ers_signer_client::Signer as _;
use futures::StreamExt as _;
use serde::Serialize;

use super::progress::Progress;
use crate::{
    cli::Global,
    failure::{Attempt as _, Failure, Outcome},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Verified {
    chains: Vec<ChainVerified>,
}

#[derive(Serialize)]
struct ChainVerified {
    chain: String,
    entries: u64,
}

/// Verifies one chain, or all.
pub async fn run(global: &Global, remote: &Remote, chain: Option<String>) -> Outcome<()> {
    let mut steps = remote
        .signer()
        .verify_journal(chain.as_deref())
        .await
        .attempt("verify journal")?;
    let mut chains: Vec<ChainVerified> = Vec::new();
    let mut progress = Progress::new("verify");
    let mut before = 0;
    while let Some(step) = steps.next().await {
        let step = step.attempt("verify journal")?;
        if let Some((sequence, what)) = &step.fault {
            return Err(Failure::new(format!(
                "journal chain {}, entry {sequence}: {what}",
                step.chain
            ))
            .or("the journal was changed behind the signer's back: see docs/operations.md"));
        }
        progress.tell(
            &step.chain,
            step.verified,
            step.total,
            before + step.verified,
        );
        if step.done {
            before += step.verified;
            chains.push(ChainVerified {
                chain: step.chain,
                entries: step.verified,
            });
        }
    }
    drop(progress);
    output::show(global.output, &Verified { chains })
}

impl Show for Verified {
    fn text(&self) -> String {
        self.chains
            .iter()
            .map(|c| format!("chain {}: {} entries, unbroken\n", c.chain, c.entries))
            .collect()
    }
}
