//! A request that waits for a person, or failed: its states and what may become of it.

use std::str::FromStr;

use super::{
    decide::Plan,
    id::{PolicyName, RealmName, RequestId, Requester},
    page::Page,
    protocol::Protocol,
    refusal::Refusal,
};

/// Where a request stands.
///
/// ```text
/// pending-approval ─ approve ─> approved ─ certificate there ─> issued
///                └── decline ─> declined        └── CARA refuses ─> failed
/// (refused at once) ─> failed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestState {
    /// A person must decide.
    PendingApproval,
    /// Allowed; its certificate is being made.
    Approved,
    /// Its certificate is there.
    Issued,
    /// A person said no.
    Declined,
    /// Refused by the policy, or by CARA.
    Failed,
}

/// No such state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read state: must be one of pending-approval, approved, issued, declined, failed")]
pub struct UnknownRequestState;

/// What was asked, for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Realm of the policy.
    pub realm: RealmName,
    /// The policy.
    pub policy: PolicyName,
    /// Who asked.
    pub requester: Requester,
    /// By which way.
    pub protocol: Protocol,
    /// RFC 4514.
    pub subject: String,
    /// `dns:example.com` ...
    pub names: Vec<String>,
}

/// What is issued when the request is approved.
#[derive(Debug, Clone, PartialEq)]
pub struct Issuable {
    /// What the policy made of it.
    pub plan: Plan,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
}

/// A person's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no.
    pub approve: bool,
    /// Who.
    pub actor: String,
    /// Why.
    pub comment: String,
}

/// A request that has a row.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificateRequest {
    /// Its id.
    pub id: RequestId,
    /// Where it stands.
    pub state: RequestState,
    /// SHA-256 over what was asked, lower-case hex: tells a repetition from another request under the same id.
    pub content_digest: String,
    /// What was asked.
    pub summary: Summary,
    /// What is to be issued; absent when it was refused at once.
    pub issuable: Option<Issuable>,
    /// When it came.
    pub created_at_ms: i64,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why not, when declined or failed.
    pub refusal: Option<Refusal>,
    /// Words of the one who decided, or of what failed.
    pub detail: String,
}

/// A page of requests.
pub type RequestPage = Page<CertificateRequest>;

/// The last request of a page: when it came, and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCursor {
    /// When it came.
    pub created_at_ms: i64,
    /// Its id.
    pub id: RequestId,
}

impl RequestState {
    const ALL: [Self; 5] = [
        Self::PendingApproval,
        Self::Approved,
        Self::Issued,
        Self::Declined,
        Self::Failed,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingApproval => "pending-approval",
            Self::Approved => "approved",
            Self::Issued => "issued",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for RequestState {
    type Err = UnknownRequestState;

    fn from_str(text: &str) -> Result<Self, UnknownRequestState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownRequestState)
    }
}

impl FromStr for RequestCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (created_at, id) = text.split_once('.').ok_or(())?;
        Ok(Self {
            created_at_ms: created_at.parse().map_err(|_| ())?,
            id: id.parse().map_err(|_| ())?,
        })
    }
}

impl CertificateRequest {
    /// The page token that ends with this request.
    pub fn token(&self) -> String {
        format!("{}.{}", self.created_at_ms, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back() {
        for state in RequestState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("open".parse::<RequestState>(), Err(UnknownRequestState));
    }

    #[test]
    fn a_cursor_keeps_ids_with_dots() {
        let cursor: RequestCursor = "12.a.b".parse().unwrap();
        assert_eq!((cursor.created_at_ms, cursor.id.as_str()), (12, "a.b"));
        assert!("12".parse::<RequestCursor>().is_err());
    }
}
