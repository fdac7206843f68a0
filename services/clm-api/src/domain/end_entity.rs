//! End entities: for whom certificates are, and what they are known by.

use std::{collections::BTreeMap, str::FromStr};

use super::id::{EndEntityName, InvalidId, RealmName};

/// Fewest characters of a password or shared secret that somebody chose.
pub const SHORTEST_SECRET: usize = 12;
/// Most characters.
pub const LONGEST_SECRET: usize = 256;
/// Most characters of a contact.
pub const LONGEST_CONTACT: usize = 255;
/// Most owners.
pub const MOST_OWNERS: usize = 20;
/// Most entries of metadata.
pub const MOST_METADATA: usize = 50;
/// Most characters of a key of metadata.
pub const LONGEST_KEY: usize = 64;
/// Most characters of an owner, or of a value of metadata.
pub const LONGEST_VALUE: usize = 255;
/// What the signer seals shared secrets with.
pub const SEALING_CONTEXT: &str = "clm/shared-secret";

/// Somebody or something that holds certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndEntity {
    /// Realm that it belongs to.
    pub realm: RealmName,
    /// Its name there.
    pub name: EndEntityName,
    /// Whether it may have certificates now.
    pub active: bool,
    /// How its people are reached.
    pub contact: String,
    /// Whether it may ask and revoke for others.
    pub registration_authority: bool,
    /// Argon2id, in the PHC string format.
    pub password_hash: Option<String>,
    /// For MACs; sealed by the signer.
    pub sealed_secret: Option<Vec<u8>>,
    /// When it was made.
    pub created_at_ms: i64,
    /// Who answers for it: people, teams; in their own words.
    pub owners: Vec<String>,
    /// What else is known of it.
    pub metadata: BTreeMap<String, String>,
    /// Counts from 1 with each change.
    pub version: i64,
    /// When it was last changed; absent: never.
    pub updated_at_ms: Option<i64>,
    /// Who did that.
    pub updated_by: Option<String>,
}

/// What is looked for; all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndEntityFilter {
    /// Of this realm.
    pub realm: Option<RealmName>,
    /// Whether it may have certificates now.
    pub active: Option<bool>,
    /// Owned by exactly this one.
    pub owner: Option<String>,
    /// Part of name, contact, owner or metadata; case does not matter.
    pub search: Option<String>,
}

/// A text that no end entity has: too long, or with what none may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at most {LONGEST_VALUE} characters, no control characters")]
pub struct NotWanted;

impl EndEntityFilter {
    /// A text that is looked for; empty: none.
    pub fn wanted(text: String) -> Result<Option<String>, NotWanted> {
        if text.chars().count() > LONGEST_VALUE || text.chars().any(char::is_control) {
            return Err(NotWanted);
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

/// The last end entity of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndEntityCursor {
    /// Its realm.
    pub realm: RealmName,
    /// Its name.
    pub name: EndEntityName,
}

/// What is changed of an end entity; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndEntityChange {
    /// Whether it may have certificates.
    pub active: Option<bool>,
    /// How its people are reached.
    pub contact: Option<String>,
    /// Whether it may ask and revoke for others.
    pub registration_authority: Option<bool>,
    /// Who answers for it.
    pub owners: Option<Vec<String>>,
    /// What else is known of it.
    pub metadata: Option<BTreeMap<String, String>>,
}

/// A password or shared secret will not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Too short.
    #[error("at least {SHORTEST_SECRET} characters")]
    TooShort,
    /// Too long.
    #[error("at most {LONGEST_SECRET} characters")]
    TooLong,
    /// It cannot be typed everywhere.
    #[error("no control characters")]
    Control,
}

/// Whether a password or shared secret that somebody chose will do.
pub fn check_secret(secret: &str) -> Result<(), WeakSecret> {
    let length = secret.chars().count();
    if length < SHORTEST_SECRET {
        Err(WeakSecret::TooShort)
    } else if length > LONGEST_SECRET {
        Err(WeakSecret::TooLong)
    } else if secret.chars().any(char::is_control) {
        Err(WeakSecret::Control)
    } else {
        Ok(())
    }
}

impl EndEntity {
    /// One that nothing is known of.
    pub fn new(realm: RealmName, name: EndEntityName, created_at_ms: i64) -> Self {
        Self {
            realm,
            name,
            active: true,
            contact: String::new(),
            registration_authority: false,
            password_hash: None,
            sealed_secret: None,
            created_at_ms,
            owners: Vec::new(),
            metadata: BTreeMap::new(),
            version: 1,
            updated_at_ms: None,
            updated_by: None,
        }
    }

    /// Its state in a word.
    pub fn state(&self) -> &'static str {
        if self.active { "active" } else { "suspended" }
    }

    /// The page token that ends with it.
    pub fn token(&self) -> String {
        format!("{}/{}", self.realm, self.name)
    }
}

/// An end entity as one who asks for certificates.
pub fn requester_of(name: &EndEntityName) -> String {
    // A requester has at most 255 characters, as a name.
    format!("end-entity:{name}").chars().take(255).collect()
}

impl FromStr for EndEntityCursor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (realm, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self {
            realm: realm.parse()?,
            name: name.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_secrets_are_long() {
        assert_eq!(check_secret("short"), Err(WeakSecret::TooShort));
        assert_eq!(check_secret(&"x".repeat(257)), Err(WeakSecret::TooLong));
        assert_eq!(check_secret("twelve\nsigns!"), Err(WeakSecret::Control));
        assert_eq!(check_secret("correct horse"), Ok(()));
    }

    #[test]
    fn a_cursor_keeps_names_with_slashes() {
        let cursor: EndEntityCursor = "default/a/b".parse().unwrap();
        assert_eq!(cursor.name.as_str(), "a/b");
        assert!("default".parse::<EndEntityCursor>().is_err());
    }
}
