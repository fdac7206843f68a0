//! Spans of time as people write them: `90d`, `1y`, `36h`, `1d12h`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::Duration;

/// A span of time in whole seconds; a year has 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(Duration);

/// Text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read period \"{0}\": it must be a number with y, w, d, h, m or s after it, such as 90d")]
pub struct PeriodError(String);

/// Units, the largest first.
const UNITS: [(char, i64); 6] = [
    ('y', 365 * 86_400),
    ('w', 7 * 86_400),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];
/// The longest period: to the end of the year 9999 and then some.
const LONGEST_SECONDS: i64 = 10_000 * 365 * 86_400;

impl Period {
    /// So many days.
    pub const fn days(days: i64) -> Self {
        Self(Duration::days(days))
    }

    /// So many hours.
    pub const fn hours(hours: i64) -> Self {
        Self(Duration::hours(hours))
    }

    /// As a duration.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl fmt::Display for Period {
    /// One number with the largest unit that leaves no rest; weeks are told in days.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.whole_seconds();
        let fitting = UNITS
            .iter()
            .find(|(unit, size)| *unit != 'w' && seconds != 0 && seconds % size == 0);
        let (unit, size) = fitting.copied().unwrap_or(('s', 1));
        f.pad(&format!("{}{unit}", seconds / size))
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || PeriodError(text.to_owned());
        let mut seconds = 0_i64;
        let mut rest = text;
        while !rest.is_empty() || text.is_empty() {
            let digits = rest
                .find(|sign: char| !sign.is_ascii_digit())
                .ok_or_else(fault)?;
            let (number, after) = rest.split_at_checked(digits).ok_or_else(fault)?;
            let unit = after.chars().next().ok_or_else(fault)?;
            let (_, size) = UNITS
                .iter()
                .find(|(known, _)| *known == unit)
                .ok_or_else(fault)?;
            let number: i64 = number.parse().map_err(|_| fault())?;
            seconds = number
                .checked_mul(*size)
                .and_then(|part| seconds.checked_add(part))
                .ok_or_else(fault)?;
            rest = after.get(unit.len_utf8()..).unwrap_or_default();
        }
        if seconds > LONGEST_SECONDS {
            Err(fault())
        } else {
            Ok(Self(Duration::seconds(seconds)))
        }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_come_back() {
        for text in ["90d", "1y", "47d", "24m", "36h", "59s", "10y", "0s"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert_eq!("1d12h".parse::<Period>().unwrap().to_string(), "36h");
        assert_eq!("2w".parse::<Period>().unwrap().to_string(), "14d");
        assert_eq!("24h".parse::<Period>().unwrap(), Period::days(1));
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "d",
            "90",
            "90 d",
            "-1d",
            "1.5d",
            "1x",
            "99999999999999999999y",
            "99999y",
            "1dé",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
