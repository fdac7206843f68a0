//! How long server certificates may be valid, section 6.3.2: both ends counted, by the day on which they begin.

use time::macros::date;
use time::{Date, Duration};

use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::{Rule, rules};

rules! { CabfTls:
    DAYS_398 = Error "cabf-tls-validity-398-days" ["BR §6.3.2"]
        "certificates of servers must not be valid for more than 398 days" since date!(2020-09-01);
    DAYS_200 = Error "cabf-tls-validity-200-days" ["BR §6.3.2"]
        "certificates of servers must not be valid for more than 200 days" since date!(2026-03-15);
    DAYS_100 = Error "cabf-tls-validity-100-days" ["BR §6.3.2"]
        "certificates of servers must not be valid for more than 100 days" since date!(2027-03-15);
    DAYS_47 = Error "cabf-tls-validity-47-days" ["BR §6.3.2"]
        "certificates of servers must not be valid for more than 47 days" since date!(2029-03-15);
}

/// The steps of the schedule, the youngest first.
static SCHEDULE: [(&Rule, Date, i64); 4] = [
    (&DAYS_47, date!(2029 - 03 - 15), 47),
    (&DAYS_100, date!(2027 - 03 - 15), 100),
    (&DAYS_200, date!(2026 - 03 - 15), 200),
    (&DAYS_398, date!(2020 - 09 - 01), 398),
];

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !super::is_subscriber(facts) {
        return;
    }
    let (Some(begins), Some(ends)) = (facts.begins, facts.ends) else {
        return;
    };
    let length = ends - begins + Duration::SECOND;
    let step = SCHEDULE
        .iter()
        .find(|(_, since, _)| begins.date() >= *since);
    if let Some((rule, _, days)) = step
        && length > Duration::days(*days)
    {
        findings.say(rule, || {
            format!(
                "valid for {} days, {days} are allowed when it begins on {}",
                (length.whole_seconds() + 86_399) / 86_400,
                begins.date()
            )
        });
    }
}
