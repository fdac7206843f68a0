//! How long a guesser waits. Attempts are counted before what was shown is looked at: guesses made at the same moment
//! count each.

use aws_lc_rs::digest;

const FREE_FAILURES: i64 = 5;
const FIRST_LOCK_MS: i64 = 30_000;
const LONGEST_LOCK_MS: i64 = 15 * 60_000;
/// After so long without another attempt all is forgotten.
pub const FORGOTTEN_AFTER_MS: i64 = 24 * 3_600_000;

/// Wrong attempts in a row, those under way counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempts {
    /// How many.
    pub failures: i64,
    /// Until when nothing is looked at.
    pub locked_until_ms: Option<i64>,
}

/// What attempts are counted under: whom one wants to be taken for, under which policy, from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptId(String);

impl AttemptId {
    /// Of somebody, under a policy, from an address.
    pub fn of(policy: &str, who: &str, address: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [policy, who, address] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        Self(hex::encode(context.finish()))
    }

    /// Its text, as in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Attempts {
    /// For how long nothing is looked at, when so.
    pub fn locked_for_ms(self, now_ms: i64) -> Option<i64> {
        self.locked_until_ms
            .map(|until| until.saturating_sub(now_ms))
            .filter(|left| *left > 0)
    }

    /// With one attempt more.
    #[must_use]
    pub fn after_one(self, now_ms: i64) -> Self {
        let failures = self.failures.saturating_add(1);
        let over = failures.saturating_sub(FREE_FAILURES);
        if over < 0 {
            return Self {
                failures,
                locked_until_ms: None,
            };
        }
        let doublings = u32::try_from(over.min(10)).unwrap_or(10);
        let lock_ms = FIRST_LOCK_MS
            .saturating_mul(1 << doublings)
            .min(LONGEST_LOCK_MS);
        Self {
            failures,
            locked_until_ms: Some(now_ms.saturating_add(lock_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: i64) -> Attempts {
        Attempts {
            failures,
            locked_until_ms: None,
        }
        .after_one(1000)
    }

    #[test]
    fn the_fifth_wrong_attempt_locks_and_each_further_one_doubles() {
        let locks = [3, 4, 5, 6].map(|failures| after(failures).locked_until_ms);
        assert_eq!(locks, [None, Some(31_000), Some(61_000), Some(121_000)]);
        assert_eq!(after(i64::MAX).locked_until_ms, Some(901_000));
    }

    #[test]
    fn a_lock_ends() {
        let attempts = Attempts {
            failures: 5,
            locked_until_ms: Some(2000),
        };
        assert_eq!(attempts.locked_for_ms(1500), Some(500));
        assert_eq!(attempts.locked_for_ms(2000), None);
    }

    #[test]
    fn ids_differ_by_each_part_and_by_where_parts_end() {
        let of = |parts: [&str; 3]| AttemptId::of(parts[0], parts[1], parts[2]);
        let all = [
            ["a", "b", "c"],
            ["ab", "", "c"],
            ["a", "b", ""],
            ["a", "bc", ""],
        ]
        .map(of);
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one));
        }
    }
}
