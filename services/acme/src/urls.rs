//! The URLs of all resources. They begin with the configured external URL, whatever host a request names.

use url::Url;

use crate::domain::directory::Directory;
use crate::domain::id::{AccountId, AuthorizationId, ChallengeId, OrderId};

/// Makes URLs.
#[derive(Debug, Clone)]
pub struct Urls {
    base: String,
}

impl Urls {
    /// Under the external URL of the platform.
    pub fn new(external_url: &Url) -> Self {
        Self {
            base: external_url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// The URL of a path (with its query) of ours.
    pub fn of_path(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base)
    }

    /// A resource of a directory that has no id, e.g. `new-order`.
    pub fn resource(&self, directory: &Directory, name: &str) -> String {
        format!("{}{}/{name}", self.base, directory.path())
    }

    /// An account.
    pub fn account(&self, directory: &Directory, id: &AccountId) -> String {
        self.resource(directory, &format!("acct/{id}"))
    }

    /// The id in the URL of an account of this directory.
    pub fn find_account_id(&self, directory: &Directory, url: &str) -> Option<AccountId> {
        AccountId::parse(url.strip_prefix(&self.resource(directory, "acct/"))?)
    }

    /// The orders of an account.
    pub fn orders(&self, directory: &Directory, id: &AccountId) -> String {
        self.resource(directory, &format!("acct/{id}/orders"))
    }

    /// An order.
    pub fn order(&self, directory: &Directory, id: &OrderId) -> String {
        self.resource(directory, &format!("order/{id}"))
    }

    /// Where an order is finalized.
    pub fn finalize(&self, directory: &Directory, id: &OrderId) -> String {
        self.resource(directory, &format!("order/{id}/finalize"))
    }

    /// The certificate of an order.
    pub fn certificate(&self, directory: &Directory, id: &OrderId) -> String {
        self.resource(directory, &format!("cert/{id}"))
    }

    /// An authorization.
    pub fn authorization(&self, directory: &Directory, id: &AuthorizationId) -> String {
        self.resource(directory, &format!("authz/{id}"))
    }

    /// A challenge.
    pub fn challenge(&self, directory: &Directory, id: &ChallengeId) -> String {
        self.resource(directory, &format!("chall/{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_known_by_its_url_in_its_own_directory_only() {
        let urls = Urls::new(&Url::parse("https://ca.test:8443/").unwrap());
        let (default, other) = (Directory::default(), Directory::parse("eab").unwrap());
        let id = AccountId::random();
        let url = urls.account(&default, &id);
        assert_eq!(url, format!("https://ca.test:8443/acme/acct/{id}"));
        assert_eq!(urls.find_account_id(&default, &url), Some(id));
        assert_eq!(urls.find_account_id(&other, &url), None);
        assert_eq!(
            urls.find_account_id(&default, "https://evil.test/acme/acct/x"),
            None
        );
        assert_eq!(
            urls.find_account_id(&default, &format!("{url}/orders")),
            None
        );
    }
}
