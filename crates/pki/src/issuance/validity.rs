//! From when to when a certificate is valid. RFC 5280 section 4.1.2.5: both ends belong to it, so that a certificate for
//! a day ends 86,399 seconds after it begins.

use time::{Duration, OffsetDateTime};

use super::{Issuer, PrepareError, Request};
use crate::asn1::whole_seconds;
use crate::profile::Profile;

/// First and last second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

pub(super) fn decide(
    profile: &Profile,
    issuer: &Issuer,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Validity, PrepareError> {
    let rule = &profile.validity;
    let now = whole_seconds(now);
    let length = request.validity.unwrap_or(rule.default.duration());
    let length = Duration::seconds(length.whole_seconds());
    let wrong_length = PrepareError::Validity {
        longest: rule.longest,
    };
    if length < Duration::SECOND || length > rule.longest.duration() {
        return Err(wrong_length);
    }
    let not_before = first_second(profile, issuer, request, now)?;
    let not_after = not_before
        .checked_add(length - Duration::SECOND)
        .ok_or(wrong_length)?;
    if not_after < now {
        return Err(PrepareError::Past { not_after });
    }
    let issuer_not_after = issuer
        .certificate()
        .map(crate::certificate::Certificate::not_after);
    if let Some(issuer_not_after) = issuer_not_after.filter(|end| *end < not_after) {
        return Err(PrepareError::OutlivesIssuer {
            not_after,
            issuer_not_after,
        });
    }
    Ok(Validity {
        not_before,
        not_after,
    })
}

fn first_second(
    profile: &Profile,
    issuer: &Issuer,
    request: &Request,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, PrepareError> {
    let rule = &profile.validity;
    let set_back = now.saturating_sub(rule.backdate.duration());
    let earliest = issuer.certificate().map_or(set_back, |certificate| {
        set_back.max(certificate.not_before())
    });
    let Some(wanted) = request.not_before.map(whole_seconds) else {
        return Ok(earliest);
    };
    if wanted < earliest {
        return Err(PrepareError::BeginsTooEarly { earliest });
    }
    let latest = now.saturating_add(rule.latest_start.duration());
    if wanted > latest {
        return Err(PrepareError::BeginsTooLate { latest });
    }
    Ok(wanted)
}
