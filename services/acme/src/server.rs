//! What all flows work with.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use ers_runtime::clock::SharedClock;
use ers_signer_client::Signer;
use parking_lot::Mutex;
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc;

use crate::clients::clm::Clm;
use crate::config::Config;
use crate::domain::directory::Directory;
use crate::domain::id::{ChallengeId, OrderId, random_text};
use crate::domain::policy::Policy;
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::flows::validate::Job;
use crate::metrics::Metrics;
use crate::shared::{Limits, Shared, SharedError};
use crate::store::Store;
use crate::urls::Urls;
use crate::validation::Validator;

/// What all flows work with.
pub struct Server {
    /// Time.
    pub clock: SharedClock,
    /// Our URLs.
    pub urls: Urls,
    /// The database.
    pub store: Store,
    /// CLM.
    pub clm: Clm,
    /// The signer.
    pub signer: Arc<dyn Signer>,
    /// Nonces.
    pub shared: Arc<dyn Shared>,
    /// Rate limits.
    pub limits: Limits,
    /// Numbers.
    pub metrics: Metrics,
    /// Configuration.
    pub config: Config,
    /// Challenges to be validated; when it is full they wait in the database.
    pub validations: mpsc::Sender<Job>,
    /// Who validates them.
    pub validator: Validator,
    /// Challenges that this process is validating.
    pub validating: Busy<ChallengeId>,
    /// Orders whose certificate this process is asking CLM for.
    pub enrolling: Busy<OrderId>,
}

impl Server {
    /// Now.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// A fresh nonce.
    pub async fn issue_nonce(&self) -> Result<String, SharedError> {
        let nonce = random_text::<16>();
        self.shared.keep_nonce(&nonce).await?;
        Ok(nonce)
    }

    /// The policy of a directory.
    pub async fn load_policy(&self, directory: &Directory) -> Result<Arc<Policy>, Failure> {
        match self.clm.find_policy(directory.policy()).await? {
            Some(policy) => Ok(policy),
            None => {
                let why = "there is no such directory: no policy of that name allows ACME";
                Err(Problem::malformed(why).with_status(404).into())
            }
        }
    }

    /// How long a new order lives.
    pub fn order_lifetime(&self) -> Duration {
        Duration::hours(i64::from(self.config.order_lifetime_hours))
    }

    /// How long a proven authorization lives.
    pub fn authorization_lifetime(&self) -> Duration {
        Duration::hours(i64::from(self.config.authorization_lifetime_hours))
    }
}

/// What this process is at, so that a client that asks meanwhile causes nothing twice.
#[derive(Debug, Clone)]
pub struct Busy<T>(Arc<Mutex<HashSet<T>>>);

/// While it lives, this process is at it.
#[derive(Debug)]
pub struct UnderWay<T: Eq + Hash> {
    busy: Arc<Mutex<HashSet<T>>>,
    with: T,
}

impl<T> Default for Busy<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Eq + Hash + Clone> Busy<T> {
    /// `None`: somebody is at it.
    pub fn begin(&self, with: &T) -> Option<UnderWay<T>> {
        let begun = self.0.lock().insert(with.clone());
        begun.then(|| UnderWay {
            busy: Arc::clone(&self.0),
            with: with.clone(),
        })
    }
}

impl<T: Eq + Hash> Drop for UnderWay<T> {
    fn drop(&mut self) {
        self.busy.lock().remove(&self.with);
    }
}
