//! zlint, one process for many files. It stops at a file that it cannot parse, so that it is started again after it.

use std::process::Command;

use super::{Opinion, Specimen, tool};

/// What it has from documents of the IETF, and rules that everyone has. (It refuses its own source RFC3279 by name.)
pub(crate) const IETF: [&str; 2] = [
    "-excludeSources",
    "CABF_BR,CABF_EV,CABF_SMIME_BR,ETSI_ESI,Mozilla,Apple",
];
/// What it has from the CA/Browser Forum on servers.
pub(crate) const FORUM: [&str; 2] = ["-includeSources", "CABF_BR,CABF_EV"];
/// What it has from the Forum on mailboxes.
pub(crate) const MAILBOXES: [&str; 2] = ["-includeSources", "CABF_SMIME_BR"];

/// Its lints of those sources.
pub(crate) fn judge(specimens: &[Specimen], sources: [&str; 2]) -> Vec<Opinion> {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..specimens.len())
        .map(|place| format!("{place}.pem"))
        .collect();
    for (name, specimen) in names.iter().zip(specimens) {
        std::fs::write(folder.path().join(name), specimen.pem()).unwrap();
    }
    let mut opinions = Vec::with_capacity(specimens.len());
    while opinions.len() < specimens.len() {
        let output = Command::new(tool("zlint/usr/bin/zlint"))
            .args(sources)
            .args(&names[opinions.len()..])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        opinions.extend(text.lines().map(read));
        if opinions.len() < specimens.len() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("unable to parse"), "zlint: {said}");
            opinions.push(Opinion {
                unreadable: Some(said),
                ..Opinion::default()
            });
        }
    }
    opinions
}

fn read(line: &str) -> Opinion {
    let results: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_str(line).unwrap();
    let mut opinion = Opinion::default();
    for (id, result) in results {
        opinion.add(result["result"].as_str().unwrap(), &id);
    }
    opinion
}
