//! Authorizations: RFC 8555 §7.1.4. pending → valid | invalid; pending | valid → deactivated; expired is told by the
//! clock and never stored.

use time::OffsetDateTime;

use super::challenge::{Challenge, ChallengeKind};
use super::id::{AccountId, AuthorizationId, OrderId};
use super::identifier::Identifier;
use super::problem::Problem;

/// An authorization with its challenges.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorization {
    /// Its id.
    pub id: AuthorizationId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The order that it was made for.
    pub order_id: OrderId,
    /// The name, without `*.`.
    pub identifier: Identifier,
    /// Whether it is for all names one below the identifier.
    pub wildcard: bool,
    /// The state in the row; ask [`Authorization::state`].
    pub stored_state: AuthorizationState,
    /// Until when it can be used.
    pub expires_at: OffsetDateTime,
    /// The ways to prove it.
    pub challenges: Vec<Challenge>,
}

/// How far an authorization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationState {
    /// Not proven yet.
    Pending,
    /// Proven.
    Valid,
    /// A challenge failed.
    Invalid,
    /// Given up by its owner.
    Deactivated,
    /// Too old.
    Expired,
    /// Taken back by us.
    Revoked,
}

impl Authorization {
    /// A new one with all its challenges.
    pub fn new(
        account_id: &AccountId,
        order_id: &OrderId,
        wanted: &Identifier,
        expires_at: OffsetDateTime,
    ) -> Self {
        let id = AuthorizationId::random();
        let challenges = ChallengeKind::offered_for(wanted)
            .iter()
            .map(|kind| Challenge::new(id.clone(), *kind))
            .collect();
        Self {
            id,
            account_id: account_id.clone(),
            order_id: order_id.clone(),
            identifier: wanted.base(),
            wildcard: wanted.is_wildcard(),
            stored_state: AuthorizationState::Pending,
            expires_at,
            challenges,
        }
    }

    /// The state now.
    pub fn state(&self, now: OffsetDateTime) -> AuthorizationState {
        match self.stored_state {
            AuthorizationState::Pending | AuthorizationState::Valid if now >= self.expires_at => {
                AuthorizationState::Expired
            }
            state => state,
        }
    }

    /// The identifier as the order names it.
    pub fn ordered_identifier(&self) -> Identifier {
        match &self.identifier {
            Identifier::Dns(name) if self.wildcard => Identifier::Dns(format!("*.{name}")),
            identifier => identifier.clone(),
        }
    }

    /// Why it is invalid.
    pub fn error(&self) -> Option<&Problem> {
        self.challenges
            .iter()
            .find_map(|challenge| challenge.error.as_ref())
    }
}

impl AuthorizationState {
    /// The word in JSON and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Deactivated => "deactivated",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// The state of a word.
    pub fn find(word: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Valid,
            Self::Invalid,
            Self::Deactivated,
            Self::Expired,
            Self::Revoked,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn time_ends_what_is_open_and_leaves_what_is_decided() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let name = Identifier::dns("*.a.test").unwrap();
        let mut authorization = Authorization::new(
            &AccountId::random(),
            &OrderId::random(),
            &name,
            now + Duration::HOUR,
        );
        assert_eq!(authorization.state(now), AuthorizationState::Pending);
        assert_eq!(
            authorization.state(now + Duration::HOUR),
            AuthorizationState::Expired
        );
        authorization.stored_state = AuthorizationState::Invalid;
        assert_eq!(
            authorization.state(now + Duration::HOUR),
            AuthorizationState::Invalid
        );
        assert_eq!(authorization.identifier.value(), "a.test");
        assert_eq!(authorization.ordered_identifier(), name);
    }
}
