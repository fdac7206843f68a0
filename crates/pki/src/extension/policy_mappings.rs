//! Policy mappings, RFC 5280 section 4.2.1.5: critical, for CA certificates only.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::oid;

/// A policy of the issuer's and the one of the subject's that counts as the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyMapping {
    /// The policy in the issuer's domain.
    #[serde(with = "super::dotted")]
    pub issuer: ObjectIdentifier,
    /// The policy in the subject's domain.
    #[serde(with = "super::dotted")]
    pub subject: ObjectIdentifier,
}

pub(crate) fn write(writer: &mut Writer, mappings: &[PolicyMapping]) {
    super::write(writer, &oid::POLICY_MAPPINGS, true, |writer| {
        writer.sequence(|writer| {
            for mapping in mappings {
                writer.sequence(|writer| {
                    writer.oid(&mapping.issuer);
                    writer.oid(&mapping.subject);
                });
            }
        });
    });
}
