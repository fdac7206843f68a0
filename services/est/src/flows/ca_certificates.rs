//! `/cacerts` (RFC 7030 section 4.1): the CA's certificates, those between its keys, and the next ones when a new key is
//! prepared.

use ers_pki::cms;
use ers_proto::clm::v1::EdgePolicy;

use super::Flows;
use crate::failure::Failure;

impl Flows {
    /// All of them, a certs-only CMS message, DER.
    pub(crate) fn ca_certificates(policy: &EdgePolicy) -> Result<Vec<u8>, Failure> {
        let next = Some(&policy.next_ca_certificate).filter(|der| !der.is_empty());
        let all: Vec<&[u8]> = policy
            .ca_chain
            .iter()
            .chain(&policy.link_certificates)
            .chain(next)
            .chain(&policy.next_ca_chain)
            .map(Vec::as_slice)
            .collect();
        if all.is_empty() {
            return Err(Failure::NotFound(
                "the CA of the policy has no certificate yet".to_owned(),
            ));
        }
        Ok(cms::certificates_only(all))
    }
}
