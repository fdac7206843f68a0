//! Realms and clients: what separates, and who calls.

use time::OffsetDateTime;

use super::id::{PolicyName, RealmName};

/// Realm of the platform's own certificates.
pub const SYSTEM: &str = "system";
/// Realm that stands ready for daily work.
pub const DEFAULT: &str = "default";

/// A realm separates policies, end entities, requests and certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realm {
    /// Its name.
    pub name: RealmName,
    /// For people.
    pub description: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// A calling service, known by its mutual-TLS identity.
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
}
