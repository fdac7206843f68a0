//! The policies, clients and subscriptions in force, in memory: no request reads them from the database. Every replica looks once a
//! second whether its copy is still true.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use ers_runtime::{error::chain, health::Check, shutdown::Shutdown};

use crate::{
    domain::{
        id::PolicyName, notice::EventType, policy::Policy, realm::Client,
        subscription::Subscription,
    },
    store::{Store, StoreError},
};

/// The copy in memory.
pub(crate) struct PolicyBook {
    current: ArcSwap<Book>,
}

#[derive(Default)]
struct Book {
    revision: i64,
    policies: HashMap<PolicyName, Arc<Policy>>,
    clients: HashMap<String, Client>,
    subscriptions: Vec<Arc<Subscription>>,
}

impl PolicyBook {
    /// Reads it for the first time.
    pub(crate) async fn open(store: &Store) -> Result<Self, StoreError> {
        let book = read(store).await?;
        Ok(Self {
            current: ArcSwap::new(book),
        })
    }

    /// A policy, if there is one of that name.
    pub(crate) fn find(&self, name: &PolicyName) -> Option<Arc<Policy>> {
        self.current.load().policies.get(name).cloned()
    }

    /// What a calling service works under when it names no policy.
    pub(crate) fn find_default(&self, client: &str) -> Option<Arc<Policy>> {
        let book = self.current.load();
        let name = book.clients.get(client)?.default_policy.as_ref()?;
        book.policies.get(name).cloned()
    }

    /// All policies by name.
    pub(crate) fn list(&self) -> Vec<Arc<Policy>> {
        let mut all: Vec<Arc<Policy>> = self.current.load().policies.values().cloned().collect();
        all.sort_by(|one, other| one.definition.name().cmp(other.definition.name()));
        all
    }

    /// The subscriptions that want to hear of a kind of event.
    pub(crate) fn listeners(&self, event: EventType) -> Vec<Arc<Subscription>> {
        let book = self.current.load();
        let listening = book.subscriptions.iter();
        listening
            .filter(|subscription| subscription.listens_to(event))
            .cloned()
            .collect()
    }

    /// A subscription, by its name.
    pub(crate) fn find_subscription(&self, name: &str) -> Option<Arc<Subscription>> {
        let book = self.current.load();
        let mut all = book.subscriptions.iter();
        all.find(|subscription| subscription.name.as_str() == name)
            .cloned()
    }

    /// Whether there is any subscription.
    pub(crate) fn has_subscriptions(&self) -> bool {
        !self.current.load().subscriptions.is_empty()
    }

    /// Reads it again, if it changed.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let revision = store.load_policy_revision().await?;
        if revision == self.current.load().revision {
            return Ok(());
        }
        let book = read(store).await?;
        // Two refreshes may overlap; the older must not win.
        self.current.rcu(|current| {
            if current.revision > book.revision {
                Arc::clone(current)
            } else {
                book.clone()
            }
        });
        Ok(())
    }

    /// Keeps it true until shutdown.
    pub(crate) async fn keep(
        &self,
        store: &Store,
        every: Duration,
        check: &Check,
        shutdown: &Shutdown,
    ) {
        check.up();
        while shutdown.sleep(every).await {
            match self.refresh(store).await {
                Ok(()) => check.up(),
                Err(error) => check.down(chain(&error)),
            }
        }
    }
}

/// The revision is read first: what changes meanwhile is found by the next look.
async fn read(store: &Store) -> Result<Arc<Book>, StoreError> {
    let revision = store.load_policy_revision().await?;
    let policies = store.list_policies().await?;
    let archived: HashSet<_> = store
        .list_realms()
        .await?
        .into_iter()
        .filter(|realm| realm.archived_at_ms.is_some())
        .map(|realm| realm.name)
        .collect();
    let clients = store.list_clients().await?;
    let subscriptions = store.list_subscriptions().await?;
    Ok(Arc::new(Book {
        revision,
        policies: policies
            .into_iter()
            // In an archived realm no policy is in force.
            .filter(|policy| !archived.contains(&policy.definition.rules().realm))
            .map(|policy| (policy.definition.name().clone(), Arc::new(policy)))
            .collect(),
        clients: clients
            .into_iter()
            .map(|client| (client.identity.clone(), client))
            .collect(),
        subscriptions: subscriptions.into_iter().map(Arc::new).collect(),
    }))
}
