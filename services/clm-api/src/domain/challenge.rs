//! Challenges for one SCEP request each (RFC 8894 section 2.4): random, known here only by their digests.

use aws_lc_rs::digest;
use ers_pki::{csr::Csr, general_name::GeneralName};

use super::id::{EndEntityName, PolicyName};

/// For how long a challenge is good when nobody says.
pub const USUAL_VALIDITY: time::Duration = time::Duration::hours(1);
/// For how long at most.
pub const LONGEST_VALIDITY: time::Duration = time::Duration::days(30);

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// SHA-256 of its text, lower-case hex.
    pub digest: String,
    /// For requests under this policy only.
    pub policy: PolicyName,
    /// Whom it is for.
    pub end_entity: Option<EndEntityName>,
    /// The request must have this common name.
    pub common_name: Option<String>,
    /// The request must have these names and no others; none: any.
    pub names: Vec<GeneralName>,
    /// From when on it is worth nothing.
    pub expires_at_ms: i64,
    /// SHA-256 of the request that it was used for, lower-case hex.
    pub used_for: Option<String>,
}

/// SHA-256, lower-case hex.
pub fn digest_of(octets: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, octets))
}

impl Challenge {
    /// Whether it is good for a request, or why not. Used is used: only the same request may come again.
    pub fn check(&self, policy: &PolicyName, csr: &Csr, now_ms: i64) -> Result<(), &'static str> {
        if self.policy != *policy {
            return Err("it is for another policy");
        }
        if now_ms >= self.expires_at_ms {
            return Err("it has expired");
        }
        if self
            .used_for
            .as_ref()
            .is_some_and(|used| *used != digest_of(csr.der()))
        {
            return Err("it was used");
        }
        if self.common_name.is_some() && self.common_name != csr.subject().common_name() {
            return Err("it is for another common name");
        }
        let set = |names: &[GeneralName]| -> std::collections::BTreeSet<String> {
            names.iter().map(ToString::to_string).collect()
        };
        if !self.names.is_empty() && set(&self.names) != set(csr.names()) {
            return Err("it is for other names");
        }
        Ok(())
    }
}
