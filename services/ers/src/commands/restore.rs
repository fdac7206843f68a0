//! `ers restore`: CARA after its database was restored from an older backup.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_proto::cara::v1::{
    AdoptJournalRequest, ApplyCrlRequest, BeginReconciliationRequest, ExportedEntry,
    FinishReconciliationRequest, ListRestorationsRequest, ListRestorationsResponse,
    ListUnadoptedRequest, Unadopted,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::{Global, Restore},
    failure::{Attempt as _, Failure, Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

/// Of a piece of a CRL.
const PIECE: usize = 256 * 1024;
/// Entries sent at a time.
const ENTRIES: usize = 200;
/// `ers.signer.v1.Purpose`
const CERTIFICATE: u64 = 1;
const CRL: u64 = 2;

pub async fn run(global: &Global, command: Restore) -> Outcome<()> {
    let remote = Remote::open(global)?;
    let mut restoring = remote.restoring();
    let answer = match command {
        Restore::List => restoring.list(ListRestorationsRequest {}).await,
        Restore::Begin { ca, reason } => {
            let request = BeginReconciliationRequest {
                issuer: ca.unwrap_or_default(),
                reason,
            };
            restoring.begin(request).await
        }
        Restore::ApplyCrl { files } => {
            for file in files {
                apply_crl(global, &remote, &file).await?;
            }
            return Ok(());
        }
        Restore::AdoptJournal { file } => return adopt_journal(global, &remote, &file).await,
        Restore::Unadopted => return list_unadopted(global, &remote).await,
        Restore::Finish { ca, sure } => {
            restoring
                .finish(FinishReconciliationRequest { issuer: ca, sure })
                .await
        }
    };
    let answer = answer.map_err(answered)?.into_inner();
    output::show(global.output, &Restorations::of(answer))
}

#[derive(Serialize)]
struct Restorations {
    to_be_reconciled: Vec<Restoration>,
}

#[derive(Serialize)]
struct Restoration {
    ca: String,
    found_at: String,
    crl_number: u64,
    reason: String,
    missing: Vec<Missing>,
}

#[derive(Serialize)]
struct Missing {
    crl: String,
    number: u64,
}

impl Restorations {
    fn of(answer: ListRestorationsResponse) -> Self {
        let of = |restoration: ers_proto::cara::v1::Restoration| Restoration {
            found_at: output::time(restoration.found_at.as_ref()),
            ca: restoration.issuer,
            crl_number: restoration.crl_number,
            reason: restoration.reason,
            missing: restoration
                .missing
                .into_iter()
                .map(|crl| Missing {
                    crl: crl.name,
                    number: crl.number,
                })
                .collect(),
        };
        Self {
            to_be_reconciled: answer.restorations.into_iter().map(of).collect(),
        }
    }
}

impl Show for Restorations {
    fn text(&self) -> String {
        if self.to_be_reconciled.is_empty() {
            return "no CA is to be reconciled".into();
        }
        let missing = |missing: &[Missing]| match missing {
            [] => "not known".to_owned(),
            missing => missing
                .iter()
                .map(|crl| format!("{} {}", crl.crl, crl.number))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let rows = self.to_be_reconciled.iter().map(|r| {
            [
                r.ca.clone(),
                r.found_at.clone(),
                missing(&r.missing),
                r.reason.clone(),
            ]
        });
        output::table(["ca", "since", "missing crls", "reason"], rows)
    }
}

#[derive(Serialize)]
struct Applied {
    ca: String,
    number: u64,
    entries: u64,
    revoked: u64,
    lost: u64,
    complete: bool,
    reconciled: bool,
}

impl Show for Applied {
    fn text(&self) -> String {
        let state = match (self.reconciled, self.complete) {
            (true, _) => "is reconciled",
            (false, true) => "is as it was: see `ers restore list`",
            (false, false) => {
                "is as it was, since this CRL tells of some revocations only: see `ers restore list`"
            }
        };
        format!(
            "CRL {} of {}: {} entries, {} certificates revoked, {} not stored and revoked all the same; the CA {state}",
            self.number, self.ca, self.entries, self.revoked, self.lost
        )
    }
}

async fn apply_crl(global: &Global, remote: &Remote, file: &Path) -> Outcome<()> {
    let act = format!("read {}", file.display());
    let octets = std::fs::read(file).attempt(&act)?;
    let der = match std::str::from_utf8(&octets) {
        Ok(text) if text.contains("-----BEGIN") => {
            ers_pki::pem::decode(text, &["X509 CRL"]).attempt(&act)?
        }
        _ => octets,
    };
    let pieces: Vec<_> = der
        .chunks(PIECE)
        .map(|octets| ApplyCrlRequest {
            octets: octets.to_vec(),
        })
        .collect();
    let applied = remote
        .restoring()
        .apply_crl(futures::stream::iter(pieces))
        .await
        .map_err(answered)?
        .into_inner();
    let applied = Applied {
        ca: applied.issuer,
        number: applied.number,
        entries: applied.entries,
        revoked: applied.revoked,
        lost: applied.lost,
        complete: applied.complete,
        reconciled: applied.finished,
    };
    output::show(global.output, &applied)
}

#[derive(Serialize)]
struct Adopted {
    read: u64,
    adopted: u64,
    left: u64,
    unadopted: Vec<UnadoptedView>,
}

impl Show for Adopted {
    fn text(&self) -> String {
        let sum = format!(
            "{} entries compared, {} certificates adopted",
            self.read, self.adopted
        );
        if self.left == 0 {
            return sum;
        }
        format!(
            "{sum}, {} cannot be adopted\n{}",
            self.left,
            table(&self.unadopted)
        )
    }
}

/// An entry that cannot be adopted.
#[derive(Serialize)]
struct UnadoptedView {
    chain: String,
    sequence: u64,
    ca: String,
    serial: String,
    request_id: String,
    key_id: String,
    reason: String,
    since: String,
    last_tried_at: String,
    tries: u64,
}

impl UnadoptedView {
    fn of(entry: Unadopted) -> Self {
        Self {
            since: output::time(entry.first_seen_at.as_ref()),
            last_tried_at: output::time(entry.last_tried_at.as_ref()),
            chain: entry.chain,
            sequence: entry.sequence,
            ca: entry.issuer,
            serial: entry.serial,
            request_id: entry.request_id,
            key_id: entry.key_id,
            reason: entry.reason,
            tries: entry.tries,
        }
    }
}

fn table(entries: &[UnadoptedView]) -> String {
    let rows = entries.iter().map(|entry| {
        [
            format!("{} {}", entry.chain, entry.sequence),
            entry.ca.clone(),
            entry.serial.clone(),
            entry.since.clone(),
            entry.tries.to_string(),
            entry.reason.clone(),
        ]
    });
    output::table(["entry", "ca", "serial", "since", "tries", "reason"], rows)
}

#[derive(Serialize)]
struct AllUnadopted {
    unadopted: Vec<UnadoptedView>,
}

impl Show for AllUnadopted {
    fn text(&self) -> String {
        if self.unadopted.is_empty() {
            return "all entries of the journal are adopted".into();
        }
        table(&self.unadopted)
    }
}

async fn list_unadopted(global: &Global, remote: &Remote) -> Outcome<()> {
    let mut restoring = remote.restoring();
    let mut all = AllUnadopted {
        unadopted: Vec::new(),
    };
    let mut page_token = String::new();
    loop {
        let list = ListUnadoptedRequest {
            page_size: 0,
            page_token,
        };
        let page = restoring.list_unadopted(list).await.map_err(answered)?;
        let page = page.into_inner();
        all.unadopted
            .extend(page.entries.into_iter().map(UnadoptedView::of));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return output::show(global.output, &all);
        }
    }
}

/// The lines of `ers audit export`. Whether they are what the signer wrote is for `ers audit check` to say.
async fn adopt_journal(global: &Global, remote: &Remote, file: &Path) -> Outcome<()> {
    let act = format!("read {}", file.display());
    let lines = BufReader::new(File::open(file).attempt(&act)?).lines();
    let mut restoring = remote.restoring();
    let (mut chain, mut entries) = (String::new(), Vec::new());
    let mut sum = Adopted {
        read: 0,
        adopted: 0,
        left: 0,
        unadopted: Vec::new(),
    };
    for (number, line) in (1..).zip(lines) {
        let wrong = || {
            Failure::new(format!(
                "{act}: line {number} is not one of `ers audit export`"
            ))
        };
        let line: Value = serde_json::from_str(&line.attempt(&act)?).map_err(|_| wrong())?;
        match line.get("kind").and_then(Value::as_str) {
            Some("chain") => {
                let begun = line.get("chain").and_then(Value::as_str);
                begun.ok_or_else(wrong)?.clone_into(&mut chain);
            }
            Some("entry") => entries.extend(read_entry(&chain, &line).ok_or_else(wrong)?),
            Some(_) => {}
            None => return Err(wrong()),
        }
        if entries.len() == ENTRIES {
            send(&mut restoring, std::mem::take(&mut entries), &mut sum).await?;
        }
    }
    send(&mut restoring, entries, &mut sum).await?;
    output::show(global.output, &sum)
}

async fn send(
    restoring: &mut crate::remote::Restoring,
    entries: Vec<ExportedEntry>,
    sum: &mut Adopted,
) -> Outcome<()> {
    let page = futures::stream::iter([AdoptJournalRequest { entries }]);
    let answer = restoring
        .adopt_journal(page)
        .await
        .map_err(answered)?
        .into_inner();
    sum.read += answer.read;
    sum.adopted += answer.adopted;
    sum.left += answer.left;
    let left = answer.unadopted.into_iter().map(UnadoptedView::of);
    sum.unadopted.extend(left);
    Ok(())
}

/// `Some(None)`: an entry that matters not here.
fn read_entry(chain: &str, entry: &Value) -> Option<Option<ExportedEntry>> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let octets = |name: &str| match entry.get(name) {
        Some(Value::String(text)) => STANDARD.decode(text).ok(),
        _ => Some(Vec::new()),
    };
    let purpose = match entry.get("purpose")?.as_u64()? {
        CERTIFICATE => "certificate",
        CRL => "crl",
        _ => return Some(None),
    };
    let at_ms = entry.get("at_ms")?.as_i64()?;
    Some(Some(ExportedEntry {
        chain: chain.to_owned(),
        sequence: entry.get("sequence")?.as_u64()?,
        request_id: text("request_id")?.to_owned(),
        key_id: text("key_id")?.to_owned(),
        purpose: purpose.to_owned(),
        signature_algorithm: text("signature_algorithm")?.to_owned(),
        to_be_signed: octets("to_be_signed")?,
        context: octets("context")?,
        at: Some(prost_types::Timestamp {
            seconds: at_ms.div_euclid(1000),
            nanos: i32::try_from(at_ms.rem_euclid(1000)).ok()? * 1_000_000,
        }),
    }))
}
