//! What rules have found.

use std::fmt;

use time::Date;

use super::{Rule, Severity};

/// Something that a rule has against the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// What is wrong with these bytes; no more than a few hundred octets.
    pub detail: String,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule {
            id,
            severity,
            citation,
            ..
        } = self.rule;
        write!(f, "{severity}: {} ({id}, {citation})", self.detail)
    }
}

/// The findings that are told in one line; the rest is counted.
const MOST_TOLD: usize = 3;

/// Findings in one line.
pub(crate) fn told(findings: &[Finding]) -> String {
    let mut told: Vec<String> = findings
        .iter()
        .take(MOST_TOLD)
        .map(ToString::to_string)
        .collect();
    if let Some(more) = findings
        .len()
        .checked_sub(MOST_TOLD)
        .filter(|more| *more > 0)
    {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}

/// Longest detail in octets: findings travel in errors and logs, and names come from strangers.
const LONGEST_DETAIL: usize = 300;
/// Most findings of one rule that are told one by one.
const MOST_OF_ONE_RULE: usize = 10;

/// Where rules put what they find.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    begins: Option<Date>,
}

impl Findings {
    /// Findings on something that is valid from that day on: rules that are younger do not hold for it.
    pub(super) fn beginning(begins: Option<Date>) -> Self {
        Self {
            found: Vec::new(),
            begins,
        }
    }

    /// The rule is broken, in the words of the rule.
    pub(super) fn add(&mut self, rule: &'static Rule) {
        self.say(rule, || rule.text.to_owned());
    }

    /// The rule is broken when `broken`.
    pub(super) fn check(&mut self, rule: &'static Rule, broken: bool) {
        if broken {
            self.add(rule);
        }
    }

    /// The rule is broken, in words for this case.
    pub(super) fn say(&mut self, rule: &'static Rule, detail: impl FnOnce() -> String) {
        let holds = match (rule.since, self.begins) {
            (Some(since), Some(begins)) => begins >= since,
            _ => true,
        };
        let before = self.found.iter().filter(|found| found.rule == rule).count();
        if !holds || before >= MOST_OF_ONE_RULE {
            return;
        }
        let mut detail = detail();
        if detail.len() > LONGEST_DETAIL {
            detail.truncate(detail.floor_char_boundary(LONGEST_DETAIL));
            detail.push('…');
        }
        self.found.push(Finding { rule, detail });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|finding| finding.severity() == Severity::Error)
    }

    /// All of them, the worst first.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.found
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
        self.found
    }
}
