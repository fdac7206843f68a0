//! The linter: what RFC 5280 and the documents above it demand of a certificate, asked of the bytes before they are
//! signed.
//!
//! One file per family of rules, in the folder of its set; a rule is a line in the file's `rules!` with its citation, the
//! few lines that judge it, and a test beside it. To add a family, give it a file and a line in `FAMILIES` and in the
//! `check` of its set.

mod cabf_cs;
mod cabf_smime;
mod cabf_tls;
mod crl;
mod etsi;
mod facts;
mod finding;
mod iso3166;
mod ocsp;
mod policy;
mod rfc5280;
mod rule;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use finding::Finding;
pub(crate) use finding::told;
pub use policy::{IgnoredLint, LintAction, LintPolicy, Verdict};
pub use rule::{LintSet, Rule, Severity, UnknownLintSet};

use crate::certificate::Tbs;
use facts::Facts;
use finding::Findings;
use rule::rules;

rules! { Rfc5280:
    STRUCTURE = Error "rfc5280-structure" ["RFC 5280 §4.1"]
        "the bytes must be the DER of a TBSCertificate";
    LINT_FAILED = Error "rfc5280-lint-failed" ["ERS"]
        "every rule must come to an end";
}

/// The rules of every file.
static FAMILIES: [&[&Rule]; 28] = [
    RULES,
    rfc5280::certificate::RULES,
    rfc5280::key::RULES,
    rfc5280::name::RULES,
    rfc5280::extension::RULES,
    rfc5280::alternative_name::RULES,
    rfc5280::authority::RULES,
    rfc5280::usage::RULES,
    rfc5280::policies::RULES,
    rfc5280::constraints::RULES,
    rfc5280::location::RULES,
    cabf_tls::key::RULES,
    cabf_tls::validity::RULES,
    cabf_tls::names::RULES,
    cabf_tls::subject::RULES,
    cabf_tls::policies::RULES,
    cabf_tls::extension::RULES,
    cabf_tls::authority::RULES,
    cabf_smime::RULES,
    cabf_smime::subject::RULES,
    cabf_smime::usage::RULES,
    cabf_smime::extension::RULES,
    cabf_cs::RULES,
    etsi::RULES,
    crl::ietf::RULES,
    crl::forum::RULES,
    ocsp::ietf::RULES,
    ocsp::forum::RULES,
];

type Check = fn(&Facts<'_>, &mut Findings);

/// What judges for a set.
fn checks(set: LintSet) -> &'static [Check] {
    match set {
        LintSet::Rfc5280 => &rfc5280::CHECKS,
        LintSet::CabfTls => &cabf_tls::CHECKS,
        LintSet::CabfSmime => &cabf_smime::CHECKS,
        LintSet::CabfCs => &cabf_cs::CHECKS,
        LintSet::Etsi => &etsi::CHECKS,
    }
}

/// Rules whose finding leaves nothing that could be judged.
fn cannot_be_ignored(rule: &Rule) -> bool {
    rule == &STRUCTURE || rule == &LINT_FAILED
}

/// All that RFC 5280 has against a TBSCertificate, DER; the worst first.
pub fn lint_tbs(tbs: &[u8]) -> Vec<Finding> {
    lint_sets(tbs, &[LintSet::Rfc5280])
}

/// All that those sets of rules have against a TBSCertificate, DER; the worst first. A rule that panics is itself a
/// finding, an error that no profile can ignore.
pub fn lint_sets(tbs: &[u8], sets: &[LintSet]) -> Vec<Finding> {
    let checks: Vec<Check> = sets
        .iter()
        .flat_map(|set| checks(*set).iter().copied())
        .collect();
    run(tbs, &checks)
}

/// As `lint_sets`, with the sets that the policy names, judged by it.
pub fn judge_tbs(tbs: &[u8], policy: &LintPolicy) -> Verdict {
    let sets: Vec<LintSet> = LintSet::ALL
        .into_iter()
        .filter(|set| policy.action(*set).is_some())
        .collect();
    policy.judge(lint_sets(tbs, &sets))
}

/// What RFC 5280 and the sets that the policy names have against a TBSCertList, DER, judged by the policy.
pub fn judge_crl(tbs: &[u8], policy: &LintPolicy) -> Verdict {
    let by_forum = policy.action(LintSet::CabfTls).is_some();
    policy.judge(guarded(|| {
        let mut findings = Findings::default();
        crl::check(tbs, by_forum, &mut findings);
        findings.finish()
    }))
}

/// What RFC 6960 and the sets that the policy names have against the ResponseData of OCSP, DER, judged by the policy.
pub fn judge_response(data: &[u8], policy: &LintPolicy) -> Verdict {
    let by_forum = policy.action(LintSet::CabfTls).is_some();
    policy.judge(guarded(|| {
        let mut findings = Findings::default();
        ocsp::check(data, by_forum, &mut findings);
        findings.finish()
    }))
}

fn run(tbs: &[u8], checks: &[Check]) -> Vec<Finding> {
    guarded(|| {
        let facts = match Facts::read(tbs) {
            Ok(facts) => facts,
            Err(malformed) => {
                let mut findings = Findings::default();
                findings.say(&STRUCTURE, || malformed.to_string());
                return findings.finish();
            }
        };
        let mut findings = Findings::beginning(facts.begins.map(time::OffsetDateTime::date));
        checks.iter().for_each(|check| check(&facts, &mut findings));
        // what we ourselves could not read again is never made, whether or not a rule names the fault
        if !findings.has_errors()
            && let Err(malformed) = Tbs::parse(tbs)
        {
            findings.say(&STRUCTURE, || malformed.to_string());
        }
        findings.finish()
    })
}

/// A rule that panics is itself a finding, an error that nothing can ignore.
fn guarded(judge: impl FnOnce() -> Vec<Finding>) -> Vec<Finding> {
    catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|_| {
        vec![Finding {
            rule: &LINT_FAILED,
            detail: "a rule of the linter panicked".to_owned(),
        }]
    })
}

#[cfg(test)]
mod tests;
