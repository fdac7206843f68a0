//! CLM, the only way to certificates, policies and to who somebody is.

use ers_enrollment::Edge;
use ers_proto::clm::v1::EdgePolicy;

pub use ers_enrollment::{Authenticated, ClmError, Credential, Enrollment, Outcome, Question};

/// SCEP among the edges of CLM.
pub struct Scep;

/// CLM.
pub type Clm = ers_enrollment::Clm<Scep>;

/// What this edge must know of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its realm.
    pub realm: String,
    /// Name of the CA.
    pub issuer: String,
    /// DER, the issuing CA first, the root last.
    pub ca_chain: Vec<Vec<u8>>,
    /// DER of the CA certificate that will come next, and those above it; empty: none is in sight.
    pub next_ca_chain: Vec<Vec<u8>>,
    /// Whether triple DES and SHA-1 are taken.
    pub legacy_algorithms: bool,
    /// Whether a certificate may be used to ask for the next one.
    pub renewal_allowed: bool,
}

impl Edge for Scep {
    type Policy = Policy;

    const PROTOCOL: &'static str = "scep";

    fn read(policy: EdgePolicy) -> Result<Policy, &'static str> {
        Ok(read(policy))
    }
}

fn read(policy: EdgePolicy) -> Policy {
    let settings = policy.scep.unwrap_or_default();
    let next = Some(policy.next_ca_certificate).filter(|der| !der.is_empty());
    Policy {
        name: policy.name,
        realm: policy.realm,
        issuer: policy.issuer,
        ca_chain: policy.ca_chain,
        next_ca_chain: match next {
            Some(next) => std::iter::once(next).chain(policy.next_ca_chain).collect(),
            None => Vec::new(),
        },
        legacy_algorithms: settings.legacy_algorithms,
        renewal_allowed: settings.renewal_allowed,
    }
}
