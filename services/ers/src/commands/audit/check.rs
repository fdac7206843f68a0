//! `ers audit check`: an exported journal, off-line.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Serialize;
use signer::witness::{self, CheckError, Report};

use crate::{
    cli::{AuditCheck, Global},
    failure::{Attempt as _, Failure, Outcome},
    output::{self, Show},
};

#[derive(Serialize)]
struct Checked {
    chains: Vec<ChainChecked>,
    entries: u64,
    checkpoint_keys: u64,
    /// Whether a key that is known for sure was at hand.
    pinned: bool,
}

#[derive(Serialize)]
struct ChainChecked {
    chain: String,
    from: u64,
    to: u64,
    entry_hash: String,
    stated: u64,
}

/// Checks a file.
pub fn run(global: &Global, options: &AuditCheck) -> Outcome<()> {
    let pinned = options
        .checkpoint_key
        .as_deref()
        .map(read_key)
        .transpose()?;
    let file: Box<dyn BufRead> = if options.file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file = File::open(&options.file).attempt(format!("read {}", options.file.display()))?;
        Box::new(BufReader::with_capacity(1 << 20, file))
    };
    let report = witness::check(file, pinned.as_deref()).map_err(refused)?;
    output::show(global.output, &view(report, pinned.is_some()))
}

fn refused(error: CheckError) -> Failure {
    let failure = Failure::of(&error);
    match error {
        CheckError::Fault { .. } | CheckError::Keys(_) => {
            failure.or("this is not what the signer wrote: see docs/operations.md")
        }
        CheckError::Read(_) | CheckError::Line { .. } => failure,
    }
}

fn read_key(file: &Path) -> Outcome<Vec<u8>> {
    let act = || format!("read {}", file.display());
    let text = std::fs::read_to_string(file).attempt(act())?;
    ers_pki::pem::decode(&text, &["PUBLIC KEY"]).attempt(act())
}

fn view(report: Report, pinned: bool) -> Checked {
    Checked {
        entries: report.entries,
        checkpoint_keys: report.keys,
        pinned,
        chains: report
            .chains
            .into_iter()
            .map(|chain| ChainChecked {
                from: chain.from,
                to: chain.head.sequence,
                entry_hash: hex::encode(chain.head.hash.as_bytes()),
                stated: chain.stated,
                chain: chain.chain,
            })
            .collect(),
    }
}

impl Show for Checked {
    fn text(&self) -> String {
        let mut text = String::new();
        for c in &self.chains {
            let entries = (c.to + 1).saturating_sub(c.from);
            let stated = match c.stated {
                0 => "no checkpoint among them".to_owned(),
                stated => format!("signed up to {stated}"),
            };
            text.push_str(&format!(
                "chain {}: {entries} entries from {} on, unbroken, {stated}\n",
                c.chain, c.from
            ));
        }
        if !self.pinned {
            text.push_str(
                "held against itself only: give --checkpoint-key to know who signed the checkpoints\n",
            );
        }
        text
    }
}
