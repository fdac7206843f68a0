//! What a request may have a say in beside subject and names.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Surplus;

/// Which wishes of a request count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestRule {
    /// Whether it may say how long the certificate is valid, up to the longest.
    pub validity: bool,
    /// Whether it may say from when on the certificate is valid.
    pub not_before: bool,
    /// Whether it may choose among the profile's key usages.
    pub key_usage: bool,
    /// Whether it may choose among the profile's extended key usages.
    pub extended_key_usage: bool,
    /// Extensions that are taken over as the request has them, by object identifier. None that has a field of its own in
    /// profiles, and none that the issuer writes.
    #[serde(
        serialize_with = "super::write_oids",
        deserialize_with = "super::read_oids"
    )]
    pub extensions: Vec<ObjectIdentifier>,
    /// What becomes of wishes that do not count.
    pub surplus: Surplus,
}

impl Default for RequestRule {
    fn default() -> Self {
        Self {
            validity: true,
            not_before: true,
            key_usage: false,
            extended_key_usage: false,
            extensions: Vec::new(),
            surplus: Surplus::Drop,
        }
    }
}

impl RequestRule {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        self.extensions
            .iter()
            .any(|extension| crate::extension::is_written_otherwise(*extension))
            .then_some("an extension that has a field of its own cannot come from the request")
    }
}
