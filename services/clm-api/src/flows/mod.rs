//! What CLM does, one file per use case: the story in order, over domain, store and clients.

mod access;
mod apply_policy;
mod approve;
mod audit;
mod authenticate;
mod authorities;
mod bootstrap;
mod bulk;
mod bulk_work;
mod change_certificate;
mod change_password;
mod clients;
mod create_challenge;
mod create_external_account_key;
mod deliver;
mod end_entities;
mod enroll;
mod find_outcome;
mod follow_inventory;
mod import_certificates;
mod issue;
mod keep_key;
mod keep_request;
mod key_recoveries;
mod known_certificate;
mod load_policy;
mod load_shared_secret;
mod log_in;
mod log_in_by_device;
mod log_in_by_provider;
mod look_up;
mod notice_text;
mod notices;
mod passwords;
mod people;
mod pkcs12;
mod policy_book;
mod read_request;
mod realms;
mod renewals;
mod replies;
mod revoke;
mod role_bindings;
mod roles;
mod second_factor;
mod server_keys;
mod sessions;
mod show;
mod show_history;
mod show_statistics;
mod subscriptions;
mod system;
mod trail;
mod turns;
mod unique;
mod watch;

use std::sync::Arc;

use ers_runtime::{clock::SharedClock, health::Health, tls};
use ers_signer_client::Signer;

pub use apply_policy::{ApplyPolicyError, PolicyWish};
use audit::Act;
pub use audit::Actor;
pub use authenticate::{Answer, Authenticate, AuthenticateError, Capacity, Credential};
pub use authorities::Authority;
pub use bootstrap::{BootstrapError, Bootstrapped, Defaults};
pub use clients::{ClientChange, NewToken};
pub use create_challenge::NewChallenge;
pub use create_external_account_key::NewExternalAccountKey;
pub(crate) use end_entities::usual_realm;
pub use end_entities::{NewEndEntity, Secret};
pub use enroll::{Enroll, EnrollError, KeySource};
pub use import_certificates::{Import, Imported};
pub use issue::Outcome;
pub use keep_key::SealedKey;
pub use known_certificate::{KnownCertificate, Naming};
pub use load_policy::{EdgePolicy, LoadPolicyError};
pub use load_shared_secret::{SharedSecret, SharedSecretOf};
pub use log_in::LogInError;
pub use log_in_by_device::{DeviceLogin, DevicePaces};
pub use log_in_by_provider::ProviderLogInError;
pub use look_up::ListError;
pub use passwords::PasswordError;
pub(crate) use passwords::Passwords;
pub use people::{AccountChange, NewAccount};
pub(crate) use policy_book::PolicyBook;
pub use realms::RealmChange;
pub use renewals::{RenewNow, Suggestion};
pub use revoke::{Revoke, Which};
pub use role_bindings::NewBinding;
pub use roles::{RoleError, RoleWish};
pub use second_factor::SecondFactorError;
pub use server_keys::{ServerKeyError, ServerKeyOutcome, ServerKeyState, ServerKeyWish};
pub use sessions::{
    Identity, Session, SessionError, SessionLimits, SessionToken, Sessions, csrf_token,
    is_csrf_token,
};
pub use show::Shown;
pub use show_history::HistoryEvent;
pub use subscriptions::Subscribed;
pub use system::SystemState;
pub(crate) use turns::Turns;

use crate::{
    clients::{Cara, Hooks, Mail, Oidc, Webhooks},
    config::NotificationConfig,
    metrics::Metrics,
    store::Store,
};

/// Everything that the use cases work with.
pub struct Flows {
    pub(crate) store: Store,
    pub(crate) cara: Cara,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) policies: PolicyBook,
    pub(crate) sessions: Sessions,
    /// Of this service: tells whose certificate a peer shows.
    pub(crate) identity: Arc<tls::Identity>,
    pub(crate) passwords: Passwords,
    pub(crate) turns: Turns,
    pub(crate) webhooks: Webhooks,
    pub(crate) mail: Option<Mail>,
    pub(crate) hooks: Hooks,
    pub(crate) notifications: NotificationConfig,
    /// Where people log in who have no local account; absent: nowhere.
    pub(crate) oidc: Option<Oidc>,
    /// How often they may log in by device code.
    pub(crate) device_paces: DevicePaces,
    /// How this process stands.
    pub(crate) health: Health,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Metrics,
    pub(crate) approval_retry: time::Duration,
    /// Places for requests for certificates.
    pub(crate) places: tokio::sync::Semaphore,
}

/// Whether a text is no longer than so many characters, without control characters.
fn is_text(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(char::is_control)
}
