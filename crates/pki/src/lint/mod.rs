//! The linter: what RFC 5280 demands of a certificate, asked of the bytes before they are signed.
//!
//! One file per group of rules; a rule is a few lines with its citation and a test beside it. To add one, put it in the
//! file of its group; to add a group, give it a file and a line in `GROUPS`.

mod algorithm;
mod authority;
mod extension;
mod name;
mod validity;

use std::fmt;

use crate::certificate::Tbs;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A SHOULD that is not followed.
    Warning,
    /// A MUST that is broken: such a certificate is not signed.
    Error,
}

/// Something that a rule has against the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where the rule stands, e.g. "RFC 5280 §4.1.2.2".
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {} ({})", self.detail, self.rule)
    }
}

/// Where rules put what they find.
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, rule: &'static str, detail: impl Into<String>) {
        self.0.push(Finding {
            rule,
            severity: Severity::Error,
            detail: detail.into(),
        });
    }

    fn warning(&mut self, rule: &'static str, detail: impl Into<String>) {
        self.0.push(Finding {
            rule,
            severity: Severity::Warning,
            detail: detail.into(),
        });
    }
}

type Group = fn(&Tbs<'_>, &mut Findings);

const GROUPS: [Group; 5] = [
    algorithm::lint,
    validity::lint,
    name::lint,
    extension::lint,
    authority::lint,
];

/// All that the rules have against a TBSCertificate, DER; the worst first.
pub fn lint_tbs(tbs: &[u8]) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    match Tbs::parse(tbs) {
        Ok(tbs) => GROUPS.iter().for_each(|lint| lint(&tbs, &mut findings)),
        Err(malformed) => findings.error("RFC 5280 §4.1", malformed.to_string()),
    }
    findings
        .0
        .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.0
}

#[cfg(test)]
mod tests;
