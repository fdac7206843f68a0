//! CLM: who asks, and the only way to policies and certificates.

use ers_enrollment::Edge;
use ers_proto::clm::v1::EdgePolicy;

/// EST among the edges of CLM.
pub struct Est;

impl Edge for Est {
    type Policy = EdgePolicy;

    const PROTOCOL: &'static str = "est";

    fn read(policy: EdgePolicy) -> Result<EdgePolicy, &'static str> {
        Ok(policy)
    }
}

/// CLM.
pub type Clm = ers_enrollment::Clm<Est>;
