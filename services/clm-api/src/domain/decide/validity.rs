//! From when on and for how long.

use time::{Duration, OffsetDateTime};

use super::Asked;
use crate::domain::{
    policy::ValidityRules,
    refusal::{Refusal, RefusalReason},
};

/// How far back a start may lie: clocks differ, and a retry must not be late.
const START_BEFORE: Duration = Duration::hours(1);

/// The validity as the policy allows it. Longer than allowed is refused, not cut: the asker would not notice.
pub(super) fn settle(
    rules: &ValidityRules,
    asked: &Asked,
    now: OffsetDateTime,
) -> Result<Duration, Refusal> {
    let bad = |detail: String| Err(RefusalReason::BadValidity.because(detail));
    if let Some(start) = asked.not_before {
        if start < now - START_BEFORE {
            return bad(format!("not_before: {start} has passed"));
        }
        if start - now > rules.start_within.duration() {
            return bad(format!(
                "not_before: more than {} ahead",
                rules.start_within
            ));
        }
    }
    match asked.validity {
        None => Ok(rules.default.duration()),
        Some(asked) if asked < Duration::SECOND => {
            bad("validity: must be more than nothing".to_owned())
        }
        Some(asked) if asked > rules.longest.duration() => bad(format!(
            "validity: {} seconds is more than {}",
            asked.whole_seconds(),
            rules.longest
        )),
        Some(asked) => Ok(asked),
    }
}
