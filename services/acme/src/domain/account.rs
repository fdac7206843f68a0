//! Accounts: RFC 8555 §7.1.2.

use super::directory::Directory;
use super::id::AccountId;
use super::jwk::Jwk;
use super::problem::{Problem, ProblemKind};

const MOST_CONTACTS: usize = 10;
const LONGEST_CONTACT: usize = 254 + "mailto:".len();

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The directory that it belongs to.
    pub directory: Directory,
    /// Its key.
    pub key: Jwk,
    /// Whether it may be used.
    pub state: AccountState,
    /// Where its owner is reached.
    pub contacts: Contacts,
    /// Whether its owner agreed to the terms of service.
    pub terms_agreed: bool,
    /// The external account key that it was bound with.
    pub external_account: Option<ExternalAccount>,
}

/// What an account was bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// Id of the key.
    pub key_id: String,
    /// End entity that CLM names with the key; empty: none.
    pub end_entity: String,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// In use.
    Valid,
    /// Ended by its owner.
    Deactivated,
    /// Ended by us.
    Revoked,
}

impl AccountState {
    /// The word in JSON and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Deactivated => "deactivated",
            Self::Revoked => "revoked",
        }
    }

    /// The state of a word.
    pub fn find(word: &str) -> Option<Self> {
        [Self::Valid, Self::Deactivated, Self::Revoked]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// Contact URLs, checked: `mailto:` with one address each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts(Vec<String>);

impl Contacts {
    /// Checks what a client sends: RFC 8555 §7.3.
    pub fn new(urls: Vec<String>) -> Result<Self, Problem> {
        let invalid = |why: &str| Err(Problem::new(ProblemKind::InvalidContact, why));
        if urls.len() > MOST_CONTACTS {
            return invalid("at most 10 contacts are taken");
        }
        for url in &urls {
            let Some((scheme, address)) = url.split_once(':') else {
                return invalid("a contact is not a URL");
            };
            if !scheme.eq_ignore_ascii_case("mailto") {
                return Err(Problem::new(
                    ProblemKind::UnsupportedContact,
                    "only mailto contacts are taken",
                ));
            }
            if url.len() > LONGEST_CONTACT || !is_one_address(address) {
                return invalid("a contact is not one e-mail address without header fields");
            }
        }
        Ok(Self(urls))
    }

    /// What a row holds.
    pub fn from_row(urls: Vec<String>) -> Self {
        Self(urls)
    }

    /// The URLs.
    pub fn urls(&self) -> &[String] {
        &self.0
    }
}

fn is_one_address(address: &str) -> bool {
    let mut parts = address.split('@');
    let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let plain = |text: &str| {
        !text.is_empty()
            && !text
                .contains(|c: char| c.is_control() || c.is_whitespace() || ",?&;<>\"".contains(c))
    };
    plain(local) && plain(domain) && !domain.starts_with('.') && !domain.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_mail_addresses() {
        let contacts =
            Contacts::new(vec!["mailto:a@b.test".into(), "MAILTO:c+d@e.test".into()]).unwrap();
        assert_eq!(contacts.urls().len(), 2);
    }

    #[test]
    fn other_contacts_are_refused_by_type() {
        let refuse = |url: &str| Contacts::new(vec![url.into()]).unwrap_err().kind();
        assert_eq!(refuse("tel:+4912345"), ProblemKind::UnsupportedContact);
        for url in [
            "nobody",
            "mailto:",
            "mailto:a",
            "mailto:a@b,c@d",
            "mailto:a@b?cc=c@d",
            "mailto:a@b@c",
            "mailto:a b@c",
        ] {
            assert_eq!(refuse(url), ProblemKind::InvalidContact, "{url}");
        }
        assert!(Contacts::new(vec!["mailto:a@b.test".into(); 11]).is_err());
    }

    #[test]
    fn states_keep_their_words() {
        for state in [
            AccountState::Valid,
            AccountState::Deactivated,
            AccountState::Revoked,
        ] {
            assert_eq!(AccountState::find(state.as_str()), Some(state));
        }
        assert_eq!(AccountState::find("x"), None);
    }
}
