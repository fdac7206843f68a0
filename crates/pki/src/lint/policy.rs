//! Which findings stop an issue: what a profile says about the linter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finding, LintSet, Rule, Severity};

/// What becomes of the findings of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LintAction {
    /// All are reported, none stops the issue.
    Warn,
    /// Errors stop the issue; the rest is reported.
    Block,
    /// Errors and warnings stop the issue; notices are reported.
    Strict,
}

/// A rule that a profile does not want to hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoredLint {
    /// Id of the rule.
    pub id: String,
    /// Why; not empty.
    pub reason: String,
}

/// What a profile says about the linter. Said nothing, RFC 5280 blocks and nothing else is asked.
///
/// ```
/// let policy: ers_pki::lint::LintPolicy = serde_json::from_str(r#"{
///     "sets": { "cabf-tls": "warn" },
///     "ignore": [{ "id": "cabf-tls-policy-oid", "reason": "a private CA has no reserved policy" }]
/// }"#)?;
/// assert_eq!(policy.check(), Ok(()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LintPolicy {
    /// Sets that are asked, and what becomes of their findings. `rfc5280` is always asked and cannot be `warn`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sets: BTreeMap<LintSet, LintAction>,
    /// Single rules whose findings are dropped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoredLint>,
}

/// The findings on a certificate, judged by a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Those that stop the issue, the worst first.
    pub blocking: Vec<Finding>,
    /// Those that are only reported, the worst first.
    pub reported: Vec<Finding>,
}

impl LintPolicy {
    /// Whether it says nothing of its own.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it contradicts itself, and how.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.sets.get(&LintSet::Rfc5280) == Some(&LintAction::Warn) {
            return Err("rfc5280 must be block or strict");
        }
        for ignored in &self.ignore {
            match Rule::find(&ignored.id) {
                None => return Err("an ignored lint is unknown"),
                Some(rule) if super::cannot_be_ignored(rule) => {
                    return Err("a lint on which all others rest cannot be ignored");
                }
                Some(_) => {}
            }
            if ignored.reason.trim().is_empty() {
                return Err("an ignored lint must have a reason");
            }
        }
        Ok(())
    }

    /// What becomes of the findings of that set; `None`: it is not asked.
    pub fn action(&self, set: LintSet) -> Option<LintAction> {
        match self.sets.get(&set) {
            Some(LintAction::Warn) if set == LintSet::Rfc5280 => Some(LintAction::Block),
            Some(action) => Some(*action),
            None if set == LintSet::Rfc5280 => Some(LintAction::Block),
            None => None,
        }
    }

    /// Sorts findings into those that stop the issue and those that do not.
    pub fn judge(&self, findings: Vec<Finding>) -> Verdict {
        let mut verdict = Verdict::default();
        for finding in findings {
            let rule = finding.rule;
            let ignored = !super::cannot_be_ignored(rule)
                && self.ignore.iter().any(|ignored| ignored.id == rule.id);
            if ignored {
                continue;
            }
            let blocks = match self.action(rule.set) {
                None => continue,
                Some(LintAction::Warn) => false,
                Some(LintAction::Block) => rule.severity == Severity::Error,
                Some(LintAction::Strict) => rule.severity >= Severity::Warning,
            };
            if blocks {
                verdict.blocking.push(finding);
            } else {
                verdict.reported.push(finding);
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> LintPolicy {
        serde_json::from_str(json).unwrap()
    }

    fn finding(severity: Severity, set: LintSet) -> Finding {
        let rule = Rule::all()
            .find(|rule| {
                rule.severity == severity
                    && rule.set == set
                    && !super::super::cannot_be_ignored(rule)
            })
            .unwrap();
        Finding {
            rule,
            detail: rule.text.to_owned(),
        }
    }

    #[test]
    fn actions_decide_what_blocks() {
        let findings = vec![
            finding(Severity::Error, LintSet::Rfc5280),
            finding(Severity::Warning, LintSet::Rfc5280),
            finding(Severity::Error, LintSet::CabfTls),
            finding(Severity::Warning, LintSet::CabfTls),
        ];
        for (json, blocking, reported) in [
            ("{}", 1, 1),
            (r#"{"sets":{"rfc5280":"strict"}}"#, 2, 0),
            (r#"{"sets":{"cabf-tls":"warn"}}"#, 1, 3),
            (r#"{"sets":{"cabf-tls":"block"}}"#, 2, 2),
            (r#"{"sets":{"cabf-tls":"strict","rfc5280":"strict"}}"#, 4, 0),
        ] {
            let verdict = policy(json).judge(findings.clone());
            let counts = (verdict.blocking.len(), verdict.reported.len());
            assert_eq!(counts, (blocking, reported), "{json}");
        }
    }

    #[test]
    fn ignored_lints_are_dropped_with_a_reason_only() {
        let error = finding(Severity::Error, LintSet::Rfc5280);
        let ignoring = |reason: &str| LintPolicy {
            ignore: vec![IgnoredLint {
                id: error.rule.id.to_owned(),
                reason: reason.to_owned(),
            }],
            ..LintPolicy::default()
        };
        assert_eq!(ignoring("an old verifier").check(), Ok(()));
        assert_eq!(
            ignoring("an old verifier").judge(vec![error.clone()]),
            Verdict::default()
        );
        assert!(ignoring(" ").check().is_err());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for json in [
            r#"{"sets":{"rfc5280":"warn"}}"#,
            r#"{"ignore":[{"id":"rfc5280-no-such","reason":"x"}]}"#,
            r#"{"ignore":[{"id":"rfc5280-structure","reason":"x"}]}"#,
            r#"{"ignore":[{"id":"rfc5280-lint-failed","reason":"x"}]}"#,
        ] {
            assert!(policy(json).check().is_err(), "{json}");
        }
        for json in [
            r#"{"sets":{"no-such":"warn"}}"#,
            r#"{"sets":{"cabf-tls":"loud"}}"#,
            r#"{"more":1}"#,
        ] {
            assert!(serde_json::from_str::<LintPolicy>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn rfc5280_blocks_even_where_a_policy_was_not_checked() {
        let policy = policy(r#"{"sets":{"rfc5280":"warn"}}"#);
        assert_eq!(policy.action(LintSet::Rfc5280), Some(LintAction::Block));
    }
}
