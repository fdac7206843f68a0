//! Holds opinions against each other, by tables of what corresponds to what.

use std::collections::{BTreeMap, BTreeSet};

use ers_pki::lint::{LintSet, Severity};

use super::differences::{Difference, OURS_ALONE, UNREADABLE};
use super::{Opinion, Specimen, seed};

type Table = &'static [(&'static str, Difference)];

fn find(table: Table, id: &str) -> Option<Difference> {
    table
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, difference)| *difference)
}

fn is_known_gap(said: &str) -> bool {
    UNREADABLE.iter().any(|(gap, _)| said.contains(gap))
}

/// Disagreements with one example each: a failure tells all of them at once.
#[derive(Default)]
struct Disagreements(BTreeMap<String, (usize, String)>);

impl Disagreements {
    fn add(&mut self, what: String, specimen: &Specimen, detail: &str) {
        let example = || {
            format!(
                "{}\n    {detail}\n    {}",
                specimen.told,
                hex::encode(&specimen.der)
            )
        };
        self.0.entry(what).or_insert_with(|| (0, example())).0 += 1;
    }

    fn none(self, among: usize) {
        eprintln!("{among} certificates, ERS_PEERS_SEED={}", seed());
        if self.0.is_empty() {
            return;
        }
        for (what, (times, example)) in &self.0 {
            eprintln!("{times} times: {what}\n  e.g. {example}");
        }
        panic!("{} disagreements", self.0.len());
    }
}

/// Nothing of what we issue may be an error to the peer, unless the table says why.
pub(crate) fn sound(peer: &str, specimens: &[Specimen], opinions: &[Opinion], table: Table) {
    let mut disagreements = Disagreements::default();
    for (specimen, opinion) in specimens.iter().zip(opinions) {
        if let Some(said) = &opinion.unreadable
            && !is_known_gap(said)
        {
            disagreements.add(format!("{peer} cannot read it"), specimen, said);
        }
        for id in &opinion.errors {
            let excused = matches!(
                find(table, id),
                Some(Difference::Theirs(_) | Difference::Part(..))
            );
            if !excused {
                disagreements.add(
                    format!("{peer} has {id} against what we issue"),
                    specimen,
                    "",
                );
            }
        }
    }
    disagreements.none(specimens.len());
}

/// What a peer calls an error we find by the rule that the table names; what only we call an error has a reason.
pub(crate) fn agree(set: LintSet, specimens: &[Specimen], peers: &[(&Vec<Opinion>, Table)]) {
    let mut disagreements = Disagreements::default();
    for (place, specimen) in specimens.iter().enumerate() {
        // rules of the Forum's documents may stand with RFC 5280 here, as theirs stand there
        let findings = specimen.ours(&[LintSet::Rfc5280, set]);
        let ours: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.id).collect();
        let told = findings
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        let has_error = findings
            .iter()
            .any(|finding| finding.severity() == Severity::Error);
        let mut confirmed: BTreeSet<&str> = BTreeSet::new();
        let mut all_read_it = true;
        for (opinions, table) in peers {
            let opinion = &opinions[place];
            if let Some(said) = &opinion.unreadable {
                all_read_it = false;
                if !has_error && set == LintSet::Rfc5280 && !is_known_gap(said) {
                    disagreements.add("only a peer cannot read it".into(), specimen, said);
                }
            }
            for id in opinion.errors.iter().chain(&opinion.lesser) {
                let is_error = opinion.errors.contains(id);
                match find(table, id) {
                    Some(Difference::Same(rules)) => {
                        confirmed.extend(rules.iter().copied());
                        if is_error && !rules.iter().any(|rule| ours.contains(rule)) {
                            disagreements.add(
                                format!("{id}, but none of {rules:?}"),
                                specimen,
                                &told,
                            );
                        }
                    }
                    Some(Difference::Part(rules, _)) => confirmed.extend(rules.iter().copied()),
                    None if is_error => {
                        disagreements.add(format!("{id} is not in the table"), specimen, &told);
                    }
                    _ => {}
                }
            }
        }
        let errors = findings
            .iter()
            .filter(|finding| finding.severity() == Severity::Error && finding.rule.set == set);
        for finding in errors {
            let id = finding.rule.id;
            let alone = OURS_ALONE.iter().any(|(known, _)| *known == id);
            if !confirmed.contains(id) && all_read_it && !alone {
                disagreements.add(format!("only we have {id}"), specimen, &finding.to_string());
            }
        }
    }
    disagreements.none(specimens.len());
}
