//! RFC 5280 section 4 and appendix A, with the RFCs that amend it (6818, 9549, 9598) and those that say how keys and
//! algorithms stand in certificates (3279, 4055, 5480, 5758, 8410, 8813).

pub(super) mod alternative_name;
pub(super) mod authority;
pub(super) mod certificate;
pub(super) mod constraints;
pub(super) mod extension;
pub(super) mod key;
pub(super) mod location;
pub(super) mod name;
pub(super) mod policies;
pub(super) mod syntax;
pub(super) mod usage;

use super::Check;

pub(super) const CHECKS: [Check; 10] = [
    certificate::check,
    key::check,
    name::check,
    extension::check,
    alternative_name::check,
    authority::check,
    usage::check,
    policies::check,
    constraints::check,
    location::check,
];
