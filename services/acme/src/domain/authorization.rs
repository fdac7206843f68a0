//! Authorizations: RFC 8555 §7.1.4. pending → valid | invalid; pending | valid → deactivated; expired is told by the
//! clock and never stored.

use time::{Duration, OffsetDateTime};

use super::challenge::{Challenge, ChallengeKind, ChallengeState};
use super::id::{AccountId, AuthorizationId, ChallengeId, OrderId};
use super::identifier::Identifier;
use super::problem::Problem;

/// Nobody is well served by an authorization that ends before the order can be finalized.
const REMAINDER: Duration = Duration::HOUR;

/// An authorization with its challenges.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorization {
    /// Its id.
    pub id: AuthorizationId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The order that it was made for; `None`: made before any order (RFC 8555 §7.4.1).
    pub order_id: Option<OrderId>,
    /// The name, without `*.`.
    pub identifier: Identifier,
    /// Whether it is for all names one below the identifier.
    pub wildcard: bool,
    /// The state in the row; ask [`Authorization::state`].
    pub stored_state: AuthorizationState,
    /// Until when it can be used.
    pub expires_at: OffsetDateTime,
    /// How it was proven; `None` also for what was proven before that was kept.
    pub proof: Option<Proof>,
    /// When CAA last allowed to issue; `None`: it was never asked.
    pub caa_checked_at: Option<OffsetDateTime>,
    /// The ways to prove it.
    pub challenges: Vec<Challenge>,
}

/// How an authorization was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// By which kind of challenge.
    pub kind: ChallengeKind,
    /// When.
    pub at: OffsetDateTime,
    /// Thumbprint of the account key that it was for.
    pub thumbprint: String,
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
    /// A new one with a challenge of each kind of those given that can prove it.
    pub fn new(
        account_id: &AccountId,
        order_id: Option<&OrderId>,
        wanted: &Identifier,
        kinds: &[ChallengeKind],
        expires_at: OffsetDateTime,
    ) -> Self {
        let id = AuthorizationId::random();
        let challenges = kinds
            .iter()
            .filter(|kind| kind.proves(wanted))
            .map(|kind| Challenge::new(id.clone(), *kind))
            .collect();
        Self {
            id,
            account_id: account_id.clone(),
            order_id: order_id.cloned(),
            identifier: wanted.base(),
            wildcard: wanted.is_wildcard(),
            stored_state: AuthorizationState::Pending,
            expires_at,
            proof: None,
            caa_checked_at: None,
            challenges,
        }
    }

    /// Whether it may serve another order: proven, for the key that the account has now, no longer ago than that, by a
    /// challenge that is still allowed, and not about to end.
    pub fn may_serve_again(
        &self,
        thumbprint: &str,
        kinds: &[ChallengeKind],
        proven_within: Duration,
        now: OffsetDateTime,
    ) -> bool {
        self.state(now + REMAINDER) == AuthorizationState::Valid
            && self.proof.as_ref().is_some_and(|proof| {
                proof.thumbprint == thumbprint
                    && kinds.contains(&proof.kind)
                    && now - proof.at < proven_within
            })
    }

    /// It was proven by that one of its challenges; nothing, when it is decided.
    pub fn proven(
        &mut self,
        by: &ChallengeId,
        proof: Proof,
        caa_checked: bool,
        until: OffsetDateTime,
    ) {
        if self.stored_state != AuthorizationState::Pending {
            return;
        }
        for challenge in &mut self.challenges {
            if challenge.id == *by {
                challenge.state = ChallengeState::Valid;
                challenge.validated_at = Some(proof.at);
            }
        }
        self.stored_state = AuthorizationState::Valid;
        self.expires_at = until;
        self.caa_checked_at = caa_checked.then_some(proof.at);
        self.proof = Some(proof);
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
    use super::*;

    #[test]
    fn time_ends_what_is_open_and_leaves_what_is_decided() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let name = Identifier::dns("*.a.test").unwrap();
        let mut authorization = Authorization::new(
            &AccountId::random(),
            None,
            &name,
            &ChallengeKind::ALL,
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

    /// Failure 36: only what was proven lately, for the present key, by what is allowed, serves again.
    #[test]
    fn an_authorization_serves_again_only_while_everything_about_its_proof_holds() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let name = Identifier::dns("a.test").unwrap();
        let kinds = ChallengeKind::ALL;
        let mut proven = Authorization::new(
            &AccountId::random(),
            None,
            &name,
            &kinds,
            now + Duration::days(30),
        );
        proven.stored_state = AuthorizationState::Valid;
        let day = Duration::DAY;
        assert!(
            !proven.may_serve_again("key", &kinds, day, now),
            "nobody knows how it was proven"
        );
        proven.proof = Some(Proof {
            kind: ChallengeKind::Http01,
            at: now,
            thumbprint: "key".into(),
        });
        assert!(proven.may_serve_again("key", &kinds, day, now));
        assert!(!proven.may_serve_again("other", &kinds, day, now));
        assert!(!proven.may_serve_again("key", &[ChallengeKind::Dns01], day, now));
        assert!(!proven.may_serve_again("key", &kinds, day, now + day));
        assert!(!proven.may_serve_again(
            "key",
            &kinds,
            day * 60,
            now + day * 30 - Duration::MINUTE
        ));
        for state in [
            AuthorizationState::Pending,
            AuthorizationState::Invalid,
            AuthorizationState::Deactivated,
        ] {
            proven.stored_state = state;
            assert!(
                !proven.may_serve_again("key", &kinds, day, now),
                "{state:?}"
            );
        }
    }
}
