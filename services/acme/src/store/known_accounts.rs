//! Accounts that were asked for lately. Each request is by one, and reading one means checking its key anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Replicas;
use crate::domain::account::Account;
use crate::domain::id::AccountId;

const MOST: usize = 10_000;
/// For the moments in which one process takes over from another without Redis between them.
const AGE: Duration = Duration::from_secs(10);

/// Accounts in memory; none where other replicas may change them.
#[derive(Debug, Clone)]
pub(super) struct KnownAccounts(Option<Arc<Mutex<Known>>>);

#[derive(Debug, Default)]
struct Known {
    accounts: HashMap<AccountId, (Account, Instant)>,
    /// Counts changes: what was read before one must not be kept after it.
    changes: u64,
}

/// How many changes there were when a row was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadAt(u64);

impl KnownAccounts {
    /// None yet.
    pub fn new(replicas: Replicas) -> Self {
        Self((replicas == Replicas::One).then(Arc::default))
    }

    /// The account, if it is known.
    pub fn find(&self, id: &AccountId) -> Option<Account> {
        let known = self.0.as_ref()?.lock();
        let (account, kept_at) = known.accounts.get(id)?;
        (kept_at.elapsed() < AGE).then(|| account.clone())
    }

    /// To be called before an account is read.
    pub fn read_at(&self) -> ReadAt {
        ReadAt(self.0.as_ref().map_or(0, |known| known.lock().changes))
    }

    /// Keeps what was read, unless something changed since.
    pub fn keep(&self, account: &Account, read_at: ReadAt) {
        let Some(mut known) = self.0.as_ref().map(|known| known.lock()) else {
            return;
        };
        if known.changes != read_at.0 {
            return;
        }
        if known.accounts.len() >= MOST {
            known.accounts.clear();
        }
        let kept = (account.clone(), Instant::now());
        known.accounts.insert(account.id.clone(), kept);
    }

    /// The account is about to change: held until it has, or whoever changes it has given up.
    pub fn changing<'a>(&'a self, id: &'a AccountId) -> Changing<'a> {
        Changing { known: self, id }
    }
}

/// An account that is being changed.
#[derive(Debug)]
pub(super) struct Changing<'a> {
    known: &'a KnownAccounts,
    id: &'a AccountId,
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if let Some(known) = &self.known.0 {
            let mut known = known.lock();
            known.changes += 1;
            known.accounts.remove(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{AccountState, Contacts};
    use crate::domain::directory::Directory;
    use crate::domain::jwk::Jwk;

    fn account() -> Account {
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        Account {
            id: AccountId::random(),
            directory: Directory::default(),
            key: Jwk::from_row(key).unwrap(),
            state: AccountState::Valid,
            contacts: Contacts::default(),
            terms_agreed: true,
            external_account: None,
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let known = KnownAccounts::new(Replicas::One);
        let account = account();
        let read_at = known.read_at();
        known.keep(&account, read_at);
        assert_eq!(known.find(&account.id).as_ref(), Some(&account));
        drop(known.changing(&account.id));
        assert_eq!(known.find(&account.id), None);
        known.keep(&account, read_at);
        assert_eq!(known.find(&account.id), None);
    }

    #[test]
    fn where_others_may_change_them_none_is_kept() {
        let known = KnownAccounts::new(Replicas::Many);
        let account = account();
        known.keep(&account, known.read_at());
        assert_eq!(known.find(&account.id), None);
    }
}
