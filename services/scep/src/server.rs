//! What all flows work with.

use std::sync::Arc;

use ers_runtime::clock::SharedClock;
use ers_signer_client::Signer;
use time::{Duration, OffsetDateTime};

use crate::clients::clm::{Clm, Policy};
use crate::config::Config;
use crate::failure::Failure;
use crate::flows::registration_authority::{self, Authorities};
use crate::metrics::Metrics;
use crate::store::Store;

/// What all flows work with.
pub struct Server {
    /// Time.
    pub clock: SharedClock,
    /// The database.
    pub store: Store,
    /// CLM.
    pub clm: Clm,
    /// The signer.
    pub signer: Arc<dyn Signer>,
    /// Certificates of the registration authority that are at hand.
    pub authorities: Authorities,
    /// Numbers.
    pub metrics: Metrics,
    /// Configuration.
    pub config: Config,
}

impl Server {
    /// Now.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The policy of a path; empty: the default one.
    pub async fn load_policy(&self, name: &str) -> Result<Arc<Policy>, Failure> {
        let found = self.clm.find_policy(name).await?;
        found.ok_or_else(|| Failure::NoPolicy(name.to_owned()))
    }

    /// How long a transaction may be repeated and polled.
    pub fn transaction_lifetime(&self) -> Duration {
        Duration::hours(i64::from(self.config.transaction_lifetime_hours))
    }

    /// Makes the RA certificate of the default policy, when there is such a policy.
    pub async fn prepare_default(&self) -> Result<(), Failure> {
        if let Some(policy) = self.clm.find_policy("").await? {
            registration_authority::load(self, &policy).await?;
        }
        Ok(())
    }
}
