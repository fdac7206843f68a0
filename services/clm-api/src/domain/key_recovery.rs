//! A kept key wanted back: somebody asks and says why, others decide, and who asked fetches it once.

use std::str::FromStr;

use super::{
    id::{PolicyName, RealmName, RequestId},
    page::Page,
};

/// How long it may be decided.
pub const DECIDED_WITHIN_MS: i64 = 7 * 24 * 3_600_000;
/// How long the key may be fetched, once it was approved.
pub const FETCHED_WITHIN_MS: i64 = 24 * 3_600_000;
/// Longest comment, in characters.
pub const LONGEST_COMMENT: usize = 4000;

/// Where it stands.
///
/// ```text
/// pending-approval ─ enough say yes ─> approved ─ fetched ─> released
///   │      └── one says no ─> declined    │
///   └────────── withdrawn by who asked ───┤
///   └────────── too late ─> expired ──────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryState {
    /// Others must decide.
    PendingApproval,
    /// Who asked may fetch the key.
    Approved,
    /// Somebody said no.
    Declined,
    /// Who asked does not want it any more.
    Withdrawn,
    /// The key was fetched.
    Released,
    /// Not decided, or not fetched, in time.
    Expired,
}

/// No such state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "read state: must be one of pending-approval, approved, declined, withdrawn, released, expired"
)]
pub struct UnknownRecoveryState;

/// A key wanted back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecovery {
    /// Its id; later ones are greater.
    pub id: String,
    /// The request that the key was made for.
    pub request_id: RequestId,
    /// Fingerprint of the certificate.
    pub certificate: String,
    /// Name of the CA.
    pub issuer: String,
    /// Lower-case hex.
    pub serial: String,
    /// RFC 4514.
    pub subject: String,
    /// As in policies, `P-256` ...
    pub key_algorithm: String,
    /// Realm of the key.
    pub realm: RealmName,
    /// Policy of the key.
    pub policy: PolicyName,
    /// Why.
    pub comment: String,
    /// Who asks.
    pub asked_by: String,
    /// How many others must say yes.
    pub approvals: u32,
    /// Where it stands, if it is not too late by now: see [`KeyRecovery::state`].
    pub kept_state: RecoveryState,
    /// When it was asked.
    pub created_at_ms: i64,
    /// Until when it may be decided, or fetched.
    pub ends_at_ms: i64,
    /// When the key was fetched.
    pub released_at_ms: Option<i64>,
    /// What others said, the first first.
    pub decisions: Vec<RecoveryDecision>,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryDecision {
    /// Who.
    pub by: String,
    /// Yes or no.
    pub approve: bool,
    /// Why.
    pub comment: String,
    /// When.
    pub at_ms: i64,
}

/// Which are looked for; all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryFilter {
    /// In this state.
    pub state: Option<RecoveryState>,
    /// Of the certificate with this fingerprint.
    pub certificate: Option<String>,
    /// Asked by this one.
    pub asked_by: Option<String>,
}

/// A page of them, newest first.
pub type RecoveryPage = Page<KeyRecovery>;

impl RecoveryState {
    const ALL: [Self; 6] = [
        Self::PendingApproval,
        Self::Approved,
        Self::Declined,
        Self::Withdrawn,
        Self::Released,
        Self::Expired,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingApproval => "pending-approval",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    /// Whether time ends it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::PendingApproval | Self::Approved)
    }
}

impl FromStr for RecoveryState {
    type Err = UnknownRecoveryState;

    fn from_str(text: &str) -> Result<Self, UnknownRecoveryState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownRecoveryState)
    }
}

impl KeyRecovery {
    /// Where it stands.
    pub fn state(&self, now_ms: i64) -> RecoveryState {
        if self.kept_state.is_open() && self.ends_at_ms <= now_ms {
            RecoveryState::Expired
        } else {
            self.kept_state
        }
    }

    /// Whether somebody other than who asked could decide now, and has not yet.
    pub fn awaits(&self, who: &str, now_ms: i64) -> bool {
        self.state(now_ms) == RecoveryState::PendingApproval
            && self.asked_by != who
            && self.decisions.iter().all(|decision| decision.by != who)
    }

    /// As acts on its certificate name it in the trail.
    pub fn object(&self) -> String {
        format!("{} {}", self.issuer, self.serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(who: &str) -> KeyRecovery {
        KeyRecovery {
            id: "1".into(),
            request_id: "r".parse().unwrap(),
            certificate: "ab".into(),
            issuer: "sub".into(),
            serial: "1".into(),
            subject: "CN=a".into(),
            key_algorithm: "P-256".into(),
            realm: "default".parse().unwrap(),
            policy: "mail".parse().unwrap(),
            comment: "lost".into(),
            asked_by: who.into(),
            approvals: 2,
            kept_state: RecoveryState::PendingApproval,
            created_at_ms: 0,
            ends_at_ms: 10,
            released_at_ms: None,
            decisions: Vec::new(),
        }
    }

    #[test]
    fn every_state_reads_back() {
        for state in RecoveryState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("open".parse::<RecoveryState>().is_err());
    }

    #[test]
    fn time_ends_what_is_open_and_nothing_else() {
        let mut recovery = asked_by("anna");
        assert_eq!(recovery.state(9), RecoveryState::PendingApproval);
        assert_eq!(recovery.state(10), RecoveryState::Expired);
        recovery.kept_state = RecoveryState::Released;
        assert_eq!(recovery.state(10), RecoveryState::Released);
    }

    #[test]
    fn who_asked_does_not_decide_and_nobody_twice() {
        let mut recovery = asked_by("anna");
        assert!(recovery.awaits("berta", 1) && !recovery.awaits("anna", 1));
        recovery.decisions.push(RecoveryDecision {
            by: "berta".into(),
            approve: true,
            comment: String::new(),
            at_ms: 1,
        });
        assert!(!recovery.awaits("berta", 1) && recovery.awaits("carla", 1));
        assert!(!recovery.awaits("carla", 10), "too late");
    }
}
