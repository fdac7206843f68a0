//! What a Kubernetes namespace keeps of the platform, as Secrets: the services' mutual-TLS identities, and what the
//! ingress and the administrator need of the PKI. Every step may be repeated, also after it was broken off: what is
//! there and still good stays, and nothing is issued twice.

mod api;
mod identities;
mod in_making;
mod pki;
mod secret;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::{
    api::{ApiConfig, Secrets},
    identities::IdentitiesConfig,
    pki::PkiSecrets,
};
pub use self::{identities::keep_identities, pki::keep_pki};

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
    /// Secret that holds the authority of the identities, and keys whose certificates are being made.
    state_secret: String,
    /// Mutual TLS between the services.
    identities: IdentitiesConfig,
    /// What is made of the PKI.
    pki: PkiSecrets,
}
