//! What a Kubernetes namespace keeps of the platform, as Secrets: the services' mutual-TLS identities, and what the
//! ingress and the administrator need of the PKI. Every step may be repeated, also after it was broken off: what is
//! there and still good stays, and nothing is issued twice.

mod api;
mod identities;
mod pki;
mod secret;
mod state;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::{
    api::{ApiConfig, Secrets},
    identities::IdentitiesConfig,
    pki::PkiSecrets,
    state::State,
};
pub use self::{identities::keep_identities, pki::keep_pki};
use crate::failure::Outcome;

/// The Secrets of the platform in a namespace; the chart gives the names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// Where the API is; absent: as a pod finds it.
    #[serde(default)]
    api: ApiConfig,
    /// Labels of every Secret.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Secret that holds what a repeated job must know: the authority of the identities, keys whose certificates are being
    /// made, and what was done once.
    state_secret: String,
    /// Mutual TLS between the services; absent: somebody else makes their identities.
    identities: Option<IdentitiesConfig>,
    /// What is made of the PKI.
    pki: PkiSecrets,
}

impl ClusterConfig {
    /// Whether the act was done under this root (fingerprint of its certificate). What people may change afterwards is
    /// done once.
    pub async fn is_marked(&self, act: &str, root: &[u8]) -> Outcome<bool> {
        self.state(&self.secrets()?).is_marked(act, root).await
    }

    /// It was done.
    pub async fn mark(&self, act: &str, root: &[u8]) -> Outcome<()> {
        self.state(&self.secrets()?).mark(act, root).await
    }

    fn secrets(&self) -> Outcome<Secrets> {
        Secrets::open(&self.api, &self.labels)
    }

    fn state<'a>(&'a self, secrets: &'a Secrets) -> State<'a> {
        State {
            secrets,
            name: &self.state_secret,
        }
    }
}
