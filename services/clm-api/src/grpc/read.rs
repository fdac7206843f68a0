//! Fields of messages into domain types; what is wrong is told with the field's name.

use std::str::FromStr;

use prost_types::{Duration as ProtoDuration, Timestamp};
use time::{Duration, OffsetDateTime};
use tonic::Status;

/// A required field.
pub(super) fn required<T: FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: &str,
) -> Result<T, Status> {
    if text.is_empty() {
        return Err(Status::invalid_argument(format!("{field}: is required")));
    }
    text.parse().map_err(|error| wrong(field, error))
}

/// A field that is absent when empty.
pub(super) fn optional<T: FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: &str,
) -> Result<Option<T>, Status> {
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse().map(Some).map_err(|error| wrong(field, error))
    }
}

/// The status of a field that is wrong.
pub(super) fn wrong(field: &str, error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("{field}: {error}"))
}

/// A time.
pub(super) fn time_of(
    field: &str,
    timestamp: Option<Timestamp>,
) -> Result<Option<OffsetDateTime>, Status> {
    timestamp
        .map(|timestamp| {
            let nanos = i128::from(timestamp.seconds) * 1_000_000_000 + i128::from(timestamp.nanos);
            OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|error| wrong(field, error))
        })
        .transpose()
}

/// A duration.
pub(super) fn duration_of(duration: Option<ProtoDuration>) -> Option<Duration> {
    duration.map(|duration| {
        // `Duration::new` panics out of range.
        let nanos = Duration::nanoseconds(i64::from(duration.nanos));
        Duration::seconds(duration.seconds).saturating_add(nanos)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::PolicyName;

    #[test]
    fn what_is_missing_or_wrong_is_told_with_its_field() {
        let missing = required::<PolicyName>("policy", "").unwrap_err();
        assert_eq!(missing.message(), "policy: is required");
        let wrong = optional::<PolicyName>("policy", "A B").unwrap_err();
        assert!(wrong.message().starts_with("policy: "), "{wrong}");
        assert_eq!(optional::<PolicyName>("policy", "").unwrap(), None);
    }

    #[test]
    fn a_time_out_of_range_is_wrong() {
        let far = Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        };
        assert!(
            time_of("not_before", Some(far))
                .unwrap_err()
                .message()
                .starts_with("not_before: ")
        );
        let negative = duration_of(Some(ProtoDuration {
            seconds: i64::MIN,
            nanos: i32::MIN,
        }))
        .unwrap();
        assert!(negative.is_negative());
    }
}
