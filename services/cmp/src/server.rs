//! What all flows work with.

use std::sync::Arc;

use ers_runtime::clock::SharedClock;
use ers_signer_client::Signer;
use time::{Duration, OffsetDateTime};

use crate::clients::clm::Clm;
use crate::config::Config;
use crate::flows::memory::Memory;
use crate::flows::own_certificate::OwnCertificates;
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
    /// Numbers.
    pub metrics: Metrics,
    /// What is signed with.
    pub own: OwnCertificates,
    /// Who began transactions.
    pub memory: Memory,
    /// Configuration.
    pub config: Config,
}

impl Server {
    /// Now.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// How long a transaction can be gone on with.
    pub fn transaction_lifetime(&self) -> Duration {
        Duration::hours(i64::from(self.config.transaction_lifetime_hours))
    }
}
