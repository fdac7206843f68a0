//! Policies: who may have which certificate. To add a rule: a field with a default in `definition.rs`, its check in
//! `decide/`, and a line in the README's example.

mod definition;
mod edges;
#[cfg(test)]
mod keys;
mod maintenance;
mod names;
mod network;
mod pattern;
mod ready;
mod server_keys;
mod subject;

pub use definition::{
    ImportRules, PolicyDefinition, PolicyError, RevocationRules, Rules, ValidityRules,
};
pub use edges::{AcmeRules, RenewalRules, TrustedIssuer};
pub use maintenance::MaintenanceRules;
pub use names::Unnamed;
pub use ready::{CLIENT_DEFAULTS, ready};
pub use subject::{CommonNameRule, SubjectRules};

/// A policy in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it says.
    pub definition: PolicyDefinition,
    /// Which version of it.
    pub version: u32,
    /// Whether any version wanted a person's approval: then a request may have a row that says more than the rules.
    pub has_ever_waited: bool,
    /// Since when.
    pub updated_at_ms: i64,
    /// By whom.
    pub updated_by: String,
}

/// What a policy said once. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Which version.
    pub version: u32,
    /// YAML, as it was written.
    pub definition: String,
    /// Since when it was in force.
    pub created_at_ms: i64,
    /// Who put it in force.
    pub created_by: String,
}
