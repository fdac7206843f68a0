//! Numbers for an overview: how certificates stand, what was issued, what ends soon.

use super::{access::Reach, id::RealmName};

/// Length of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Days of issuance that are told, today included.
pub const ISSUED_DAYS: usize = 30;
/// Weeks of expiry that are told, from today on.
pub const EXPIRING_WEEKS: usize = 13;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Only of this realm.
    pub realm: Option<RealmName>,
    /// The certificates that whoever asks may see.
    pub reach: Reach,
    /// The requests that whoever asks may see.
    pub waiting_reach: Reach,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// A stretch of time and how many certificates fall into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// First moment.
    pub begins_ms: i64,
    /// First moment after it.
    pub ends_ms: i64,
    /// How many.
    pub count: u64,
}

/// The numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// Neither revoked nor expired.
    pub valid: u64,
    /// Revoked, expired or not.
    pub revoked: u64,
    /// Past their end, and never revoked.
    pub expired: u64,
    /// Requests that wait for a person.
    pub waiting: u64,
    /// Issued on each day (UTC), oldest first, today last.
    pub issued: Vec<Bucket>,
    /// Valid now and ending in each week from today (UTC) on, soonest first.
    pub expiring: Vec<Bucket>,
}

impl Span {
    /// Days of issuance, empty.
    pub fn days(&self) -> Vec<Bucket> {
        let days = i64::try_from(ISSUED_DAYS).unwrap_or(i64::MAX);
        stretches(
            self.today_ms()
                .saturating_sub(days.saturating_sub(1).saturating_mul(DAY_MS)),
            DAY_MS,
            ISSUED_DAYS,
        )
    }

    /// Weeks of expiry, empty.
    pub fn weeks(&self) -> Vec<Bucket> {
        stretches(self.today_ms(), DAY_MS.saturating_mul(7), EXPIRING_WEEKS)
    }

    fn today_ms(&self) -> i64 {
        self.now_ms.div_euclid(DAY_MS).saturating_mul(DAY_MS)
    }
}

fn stretches(first_ms: i64, length_ms: i64, number: usize) -> Vec<Bucket> {
    let ends = std::iter::successors(Some(first_ms), |begin| {
        Some(begin.saturating_add(length_ms))
    });
    ends.take(number)
        .map(|begins_ms| Bucket {
            begins_ms,
            ends_ms: begins_ms.saturating_add(length_ms),
            count: 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Span {
        Span {
            reach: Reach::Everywhere,
            waiting_reach: Reach::Everywhere,
            realm: None,
            now_ms: 20_000 * DAY_MS + DAY_MS / 2,
        }
    }

    #[test]
    fn days_end_with_today() {
        let days = noon().days();
        assert_eq!(days.len(), ISSUED_DAYS);
        let last = days.last().unwrap();
        assert_eq!(
            (last.begins_ms, last.ends_ms),
            (20_000 * DAY_MS, 20_001 * DAY_MS)
        );
        assert!(
            days.windows(2)
                .all(|pair| pair[0].ends_ms == pair[1].begins_ms)
        );
    }

    #[test]
    fn weeks_begin_with_today() {
        let weeks = noon().weeks();
        assert_eq!(weeks.first().unwrap().begins_ms, 20_000 * DAY_MS);
        assert_eq!(weeks.last().unwrap().ends_ms, (20_000 + 13 * 7) * DAY_MS);
    }
}
