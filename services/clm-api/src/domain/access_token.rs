//! What automation shows to be let in: `ers_` and 256 random bits. Kept as a digest, shown once, limited to permissions,
//! a realm and a time.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use time::Duration;

use super::{access::Grant, id::RealmName, permission::Permission};

/// What tokens begin with, so that scanners for lost secrets find them.
pub const PREFIX: &str = "ers_";
/// The longest life.
pub const LONGEST: Duration = Duration::days(366);
/// The life when nobody says otherwise.
pub const USUAL: Duration = Duration::days(90);

/// A token, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id, by which it is taken back.
    pub id: String,
    /// Whose it is.
    pub client: String,
    /// For people.
    pub description: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// Only in this realm.
    pub realm: Option<RealmName>,
    /// When it was made.
    pub created_at_ms: i64,
    /// By whom.
    pub created_by: String,
    /// When it ends.
    pub expires_at_ms: i64,
    /// When it was last used, to the minute.
    pub last_used_at_ms: Option<i64>,
}

impl AccessToken {
    /// What it allows, and where.
    pub fn grant(&self) -> Grant {
        Grant {
            permissions: self.permissions.clone(),
            realm: self.realm.clone(),
            policy: None,
        }
    }
}

/// What a token is kept and found by: it has 256 random bits, so that one round of a fast hash is enough.
pub fn digest_of(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}
