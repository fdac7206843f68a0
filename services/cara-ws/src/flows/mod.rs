//! One file per thing that CARA does: the story in order, over domain, store and signer.

pub mod administrators;
pub mod adopt;
pub mod create_authority;
mod in_flight;
pub mod index_names;
pub mod issue;
mod journal_note;
pub mod maintain;
pub mod ocsp_signer;
pub mod publish_crl;
mod registry;
pub mod revoke;
pub mod search;
mod serials;

use std::{collections::HashMap, sync::Arc};

use ers_pki::profile::Profile;
use ers_runtime::Context;
use ers_signer_client::Signer;
use tokio::sync::Notify;

use crate::{
    config::Issuing,
    domain::AuthorityName,
    metrics::Metrics,
    store::{Store, Writer},
};

pub use in_flight::InFlight;
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
    pub profiles: HashMap<String, Arc<Profile>>,
    /// Configuration.
    pub issuing: Issuing,
    /// Serial numbers for new certificates.
    pub serials: Serials,
    /// Requests under way in this process.
    pub in_flight: InFlight,
    /// CAs, and their generations, whose CRL is out of date since a revocation.
    pub stale_crls: parking_lot::Mutex<std::collections::BTreeSet<(AuthorityName, i16)>>,
    /// Rung when [`Self::stale_crls`] grows.
    pub crl_bell: Notify,
    /// Rung when somebody waits for the search index.
    pub index_bell: Notify,
    /// How many searches may still begin.
    pub searches: tokio::sync::Semaphore,
    /// What is counted.
    pub metrics: Metrics,
    /// This process, in leases.
    pub holder: String,
}
