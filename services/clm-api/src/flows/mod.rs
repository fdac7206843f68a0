//! What CLM does, one file per use case: the story in order, over domain, store and clients.

mod apply_policy;
mod approve;
mod audit;
mod bootstrap;
mod change_password;
mod create_external_account_key;
mod enroll;
mod find_outcome;
mod follow_inventory;
mod issue;
mod keep_request;
mod load_policy;
mod log_in;
mod look_up;
mod passwords;
mod policy_book;
mod read_request;
mod revoke;
mod sessions;
mod show;

use std::sync::Arc;

use ers_runtime::clock::SharedClock;
use ers_signer_client::Signer;

pub use apply_policy::ApplyPolicyError;
pub use audit::Actor;
pub use bootstrap::{BootstrapError, Bootstrapped, Defaults};
pub use create_external_account_key::NewExternalAccountKey;
pub use enroll::{Enroll, EnrollError, KeySource};
pub use issue::Outcome;
pub use log_in::LogInError;
pub use passwords::PasswordError;
pub(crate) use passwords::Passwords;
pub(crate) use policy_book::PolicyBook;
pub use revoke::{Revoke, Which};
pub use sessions::{Session, SessionLimits, SessionToken, Sessions};
pub use show::Shown;

use crate::{clients::Cara, metrics::Metrics, store::Store};

/// Everything that the use cases work with.
pub struct Flows {
    pub(crate) store: Store,
    pub(crate) cara: Cara,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) policies: PolicyBook,
    pub(crate) sessions: Sessions,
    pub(crate) passwords: Passwords,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Metrics,
    pub(crate) approval_retry: time::Duration,
    /// Places for requests for certificates.
    pub(crate) places: tokio::sync::Semaphore,
}
