//! Realms and clients: what separates, and who calls.

use time::OffsetDateTime;

use super::id::{PolicyName, RealmName};

/// Realm of the platform's own certificates.
pub const SYSTEM: &str = "system";
/// Realm that stands ready for daily work.
pub const DEFAULT: &str = "default";
/// Most characters of a title.
pub const LONGEST_TITLE: usize = 255;
/// Most characters of a description.
pub const LONGEST_DESCRIPTION: usize = 1000;

/// A realm separates policies, end entities, requests and certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realm {
    /// Its name, which stays: certificates carry it.
    pub name: RealmName,
    /// What people call it; may change.
    pub title: String,
    /// For people.
    pub description: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was archived; absent: it is in use.
    pub archived_at_ms: Option<i64>,
    /// Counts from 1 with each change.
    pub version: i64,
}

/// A calling service, or automation that shows a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its identity, e.g. `acme`.
    pub identity: String,
    /// The realm that it serves.
    pub realm: RealmName,
    /// For people.
    pub description: String,
    /// What it works under when it names no policy.
    pub default_policy: Option<PolicyName>,
    /// Counts from 1 with each change.
    pub version: i64,
}

impl Realm {
    /// Whether it comes with the platform and stays.
    pub fn is_ready(&self) -> bool {
        matches!(self.name.as_str(), SYSTEM | DEFAULT)
    }
}
