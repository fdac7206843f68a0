//! Lists, and single things that are shown as they are.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::{Actor, Flows};
use crate::{
    domain::{
        access::Reach,
        external_account::ExternalAccountKey,
        id::{AccountKeyId, PolicyName, RealmName, Requester},
        inventory::{Entry, InventoryPage},
        inventory_filter::{Cursor, Filter, FilterText},
        page::{Page, PageRequest},
        policy::{Policy, PolicyVersion},
        request::{RequestCursor, RequestPage, RequestState},
    },
    store::StoreError,
};

const LONGEST_SEARCH: usize = 200;

/// There is no such policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("show policy: there is no policy {0}")]
pub struct UnknownPolicy(PolicyName);

/// Why versions of a policy cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyVersionsError {
    /// There is no such policy within reach.
    #[error(transparent)]
    Unknown(#[from] UnknownPolicy),
    /// The database.
    #[error("list policy versions")]
    Store(#[from] StoreError),
}

/// Why a list cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The text searched for is too long, or has control characters.
    #[error("read search: at most {LONGEST_SEARCH} characters, no control characters")]
    Search,
    /// The page ended a list of another order.
    #[error("read page_token: of a list in another order")]
    Order,
    /// The database.
    #[error("list")]
    Store(#[from] StoreError),
}

impl Flows {
    /// All policies within reach, or those of a realm.
    pub fn list_policies(&self, realm: Option<&RealmName>, reach: &Reach) -> Vec<Arc<Policy>> {
        let mut all = self.policies.list();
        all.retain(|policy| is_within(policy, reach));
        all.retain(|policy| realm.is_none_or(|realm| policy.definition.rules().realm == *realm));
        all
    }

    /// A policy within reach.
    pub fn show_policy(
        &self,
        name: &PolicyName,
        reach: &Reach,
    ) -> Result<Arc<Policy>, UnknownPolicy> {
        self.policies
            .find(name)
            .filter(|policy| is_within(policy, reach))
            .ok_or_else(|| UnknownPolicy(name.clone()))
    }

    /// A page of what a policy within reach said, newest first: what is in force, and what was.
    #[tracing::instrument(name = "clm.list_policy_versions", skip_all)]
    pub async fn list_policy_versions(
        &self,
        name: &PolicyName,
        reach: &Reach,
        page: &PageRequest<i64>,
    ) -> Result<Page<PolicyVersion>, PolicyVersionsError> {
        self.show_policy(name, reach)?;
        Ok(self.store.list_policy_versions(name, page).await?)
    }

    /// A page of the inventory.
    #[tracing::instrument(name = "clm.list_certificates", skip_all)]
    pub async fn list_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<Cursor>,
    ) -> Result<InventoryPage, ListError> {
        let is_of_another_order = |cursor: Cursor| !cursor.is_of(filter.order);
        if page.after.is_some_and(is_of_another_order) {
            return Err(ListError::Order);
        }
        Ok(self
            .store
            .search_certificates(filter, reach, page, &*self.clock)
            .await?)
    }

    /// The certificates of a page and one more, where more follow; not counted.
    pub async fn read_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<Cursor>,
    ) -> Result<Vec<Entry>, StoreError> {
        self.store
            .read_certificates(filter, reach, page, &*self.clock)
            .await
    }

    /// Writes down that somebody takes all that a search finds with them.
    pub async fn note_export(&self, actor: &Actor, filter: &FilterText) -> Result<(), StoreError> {
        let detail = serde_json::json!(filter).to_string();
        self.note(actor, "inventory.export", "", detail).await
    }

    /// A page of requests; `requester`: only of that one.
    #[tracing::instrument(name = "clm.list_requests", skip_all)]
    pub async fn list_requests(
        &self,
        state: Option<RequestState>,
        requester: Option<&Requester>,
        reach: &Reach,
        page: &PageRequest<RequestCursor>,
    ) -> Result<RequestPage, StoreError> {
        self.store
            .list_requests(state, requester, reach, page)
            .await
    }

    /// An external account key, sealed; expired ones too, with their end.
    pub async fn find_external_account_key(
        &self,
        id: &AccountKeyId,
    ) -> Result<Option<ExternalAccountKey>, StoreError> {
        self.store.find_external_account_key(id).await
    }
}

fn is_within(policy: &Policy, reach: &Reach) -> bool {
    let rules = policy.definition.rules();
    reach.has(rules.realm.as_str(), rules.name.as_str())
}

impl Fault for UnknownPolicy {
    fn kind(&self) -> Kind {
        Kind::NotFound
    }

    fn field(&self) -> Option<&str> {
        Some("name")
    }
}

impl Fault for PolicyVersionsError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(error) => error.field(),
            Self::Store(_) => None,
        }
    }
}

impl Fault for ListError {
    fn kind(&self) -> Kind {
        match self {
            Self::Search | Self::Order => Kind::InvalidArgument,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Search => Some("search"),
            Self::Order => Some("page_token"),
            Self::Store(_) => None,
        }
    }
}
