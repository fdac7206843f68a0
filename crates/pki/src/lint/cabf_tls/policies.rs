//! Certificate policies of server certificates: sections 7.1.2.7.9 and 7.1.6.1.

use time::macros::date;

use super::{DOMAIN_VALIDATED, EXTENDED_VALIDATION, INDIVIDUAL_VALIDATED, ORGANIZATION_VALIDATED};
use crate::asn1::oid;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rfc5280::policies::{ANY_POLICY, CPS};
use crate::lint::rules;

rules! { CabfTls:
    MISSING = Error "cabf-tls-policies" ["BR §7.1.2.7.6"]
        "there must be certificate policies";
    RESERVED = Error "cabf-tls-policy-oid" ["BR §7.1.2.7.9"]
        "there must be exactly one of the Forum's policies: DV, OV, IV or EV";
    FIRST = Notice "cabf-tls-policy-first" ["BR §7.1.2.7.9"]
        "the Forum's policy is recommended to be the first";
    ANY = Error "cabf-tls-any-policy" ["BR §7.1.2.7.9"]
        "anyPolicy must not be there";
    QUALIFIER = Error "cabf-tls-policy-qualifier" ["BR §7.1.2.7.9"]
        "qualifiers other than a CPS pointer must not be there" since date!(2023-09-15);
    CRITICAL = Warning "cabf-tls-policies-critical" ["BR §7.1.2.7.6"]
        "certificatePolicies must not be critical";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !super::is_subscriber(facts) {
        return;
    }
    let Some(policies) = &facts.policies else {
        return findings.add(&MISSING);
    };
    let reserved = [
        DOMAIN_VALIDATED,
        ORGANIZATION_VALIDATED,
        INDIVIDUAL_VALIDATED,
        EXTENDED_VALIDATION,
    ];
    let claimed = policies
        .iter()
        .filter(|policy| reserved.contains(&policy.oid))
        .count();
    findings.check(&RESERVED, claimed != 1);
    let first = policies
        .first()
        .is_some_and(|first| reserved.contains(&first.oid));
    findings.check(&FIRST, claimed == 1 && !first);
    findings.check(&ANY, facts.has_policy(ANY_POLICY));
    let other = policies
        .iter()
        .flat_map(|policy| &policy.qualifiers)
        .any(|(id, _)| *id != CPS);
    findings.check(&QUALIFIER, other);
    let critical = facts
        .extension(oid::CERTIFICATE_POLICIES)
        .is_some_and(|extension| extension.critical);
    findings.check(&CRITICAL, critical);
}
