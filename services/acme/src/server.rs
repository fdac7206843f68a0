//! What all flows work with.

use std::collections::HashSet;
use std::sync::Arc;

use ers_runtime::clock::SharedClock;
use ers_signer_client::Signer;
use parking_lot::Mutex;
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc;

use crate::clients::clm::{Clm, Policy};
use crate::config::Config;
use crate::domain::challenge::Challenge;
use crate::domain::directory::Directory;
use crate::domain::id::{OrderId, random_text};
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::shared::{Limits, Shared, SharedError};
use crate::store::Store;
use crate::urls::Urls;

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
    pub validations: mpsc::Sender<Challenge>,
    /// Orders whose certificate this process is asking CLM for.
    pub enrolling: Enrolling,
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
    pub async fn load_policy(&self, directory: &Directory) -> Result<Policy, Failure> {
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

/// Which orders are being enrolled by this process, so that a client that polls meanwhile causes no second call.
#[derive(Debug, Clone, Default)]
pub struct Enrolling(Arc<Mutex<HashSet<OrderId>>>);

/// While it lives, the order is being enrolled.
#[derive(Debug)]
pub struct EnrollingGuard {
    enrolling: Enrolling,
    order_id: OrderId,
}

impl Enrolling {
    /// `None`: somebody is at it.
    pub fn begin(&self, order_id: &OrderId) -> Option<EnrollingGuard> {
        let begun = self.0.lock().insert(order_id.clone());
        begun.then(|| EnrollingGuard {
            enrolling: self.clone(),
            order_id: order_id.clone(),
        })
    }
}

impl Drop for EnrollingGuard {
    fn drop(&mut self) {
        self.enrolling.0.lock().remove(&self.order_id);
    }
}
