//! Validity. That UTCTime ends with 2049 and times have no fractions is checked where they are read.

use super::Findings;
use crate::certificate::Tbs;

pub(super) fn lint(tbs: &Tbs<'_>, findings: &mut Findings) {
    if tbs.not_after < tbs.not_before {
        findings.error("RFC 5280 §4.1.2.5", "notAfter lies before notBefore");
    }
}
