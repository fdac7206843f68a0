//! CA/Browser Forum Baseline Requirements for TLS server certificates (version 2.1), section 7.1 and those that it
//! refers to, and the Extended Validation Guidelines (version 2) for certificates that claim EV.
//!
//! What needs more than one certificate's bytes is not asked: whether a name is in the public suffix list, whether a
//! top-level domain is delegated, whether control was validated.

pub(super) mod authority;
pub(super) mod extension;
pub(super) mod key;
pub(super) mod names;
pub(super) mod policies;
pub(super) mod subject;
pub(super) mod validity;

use const_oid::ObjectIdentifier;

use super::Check;
use super::facts::Facts;
use crate::extension::ExtendedKeyUsage;

pub(super) const CHECKS: [Check; 7] = [
    key::check,
    validity::check,
    names::check,
    subject::check,
    policies::check,
    extension::check,
    authority::check,
];

/// Reserved policies, section 7.1.6.1.
pub(super) const DOMAIN_VALIDATED: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.23.140.1.2.1");
pub(super) const ORGANIZATION_VALIDATED: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.23.140.1.2.2");
pub(super) const INDIVIDUAL_VALIDATED: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.23.140.1.2.3");
pub(super) const EXTENDED_VALIDATION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.23.140.1.1");

/// Whether it is a certificate of a server, neither of a CA nor of its OCSP responder.
fn is_subscriber(facts: &Facts<'_>) -> bool {
    !facts.is_ca() && !facts.has_purpose(ExtendedKeyUsage::OCSP_SIGNING.oid())
}

/// Whether it signs itself: a CA certificate whose subject is its issuer.
fn is_root(facts: &Facts<'_>) -> bool {
    facts.is_ca() && facts.is_self_issued()
}
