//! CLM, the only way to certificates, policies, revocation and external account keys.

use ers_enrollment::Edge;
use ers_proto::clm::v1::EdgePolicy;

pub use ers_enrollment::{ClmError, Enrollment, Outcome, RenewalWindow};

use super::policy;
use crate::domain::policy::Policy;

/// ACME among the edges of CLM.
pub struct Acme;

impl Edge for Acme {
    type Policy = Policy;

    const PROTOCOL: &'static str = "acme";

    fn read(policy: EdgePolicy) -> Result<Policy, &'static str> {
        policy::read(policy)
    }
}

/// CLM.
pub type Clm = ers_enrollment::Clm<Acme>;
