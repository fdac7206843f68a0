//! Lists, and single things that are shown as they are.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::Flows;
use crate::{
    domain::{
        access::Reach,
        external_account::ExternalAccountKey,
        id::{AccountKeyId, PolicyName, RealmName},
        inventory::{Filter, InventoryPage},
        page::PageRequest,
        policy::Policy,
        request::{RequestCursor, RequestPage, RequestState},
    },
    store::StoreError,
};

const LONGEST_SEARCH: usize = 200;

/// There is no such policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("show policy: there is no policy {0}")]
pub struct UnknownPolicy(PolicyName);

/// Why a list cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The text searched for is too long, or has control characters.
    #[error("read search: at most {LONGEST_SEARCH} characters, no control characters")]
    Search,
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

    /// A page of the inventory.
    #[tracing::instrument(name = "clm.list_certificates", skip_all)]
    pub async fn list_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<i64>,
    ) -> Result<InventoryPage, ListError> {
        let wrong = |text: &String| {
            text.chars().count() > LONGEST_SEARCH || text.chars().any(char::is_control)
        };
        if filter.search.as_ref().is_some_and(wrong) {
            return Err(ListError::Search);
        }
        Ok(self
            .store
            .search_certificates(filter, reach, page, &*self.clock)
            .await?)
    }

    /// A page of requests.
    #[tracing::instrument(name = "clm.list_requests", skip_all)]
    pub async fn list_requests(
        &self,
        state: Option<RequestState>,
        reach: &Reach,
        page: &PageRequest<RequestCursor>,
    ) -> Result<RequestPage, StoreError> {
        self.store.list_requests(state, reach, page).await
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

impl Fault for ListError {
    fn kind(&self) -> Kind {
        match self {
            Self::Search => Kind::InvalidArgument,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::Search).then_some("search")
    }
}
