//! `/csrattrs` (RFC 7030 section 4.5, RFC 9908): what a request should look like, from policy and profile.

use ers_pki::csr::{AttributeHints, WantedAttribute};
use ers_proto::clm::v1::EdgePolicy;

use super::Flows;

impl Flows {
    /// CsrAttrs, DER; nothing when there is nothing to say.
    pub(crate) fn csr_attributes(policy: &EdgePolicy) -> Option<Vec<u8>> {
        let template = policy.template.clone().unwrap_or_default();
        let linking = policy.est.is_some_and(|est| est.linking_required);
        // With several kinds of keys the choice is the client's: RFC 9908 section 3.2 has no way to name them all.
        let key_algorithm = match template.key_algorithms.as_slice() {
            [only] => only.parse().ok(),
            _ => None,
        };
        let subject = template
            .subject
            .iter()
            .filter(|attribute| attribute.required)
            .filter_map(|attribute| {
                Some(WantedAttribute {
                    kind: attribute.oid.parse().ok()?,
                    value: Some(attribute.value.clone()).filter(|value| !value.is_empty()),
                })
            })
            .collect();
        let names_required = template.names.iter().any(|name| name.required);
        let hints = AttributeHints {
            challenge_password: linking,
            key_algorithm,
            subject,
            subject_alternative_names: names_required,
        };
        hints.to_der()
    }
}
