//! Policy constraints, RFC 5280 section 4.2.1.11, and inhibit anyPolicy, section 4.2.1.14: both critical, for CA
//! certificates only.

use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::{oid, tag};

/// After how many certificates policies must be named, and may no longer be mapped; at least one of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit_policy: Option<u32>,
    /// inhibitPolicyMapping.
    pub inhibit_policy_mapping: Option<u32>,
}

pub(crate) fn write(writer: &mut Writer, constraints: PolicyConstraints) {
    super::write(writer, &oid::POLICY_CONSTRAINTS, true, |writer| {
        writer.sequence(|writer| {
            for (number, skipped) in [
                (0, constraints.require_explicit_policy),
                (1, constraints.inhibit_policy_mapping),
            ] {
                if let Some(skipped) = skipped {
                    writer.tagged_integer(tag::context(number), skipped.into());
                }
            }
        });
    });
}

/// Writes inhibit anyPolicy: after so many certificates anyPolicy counts for nothing.
pub(crate) fn write_inhibit_any(writer: &mut Writer, skipped: u32) {
    super::write(writer, &oid::INHIBIT_ANY_POLICY, true, |writer| {
        writer.integer(skipped.into());
    });
}
