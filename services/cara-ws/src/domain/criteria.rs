//! Which certificates are searched for, and where a page of them ends.

use std::{fmt, ops::Range, str::FromStr};

use ers_pki::serial::SerialNumber;

use super::{AuthorityName, Record, WantedName};

/// A certificate's state for whoever looks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedState {
    /// Neither revoked nor expired.
    Valid,
    /// Not revoked, expired or not.
    NotRevoked,
    /// Revoked for whatever reason, a hold included.
    Revoked,
    /// Revoked with certificateHold.
    Held,
    /// Past its last second, revoked or not.
    Expired,
}

/// Epoch milliseconds, half open.
pub type Times = Range<i64>;

/// All of it must be met.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    /// Serial number, of any CA.
    pub serial: Option<SerialNumber>,
    /// SHA-256 of the DER.
    pub fingerprint: Option<Vec<u8>>,
    /// Names, keys, end entity.
    pub names: Vec<WantedName>,
    /// The CA.
    pub issuer: Option<AuthorityName>,
    /// The profile.
    pub profile: Option<String>,
    /// The policy in CLM.
    pub policy: Option<String>,
    /// The state.
    pub state: Option<WantedState>,
    /// When it was stored.
    pub issued: Option<Times>,
    /// Its last second.
    pub not_after: Option<Times>,
    /// When it was revoked.
    pub revoked: Option<Times>,
}

/// What of a certificate is looked at before the whole is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The CA.
    pub issuer: String,
    /// Hex.
    pub serial: String,
    /// Profile.
    pub profile: String,
    /// Epoch milliseconds.
    pub issued_at_ms: i64,
    /// Epoch milliseconds.
    pub not_after_ms: i64,
    /// Epoch milliseconds.
    pub revoked_at_ms: Option<i64>,
    /// RFC 5280 section 5.3.1.
    pub reason_code: Option<i16>,
}

/// RFC 5280 section 5.3.1: certificateHold.
const HOLD: i16 = 6;

impl Criteria {
    /// Whether a certificate may meet it, as far as its outline tells.
    #[must_use]
    pub fn admits(&self, outline: &Outline, now_ms: i64) -> bool {
        let within = |times: &Option<Times>, at: Option<i64>| match times {
            None => true,
            Some(times) => at.is_some_and(|at| times.contains(&at)),
        };
        let expired = outline.not_after_ms < now_ms;
        let in_state = match self.state {
            None => true,
            Some(WantedState::Valid) => outline.revoked_at_ms.is_none() && !expired,
            Some(WantedState::NotRevoked) => outline.revoked_at_ms.is_none(),
            Some(WantedState::Revoked) => outline.revoked_at_ms.is_some(),
            Some(WantedState::Held) => outline.reason_code == Some(HOLD),
            Some(WantedState::Expired) => expired,
        };
        in_state
            && within(&self.issued, Some(outline.issued_at_ms))
            && within(&self.not_after, Some(outline.not_after_ms))
            && within(&self.revoked, outline.revoked_at_ms)
            && self
                .issuer
                .as_ref()
                .is_none_or(|issuer| issuer.as_str() == outline.issuer)
            && self
                .profile
                .as_ref()
                .is_none_or(|profile| *profile == outline.profile)
    }

    /// Whether a certificate that is admitted by its outline meets the rest.
    #[must_use]
    pub fn meets(&self, record: &Record) -> bool {
        self.serial.is_none_or(|serial| serial == record.serial)
            && self
                .fingerprint
                .as_ref()
                .is_none_or(|wanted| record.certificate.fingerprint() == wanted.as_slice())
            && self
                .policy
                .as_ref()
                .is_none_or(|policy| *policy == record.origin.policy)
            && (self.names.is_empty() || {
                let names = super::IndexedName::of(&record.certificate, &record.origin);
                self.names.iter().all(|wanted| wanted.is_in(&names))
            })
    }
}

/// The order in which certificates are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By a name of the index: by its text, the newest first within equal ones.
    Name,
    /// Newest first.
    IssuedAt,
    /// What expires first comes first.
    NotAfter,
    /// What was revoked last comes first.
    RevokedAt,
}

impl Order {
    fn letter(self) -> &'static str {
        match self {
            Self::Name => "n",
            Self::IssuedAt => "i",
            Self::NotAfter => "e",
            Self::RevokedAt => "r",
        }
    }
}

/// Where a page ends: the next begins behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The order that it belongs to.
    pub order: Order,
    /// Epoch milliseconds; the place in the index for [`Order::Name`].
    pub number: i64,
    /// The name in the index for [`Order::Name`], else the serial number, hex.
    pub text: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (order, number) = (self.order.letter(), self.number);
        match self.order {
            Order::Name => write!(f, "{order}.{number}.{}", hex::encode(&self.text)),
            _ => write!(f, "{order}.{number}.{}", self.text),
        }
    }
}

/// A text that no page ended with.
#[derive(Debug, thiserror::Error)]
#[error("is not one that was given out for this search")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let mut parts = text.splitn(3, '.');
        let (Some(letter), Some(number), Some(text)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidCursor);
        };
        let order = [
            Order::Name,
            Order::IssuedAt,
            Order::NotAfter,
            Order::RevokedAt,
        ]
        .into_iter()
        .find(|order| order.letter() == letter)
        .ok_or(InvalidCursor)?;
        let text = match order {
            Order::Name => hex::decode(text)
                .ok()
                .and_then(|octets| String::from_utf8(octets).ok())
                .ok_or(InvalidCursor)?,
            _ => SerialNumber::from_hex(text)
                .map_err(|_| InvalidCursor)?
                .to_hex(),
        };
        Ok(Self {
            order,
            number: number.parse().map_err(|_| InvalidCursor)?,
            text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        for cursor in [
            Cursor {
                order: Order::Name,
                number: -17,
                text: "com.example.wwwü".into(),
            },
            Cursor {
                order: Order::RevokedAt,
                number: 1_790_000_000_000,
                text: "1f".into(),
            },
        ] {
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
        for wrong in [
            "", "i", "i.1", "x.1.aa", "i.a.aa", "i.1.zz", "n.1.zz", "i.1.", "1.aa",
        ] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_held_certificate_is_revoked_and_an_expired_one_is_not_valid() {
        let outline = Outline {
            issuer: "sub".into(),
            serial: "1".into(),
            profile: "tls-server".into(),
            issued_at_ms: 0,
            not_after_ms: 100,
            revoked_at_ms: Some(50),
            reason_code: Some(HOLD),
        };
        let in_state = |state, now_ms| {
            Criteria {
                state: Some(state),
                ..Criteria::default()
            }
            .admits(&outline, now_ms)
        };
        assert!(in_state(WantedState::Held, 60));
        assert!(in_state(WantedState::Revoked, 60));
        assert!(!in_state(WantedState::Valid, 60));
        assert!(!in_state(WantedState::Expired, 100));
        assert!(in_state(WantedState::Expired, 101));
    }
}
