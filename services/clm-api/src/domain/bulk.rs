//! An act on many certificates: what is wanted, of which, and how far it has come.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    access::{Place, Reach},
    id::Requester,
    inventory_filter::FilterText,
};

/// Most certificates that are named one by one.
pub const MOST_IDS: usize = 10_000;
/// Most failures that are kept for one act.
pub const MOST_FAILURES: i64 = 1000;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkWish {
    /// These certificates; empty: those that are found.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Those that it lets through.
    #[serde(default)]
    pub filter: FilterText,
    /// What is done to each.
    pub act: BulkKind,
}

/// What is done to each certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum BulkKind {
    /// It is revoked.
    Revoke {
        /// RFC 5280 name.
        reason: String,
    },
    /// Its client is told to renew it now.
    Renew {
        /// The time over which clients spread themselves.
        within_seconds: i64,
        /// Where people can read why.
        explanation_url: Option<String>,
    },
    /// What is written beside it is changed.
    Change {
        /// Its owner; empty: nobody.
        owner: Option<String>,
        /// Tags set beside those that are there.
        set_tags: Vec<String>,
        /// Names of tags taken away.
        remove_tags: Vec<String>,
    },
}

/// How an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkState {
    /// It goes on.
    Running,
    /// It has come to its end.
    Done,
    /// Somebody ended it.
    Cancelled,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BulkProgress {
    /// Certificates that it was done to.
    pub done: u64,
    /// Certificates that were so already.
    pub unchanged: u64,
    /// Certificates that it could not be done to.
    pub failed: u64,
}

/// Who wants it, and how far what they may do reached then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkMaker {
    /// Name.
    pub actor: String,
    /// Address that the wish came from.
    pub address: Option<String>,
    /// In the words that revocations keep.
    pub requester: Requester,
    /// The certificates that they may do it to.
    pub reach: Reach,
}

/// An act on many certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkAct {
    /// Its number; higher is newer.
    pub id: i64,
    /// What is wanted.
    pub wish: BulkWish,
    /// By whom.
    pub maker: BulkMaker,
    /// How it stands.
    pub state: BulkState,
    /// Certificates that there were when it began.
    pub total: u64,
    /// How far it has come.
    pub progress: BulkProgress,
    /// Where it goes on, in its own words.
    pub position: String,
    /// Until when somebody works on it.
    pub claimed_until_ms: i64,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it ended.
    pub finished_at_ms: Option<i64>,
}

/// A certificate that it could not be done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkFailure {
    /// Fingerprint, or the id that was given.
    pub certificate: String,
    /// Why.
    pub reason: String,
}

impl BulkKind {
    /// Its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Revoke { .. } => "revoke",
            Self::Renew { .. } => "renew",
            Self::Change { .. } => "change",
        }
    }
}

impl BulkState {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for BulkState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Running, Self::Done, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(())
    }
}

impl Reach {
    /// As it is kept.
    pub fn to_json(&self) -> String {
        let places = match self {
            Self::Everywhere => None,
            Self::Only(places) => Some(
                places
                    .iter()
                    .map(|place| (&place.realm, &place.policy))
                    .collect::<Vec<_>>(),
            ),
        };
        serde_json::json!(places).to_string()
    }

    /// As it was kept.
    pub fn from_json(text: &str) -> Option<Self> {
        let places: Option<Vec<(_, _)>> = serde_json::from_str(text).ok()?;
        Some(match places {
            None => Self::Everywhere,
            Some(places) => Self::Only(
                places
                    .into_iter()
                    .map(|(realm, policy)| Place { realm, policy })
                    .collect(),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reach_reads_back_as_it_was() {
        let places = vec![
            Place {
                realm: "a".parse().unwrap(),
                policy: None,
            },
            Place {
                realm: "b".parse().unwrap(),
                policy: Some("web".parse().unwrap()),
            },
        ];
        for reach in [Reach::Everywhere, Reach::Only(vec![]), Reach::Only(places)] {
            assert_eq!(Reach::from_json(&reach.to_json()), Some(reach));
        }
        assert_eq!(Reach::from_json("{}"), None);
    }

    #[test]
    fn a_wish_reads_back_as_it_was() {
        let wish = BulkWish {
            ids: vec!["abcdef01".into()],
            filter: FilterText::default(),
            act: BulkKind::Revoke {
                reason: "superseded".into(),
            },
        };
        let text = serde_json::json!(wish).to_string();
        assert_eq!(serde_json::from_str::<BulkWish>(&text).unwrap(), wish);
    }
}
