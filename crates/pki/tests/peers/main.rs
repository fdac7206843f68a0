#![cfg(test)]
//! The linter beside its peers: the same certificates are judged by zlint, by pkilint and by us, and every disagreement
//! is either a fault of ours or stands, with its reason, in `differences.rs`.
//!
//! Promises: what we issue under a ready profile has no error that zlint or pkilint sees in RFC 5280; where they say
//! error of a spoilt certificate we say so by the rule that `differences.rs` names; where only we say error, there is a
//! reason. `ERS_PEERS_COUNT` is how many certificates there are of each sort, `ERS_PEERS_SEED` what they are drawn from.

mod compare;
mod der;
mod differences;
mod draw;
mod lists;
mod pkilint;
mod spoil;
mod zlint;

use std::collections::BTreeSet;

use ers_pki::lint::{Finding, LintSet, lint_sets};

/// What one linter has against one certificate: its own ids, errors and lesser findings apart.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) errors: BTreeSet<String>,
    pub(crate) lesser: BTreeSet<String>,
    /// It could not read the certificate at all.
    pub(crate) unreadable: Option<String>,
}

impl Opinion {
    fn add(&mut self, severity: &str, id: &str) {
        match severity {
            "error" | "fatal" => self.errors.insert(id.to_owned()),
            "warn" | "warning" | "info" | "notice" => self.lesser.insert(id.to_owned()),
            _ => false,
        };
    }
}

/// A certificate with the word for how it came to be, which is told when something is wrong.
#[derive(Debug, Clone)]
pub(crate) struct Specimen {
    pub(crate) told: String,
    pub(crate) der: Vec<u8>,
}

impl Specimen {
    pub(crate) fn to_be_signed(&self) -> &[u8] {
        der::first(der::content(&self.der))
    }

    pub(crate) fn ours(&self, sets: &[LintSet]) -> Vec<Finding> {
        let sets: BTreeSet<LintSet> = sets.iter().copied().collect();
        lint_sets(self.to_be_signed(), &sets.into_iter().collect::<Vec<_>>())
    }

    pub(crate) fn pem(&self) -> String {
        ers_pki::pem::encode("CERTIFICATE", &self.der)
    }
}

/// How many certificates of each sort.
fn count(usual: usize) -> usize {
    std::env::var("ERS_PEERS_COUNT").map_or(usual, |text| text.parse().expect("ERS_PEERS_COUNT"))
}

/// What is drawn comes from here; the same seed gives the same certificates but for their keys.
fn seed() -> u64 {
    std::env::var("ERS_PEERS_SEED").map_or(20_261_122, |text| text.parse().expect("ERS_PEERS_SEED"))
}

/// Where `scripts/setup.sh test` puts the peers.
fn tool(name: &str) -> std::path::PathBuf {
    let folder = std::env::var_os("ERS_TOOLS").map_or_else(
        || {
            std::path::PathBuf::from(std::env::var_os("HOME").expect("HOME"))
                .join(".cache/ers/tools")
        },
        Into::into,
    );
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is missing: run scripts/setup.sh test",
        path.display()
    );
    path
}

#[test]
fn what_we_issue_is_sound_to_zlint() {
    let specimens = draw::issued(seed(), count(150));
    let opinions = zlint::judge(&specimens, zlint::IETF);
    compare::sound("zlint", &specimens, &opinions, differences::ZLINT);
}

#[test]
fn what_we_issue_is_sound_to_pkilint() {
    let specimens = draw::issued(seed() + 1, count(150) / 3);
    let opinions = pkilint::judge(&specimens, "rfc5280");
    compare::sound("pkilint", &specimens, &opinions, differences::PKILINT);
}

/// Both peers, because each has rules that the other lacks: what only we call an error must be in the table.
#[test]
fn spoilt_certificates_are_errors_to_us_as_to_the_peers() {
    let specimens = spoil::all(&draw::issued(seed() + 2, count(150)), seed());
    let zlint = zlint::judge(&specimens, zlint::IETF);
    let pkilint = pkilint::judge(&specimens, "rfc5280");
    compare::agree(
        LintSet::Rfc5280,
        &specimens,
        &[
            (&zlint, differences::ZLINT),
            (&pkilint, differences::PKILINT),
        ],
    );
}

#[test]
fn servers_are_judged_as_the_forum_judges_them() {
    let mut specimens = draw::servers(seed() + 3, count(150) / 3);
    let spoilt = spoil::all(&specimens, seed() + 1);
    // those that are no longer certificates of servers are taken for others by each peer
    let others = ["basic constraints", "no issuer"];
    specimens.extend(spoilt.into_iter().filter(|specimen| {
        let is_other = others.iter().any(|spoil| specimen.told.contains(spoil));
        !is_other && !is_responder(specimen)
    }));
    let zlint = zlint::judge(&specimens, zlint::FORUM);
    let pkilint = pkilint::judge(&specimens, "cabf-tls");
    compare::agree(
        LintSet::CabfTls,
        &specimens,
        &[
            (&zlint, differences::ZLINT_TLS),
            (&pkilint, differences::PKILINT_TLS),
        ],
    );
}

/// Whether it is for OCSP responses.
fn is_responder(specimen: &Specimen) -> bool {
    let purpose = der::oid("1.3.6.1.5.5.7.3.9");
    let mut parts = specimen.der.windows(purpose.len());
    parts.any(|part| part == purpose)
}

#[test]
fn mailboxes_are_judged_as_the_forum_judges_them() {
    let mut specimens = draw::mailboxes(seed() + 4, count(150) / 3);
    let spoilt = spoil::all(&specimens, seed() + 2);
    // no longer of a mailbox to the peers, or with two extensions of which each reads another
    let others = ["basic constraints", "no issuer", "extension twice"];
    specimens.extend(spoilt.into_iter().filter(|specimen| {
        let is_other = others.iter().any(|spoil| specimen.told.contains(spoil));
        !is_other && !is_responder(specimen)
    }));
    let zlint = zlint::judge(&specimens, zlint::MAILBOXES);
    let pkilint = pkilint::judge(&specimens, "cabf-smime");
    compare::agree(
        LintSet::CabfSmime,
        &specimens,
        &[
            (&zlint, differences::ZLINT_SMIME),
            (&pkilint, differences::PKILINT_SMIME),
        ],
    );
}
