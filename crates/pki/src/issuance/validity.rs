//! From when to when a certificate is valid. RFC 5280 section 4.1.2.5: both ends belong to it, so that a certificate for
//! a day ends 86,399 seconds after it begins.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::{Issuer, PrepareError, Request, RequestFault};
use crate::asn1::whole_seconds;
use crate::profile::{Profile, Surplus};

/// RFC 5280 section 4.1.2.5: 99991231235959Z says that there is no well-defined end.
const NO_EXPIRY: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

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
    let wished = wished(
        profile.request.validity,
        profile,
        request.validity,
        "validity",
    )?;
    let length = wished.unwrap_or(rule.default.duration());
    let length = Duration::seconds(length.whole_seconds());
    let wrong_length = PrepareError::Validity {
        longest: rule.longest,
    };
    if length < Duration::SECOND || length > rule.longest.duration() {
        return Err(wrong_length);
    }
    let not_before = first_second(profile, issuer, request, now)?;
    let not_after = if rule.no_expiry {
        NO_EXPIRY
    } else {
        not_before
            .checked_add(length - Duration::SECOND)
            .ok_or(wrong_length)?
    };
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

/// What the request wishes, if its wish counts.
fn wished<T>(
    counts: bool,
    profile: &Profile,
    wish: Option<T>,
    field: &'static str,
) -> Result<Option<T>, PrepareError> {
    match wish {
        Some(_) if !counts && profile.request.surplus == Surplus::Refuse => {
            Err(RequestFault::Validity(field).into())
        }
        wish => Ok(wish.filter(|_| counts)),
    }
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
    let wished = wished(
        profile.request.not_before,
        profile,
        request.not_before,
        "not_before",
    )?;
    let Some(wanted) = wished.map(whole_seconds) else {
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
