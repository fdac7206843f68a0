//! When clients should renew: stretches of the week, in one offset from UTC. Written `Sat,Sun 01:00-05:00`; without days
//! it is every day, and an end that is not after the beginning is on the next day.

use std::{fmt, str::FromStr};

use ers_runtime::clock::{from_ms, to_ms};
use serde::{Deserialize, Deserializer, de};
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset, Weekday};

const MOST: usize = 50;
/// Every stretch comes again within a week, and may have begun the day before.
const DAYS: i64 = 9;
const WEEK: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];
const OFFSET: &str = "must be UTC or an offset from it, e.g. +01:00";
const STRETCH: &str = "must be days and times, e.g. \"Sat,Sun 01:00-05:00\", \"Mon-Fri 22:00-02:00\" or \"03:00-04:00\"";

/// When clients should renew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaintenanceRules {
    /// The offset in which the times are written; absent: UTC.
    pub time_zone: Offset,
    /// None: at any time.
    #[serde(deserialize_with = "stretches")]
    pub windows: Vec<Stretch>,
}

/// An offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset(UtcOffset);

/// A stretch of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// On these days it begins.
    days: Vec<Weekday>,
    begin: Time,
    end: Time,
}

/// It is not written as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritten(&'static str);

impl MaintenanceRules {
    /// The first stretch that lasts at least so long from a moment on, as far as it lies after that: beginning and end.
    pub fn next(&self, from_ms_: i64, shortest_ms: i64) -> Option<(i64, i64)> {
        let from = from_ms(from_ms_).to_offset(self.time_zone.0);
        self.windows
            .iter()
            .filter_map(|stretch| stretch.next(from, shortest_ms))
            .min()
    }
}

impl Stretch {
    fn next(&self, from: OffsetDateTime, shortest_ms: i64) -> Option<(i64, i64)> {
        let yesterday = from.date().previous_day()?;
        (0..DAYS)
            .filter_map(|days| yesterday.checked_add(Duration::days(days)))
            .filter(|day| self.days.contains(&day.weekday()))
            .filter_map(|day| self.on(day, from.offset()))
            .map(|(begin, end)| (begin.max(to_ms(from)), end))
            .find(|(begin, end)| end.saturating_sub(*begin) >= shortest_ms)
    }

    /// That of a day.
    fn on(&self, day: Date, offset: UtcOffset) -> Option<(i64, i64)> {
        let last = if self.end > self.begin {
            day
        } else {
            day.next_day()?
        };
        let begin = day.with_time(self.begin).assume_offset(offset);
        let end = last.with_time(self.end).assume_offset(offset);
        Some((to_ms(begin), to_ms(end)))
    }
}

impl Default for Offset {
    fn default() -> Self {
        Self(UtcOffset::UTC)
    }
}

impl FromStr for Offset {
    type Err = Unwritten;

    fn from_str(text: &str) -> Result<Self, Unwritten> {
        let wrong = Unwritten(OFFSET);
        if text == "UTC" {
            return Ok(Self::default());
        }
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return Err(wrong),
        };
        let (hour, minute, _) = clock_time(rest).ok_or(wrong)?.as_hms();
        let signed = |number: u8| i8::try_from(number).unwrap_or(i8::MAX) * sign;
        let offset = UtcOffset::from_hms(signed(hour), signed(minute), 0).map_err(|_| wrong)?;
        // None lies further from UTC.
        if offset.whole_hours().abs() > 14 {
            return Err(wrong);
        }
        Ok(Self(offset))
    }
}

impl FromStr for Stretch {
    type Err = Unwritten;

    fn from_str(text: &str) -> Result<Self, Unwritten> {
        let wrong = Unwritten(STRETCH);
        let (days, times) = match text.split_once(' ') {
            Some((days, times)) => (read_days(days).ok_or(wrong)?, times.trim()),
            None => (WEEK.map(|(_, day)| day).to_vec(), text),
        };
        let (begin, end) = times.split_once('-').ok_or(wrong)?;
        Ok(Self {
            days,
            begin: clock_time(begin).ok_or(wrong)?,
            end: match end {
                "24:00" => Time::MIDNIGHT,
                end => clock_time(end).ok_or(wrong)?,
            },
        })
    }
}

/// `Sat,Sun` or `Mon-Fri`.
fn read_days(text: &str) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (weekday(first)?, weekday(last)?);
        days.push(day);
        while day != last {
            day = day.next();
            days.push(day);
        }
    }
    Some(days)
}

fn weekday(text: &str) -> Option<Weekday> {
    WEEK.iter()
        .find(|(name, _)| *name == text)
        .map(|(_, day)| *day)
}

/// `HH:MM`.
fn clock_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let is_written = |part: &str| part.len() == 2 && part.bytes().all(|one| one.is_ascii_digit());
    if !is_written(hour) || !is_written(minute) {
        return None;
    }
    Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
}

fn stretches<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Stretch>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    if texts.len() > MOST {
        return Err(de::Error::custom(format_args!("at most {MOST}")));
    }
    texts
        .iter()
        .map(|text| text.parse().map_err(de::Error::custom))
        .collect()
}

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// From a Tuesday noon on, an hour at least: beginning and end in UTC.
    fn next(text: &str, from: OffsetDateTime) -> Option<(OffsetDateTime, OffsetDateTime)> {
        let rules: MaintenanceRules = serde_norway::from_str(text).unwrap();
        let (begin, end) = rules.next(to_ms(from), 3_600_000)?;
        Some((from_ms(begin), from_ms(end)))
    }

    const TUESDAY: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

    #[test]
    fn the_next_stretch_is_found_whatever_its_day() {
        for (text, begin, end) in [
            (
                "windows: ['Sat,Sun 01:00-05:00']",
                datetime!(2026-11-28 01:00 UTC),
                datetime!(2026-11-28 05:00 UTC),
            ),
            // in the offset that it is written in: Friday here
            (
                "{time_zone: '+02:00', windows: ['Sat 01:00-05:00']}",
                datetime!(2026-11-27 23:00 UTC),
                datetime!(2026-11-28 03:00 UTC),
            ),
            // over midnight, and of several the nearest
            (
                "windows: ['Sun 00:00-24:00', 'Mon-Fri 22:00-02:00']",
                datetime!(2026-11-24 22:00 UTC),
                datetime!(2026-11-25 02:00 UTC),
            ),
            // under way already, also since yesterday
            (
                "windows: ['11:00-14:00']",
                TUESDAY,
                datetime!(2026-11-24 14:00 UTC),
            ),
            (
                "windows: ['Mon 13:00-13:00']",
                TUESDAY,
                datetime!(2026-11-24 13:00 UTC),
            ),
            // less than an hour is left of today's
            (
                "windows: ['11:00-12:30']",
                datetime!(2026-11-25 11:00 UTC),
                datetime!(2026-11-25 12:30 UTC),
            ),
            // that of today is over: a week later
            (
                "windows: ['Tue 01:00-03:00']",
                datetime!(2026-12-01 01:00 UTC),
                datetime!(2026-12-01 03:00 UTC),
            ),
            (
                "{time_zone: '-09:30', windows: ['Tue 20:00-22:00']}",
                datetime!(2026-11-25 05:30 UTC),
                datetime!(2026-11-25 07:30 UTC),
            ),
        ] {
            assert_eq!(next(text, TUESDAY), Some((begin, end)), "{text}");
        }
        assert_eq!(next("{}", TUESDAY), None);
        assert_eq!(next("windows: ['11:00-11:30']", TUESDAY), None, "too short");
    }

    #[test]
    fn days_run_over_the_end_of_the_week() {
        let days = |text: &str| text.parse::<Stretch>().unwrap().days;
        assert_eq!(
            days("Sat-Mon 01:00-02:00"),
            [Weekday::Saturday, Weekday::Sunday, Weekday::Monday]
        );
        assert_eq!(days("01:00-02:00").len(), 7);
    }

    #[test]
    fn what_is_not_written_so_is_refused_with_an_example() {
        for text in [
            "windows: ['sat 01:00-05:00']",
            "windows: ['Sat 1:00-5:00']",
            "windows: ['Sat 01:00']",
            "windows: ['Sat 01:00-25:00']",
            "windows: ['Sat, Sun 01:00-05:00']",
            "windows: ['']",
            "time_zone: Europe/Berlin",
            "time_zone: '+15:00'",
            "time_zone: '01:00'",
        ] {
            let error = serde_norway::from_str::<MaintenanceRules>(text).unwrap_err();
            assert!(error.to_string().contains("e.g."), "{text}: {error}");
        }
    }
}
