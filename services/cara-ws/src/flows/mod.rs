//! One file per thing that CARA does: the story in order, over domain, store and signer.

pub mod administrators;
pub mod adopt;
pub mod authority;
mod blocked_keys;
pub mod crl_schedule;
pub mod four_eyes;
mod in_flight;
pub mod index_names;
pub mod issue;
mod journal_note;
pub mod maintain;
pub mod ocsp_signer;
pub mod profiles;
pub mod publish_crl;
pub mod reconcile;
mod registry;
pub mod revoke;
pub mod revoke_by_proof;
pub mod revoke_many;
pub mod search;
mod serials;
pub mod unadopted;

use std::sync::Arc;

use ers_runtime::Context;
use ers_signer_client::Signer;
use tokio::sync::Notify;

use crate::{
    config::Issuing,
    domain::{AuthorityName, CrlStream},
    metrics::Metrics,
    store::{Store, Writer},
};

pub use blocked_keys::BlockedKeys;
pub use in_flight::InFlight;
pub use reconcile::Restored;
pub use registry::{IssuingAuthority, Registry, RegistryError};
pub use serials::Serials;

/// What the flows work with.
pub struct Core {
    /// Surroundings.
    pub context: Context,
    /// CARA's tables.
    pub store: Store,
    /// Stores new certificates.
    pub writer: Writer,
    /// Signs.
    pub signer: Arc<dyn Signer>,
    /// All CAs, in memory.
    pub registry: Registry,
    /// All profiles by name.
    pub profiles: profiles::Profiles,
    /// Configuration.
    pub issuing: Issuing,
    /// CAs that are to be reconciled since the database was restored from a backup.
    pub restored: Restored,
    /// How the comparison with the signer's journal stands.
    pub journal: unadopted::Journal,
    /// Serial numbers for new certificates.
    pub serials: Serials,
    /// Requests under way in this process.
    pub in_flight: InFlight,
    /// Keys that get no certificates any more.
    pub blocked_keys: BlockedKeys,
    /// CRLs that are out of date since a revocation.
    pub stale_crls: parking_lot::Mutex<std::collections::BTreeSet<CrlStream>>,
    /// Held while a CA is made or gets certificates: one at a time.
    pub acting: tokio::sync::Mutex<()>,
    /// Held while a CRL is made: one at a time.
    pub publishing: tokio::sync::Mutex<()>,
    /// Rung when [`Self::stale_crls`] grows.
    pub crl_bell: Notify,
    /// Rung when somebody waits for the search index.
    pub index_bell: Notify,
    /// How many searches may still begin.
    pub searches: tokio::sync::Semaphore,
    /// Examples of profiles are made one at a time: their keys may take seconds.
    pub rehearsing: tokio::sync::Semaphore,
    /// What is counted.
    pub metrics: Metrics,
    /// This process, in leases.
    pub holder: String,
}

impl Core {
    /// Whether a CA's CRLs keep what has expired.
    pub(crate) fn keeps_expired(&self, name: &AuthorityName) -> bool {
        self.registry
            .find(name)
            .map_or(self.issuing.crl, |ca| ca.crl)
            .keep_expired
    }
}
