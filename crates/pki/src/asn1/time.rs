//! Times of RFC 5280 section 4.1.2.5: UTC, whole seconds, no fractions.

use der::Decode;
use der::asn1::{GeneralizedTime, UtcTime};
use time::OffsetDateTime;

use super::{Malformed, Reader, Writer, tag};

/// Reads a `Time`: UTCTime through 2049, GeneralizedTime after that and never before.
pub(crate) fn x509_time(
    reader: &mut Reader<'_>,
    what: &'static str,
) -> Result<OffsetDateTime, Malformed> {
    let element = reader.element(what)?;
    match element.tag {
        tag::UTC_TIME => {
            let at = UtcTime::from_der(element.whole).map_err(|_| Malformed::new(what))?;
            from_unix(at.to_unix_duration(), what)
        }
        tag::GENERALIZED_TIME => {
            let at = read_generalized(element.whole, what)?;
            if at.year() < 2050 {
                Err(Malformed::new(what))
            } else {
                Ok(at)
            }
        }
        _ => Err(Malformed::new(what)),
    }
}

/// Reads a GeneralizedTime of any year.
pub(crate) fn generalized_time(
    reader: &mut Reader<'_>,
    what: &'static str,
) -> Result<OffsetDateTime, Malformed> {
    read_generalized(reader.tagged(tag::GENERALIZED_TIME, what)?.whole, what)
}

fn read_generalized(whole: &[u8], what: &'static str) -> Result<OffsetDateTime, Malformed> {
    let at = GeneralizedTime::from_der(whole).map_err(|_| Malformed::new(what))?;
    from_unix(at.to_unix_duration(), what)
}

fn from_unix(
    since_epoch: std::time::Duration,
    what: &'static str,
) -> Result<OffsetDateTime, Malformed> {
    i64::try_from(since_epoch.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or(Malformed::new(what))
}

/// The same time in UTC without its fraction of a second: what a certificate can say.
pub(crate) fn whole_seconds(at: OffsetDateTime) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.unix_timestamp()).unwrap_or(at)
}

pub(crate) fn write_x509_time(writer: &mut Writer, at: OffsetDateTime) {
    let at = whole_seconds(at);
    if at.year() >= 2050 {
        return write_generalized_time(writer, tag::GENERALIZED_TIME, at);
    }
    let digits = digits(at);
    // the century is left out
    writer.tlv(tag::UTC_TIME, &digits[2..]);
}

pub(crate) fn write_generalized_time(writer: &mut Writer, tag: u8, at: OffsetDateTime) {
    writer.tlv(tag, &digits(whole_seconds(at)));
}

/// `YYYYMMDDHHMMSSZ`
fn digits(at: OffsetDateTime) -> [u8; 15] {
    let year = u16::try_from(at.year()).unwrap_or(0);
    let two = |value: u16| [b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8];
    let [y1, y2] = two(year / 100);
    let [y3, y4] = two(year % 100);
    let [m1, m2] = two(u16::from(u8::from(at.month())));
    let [d1, d2] = two(u16::from(at.day()));
    let [h1, h2] = two(u16::from(at.hour()));
    let [n1, n2] = two(u16::from(at.minute()));
    let [s1, s2] = two(u16::from(at.second()));
    [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2, b'Z']
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn written(at: OffsetDateTime) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.x509_time(at);
        writer.finish()
    }

    #[test]
    fn utc_time_ends_with_2049() {
        assert_eq!(
            written(datetime!(2049-12-31 23:59:59 UTC)),
            b"\x17\x0d491231235959Z"
        );
        assert_eq!(
            written(datetime!(2050-01-01 00:00:00 UTC)),
            b"\x18\x0f20500101000000Z"
        );
    }

    #[test]
    fn times_beyond_2038_come_back_as_written() {
        for at in [
            datetime!(2038-01-19 03:14:08 UTC),
            datetime!(1999-12-31 23:59:59 UTC),
            datetime!(9999-12-31 23:59:59 UTC),
        ] {
            let der = written(at);
            assert_eq!(x509_time(&mut Reader::new(&der), "time").unwrap(), at);
        }
    }

    #[test]
    fn generalized_time_before_2050_is_refused() {
        let der = b"\x18\x0f20491231235959Z";
        assert!(x509_time(&mut Reader::new(der), "time").is_err());
        assert!(generalized_time(&mut Reader::new(der), "time").is_ok());
    }

    #[test]
    fn other_zones_are_told_in_utc() {
        assert_eq!(
            written(datetime!(2026-01-01 01:00:00 +2)),
            b"\x17\x0d251231230000Z"
        );
    }
}
