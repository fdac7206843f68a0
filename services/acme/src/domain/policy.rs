//! What this edge must know of a policy of CLM.

use std::net::IpAddr;

use ers_pki::certificate::Certificate;
use ers_runtime::http::Network;
use time::Duration;

use super::challenge::ChallengeKind;

/// A policy under which a directory works.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whether accounts must be bound to an external account.
    pub external_account_required: bool,
    /// Whether wildcards may be ordered.
    pub wildcards_allowed: bool,
    /// Whether CAA records are honoured, and by which names they know us.
    pub caa_identities: Option<Vec<String>>,
    /// Policies that a client may choose instead of this one (draft-ietf-acme-profiles).
    pub profiles: Vec<String>,
    /// The challenges that are offered.
    pub challenges: Vec<ChallengeKind>,
    /// How long a proven authorization may serve later orders; `None`: never.
    pub reuse_within: Option<Duration>,
    /// Where validations may go, beside what the configuration denies.
    pub networks: ReachableNetworks,
    /// Certificates of this CA's keys by each other, for other chains than the usual one.
    pub link_certificates: Vec<Certificate>,
}

/// Where validations may go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReachableNetworks {
    /// Only there; empty: everywhere.
    pub allowed: Vec<Network>,
    /// Not there.
    pub denied: Vec<Network>,
}

impl ReachableNetworks {
    /// Whether an address may be connected to.
    pub fn contain(&self, address: IpAddr) -> bool {
        let within = |networks: &[Network]| networks.iter().any(|network| network.reaches(address));
        !within(&self.denied) && (self.allowed.is_empty() || within(&self.allowed))
    }
}
