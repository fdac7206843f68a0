//! The other extensions: section 7.1.2.3 a to d and i to m.

use const_oid::ObjectIdentifier;

use super::{Claim, Generation, Validation};
use crate::asn1::{Element, Reader, oid, parse_all, tag};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { CabfSmime:
    POINTS = Error "cabf-smime-crl-dp" ["S/MIME BR §7.1.2.3 b"]
        "there must be CRL distribution points with an http URI";
    POINTS_PLACES = Error "cabf-smime-crl-dp-places" ["S/MIME BR §7.1.2.3 b"]
        "places of CRLs must be http URIs; in the legacy generation also ldap and ftp";
    POINTS_CRITICAL = Error "cabf-smime-crl-dp-critical" ["S/MIME BR §7.1.2.3 b"]
        "CRL distribution points must not be critical";
    ACCESS = Warning "cabf-smime-aia" ["S/MIME BR §7.1.2.3 c"]
        "it should say where its issuer's certificate lies";
    ACCESS_PLACES = Error "cabf-smime-aia-places" ["S/MIME BR §7.1.2.3 c"]
        "places of the issuer's certificate and of OCSP must be http URIs; in the legacy generation also ldap and ftp";
    POLICIES_CRITICAL = Warning "cabf-smime-policies-critical" ["S/MIME BR §7.1.2.3 a"]
        "certificate policies should not be critical";
    NOTICE_REFERENCE = Error "cabf-smime-notice-reference" ["S/MIME BR §7.1.2.3 a"]
        "a user notice must not have a noticeRef";
    ISSUER_KEY = Error "cabf-smime-aki" ["S/MIME BR §7.1.2.3 g"]
        "authorityKeyIdentifier must be there, not critical, with a keyIdentifier and nothing else";
    STATEMENTS_CRITICAL = Error "cabf-smime-qc-statements-critical" ["S/MIME BR §7.1.2.3 k"]
        "QCStatements must not be critical";
    DIRECTORY_ATTRIBUTES = Error "cabf-smime-subject-directory-attributes" ["S/MIME BR §7.1.2.3 j"]
        "subject directory attributes belong to the legacy generation, and not to mailbox validated certificates";
    LEI = Error "cabf-smime-lei" ["S/MIME BR §7.1.2.3 l"]
        "an LEI belongs to organizations and those whom they sponsor, a role to the latter; neither may be critical";
}

const LEI_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.52266.1");
const LEI_ROLE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.52266.2");
const USER_NOTICE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.2");
/// uniformResourceIdentifier of a GeneralName.
const URI: u8 = 0x86;

pub(super) fn check(facts: &Facts<'_>, claim: Option<Claim>, findings: &mut Findings) {
    let generation = claim.map(|claim| claim.generation);
    let legacy = generation == Some(Generation::Legacy);
    let points: Vec<Element<'_>> = facts
        .points
        .iter()
        .flatten()
        .flat_map(|point| point.full_name.iter().copied())
        .collect();
    let over_http = |place: &Element<'_>| place.tag == URI && has_scheme(place.content, "http");
    findings.check(&POINTS, !points.iter().any(over_http));
    let allowed = |place: &Element<'_>| {
        let older = ["ldap", "ftp"]
            .iter()
            .any(|scheme| has_scheme(place.content, scheme));
        over_http(place) || legacy && place.tag == URI && older
    };
    findings.check(&POINTS_PLACES, !points.iter().all(allowed));
    let access = facts.access.as_deref().unwrap_or_default();
    findings.check(&ACCESS, access.is_empty());
    let reachable = access.iter().all(|(_, place)| allowed(place));
    findings.check(&ACCESS_PLACES, !reachable);
    let is_critical = |kind| {
        facts
            .extension(kind)
            .is_some_and(|extension| extension.critical)
    };
    findings.check(&POINTS_CRITICAL, is_critical(oid::CRL_DISTRIBUTION_POINTS));
    findings.check(&POLICIES_CRITICAL, is_critical(oid::CERTIFICATE_POLICIES));
    let refers = |(kind, value): &(ObjectIdentifier, Element<'_>)| {
        *kind == USER_NOTICE && Reader::new(value.content).peek() == Some(tag::SEQUENCE)
    };
    let policies = facts.policies.as_deref().unwrap_or_default();
    let mut qualifiers = policies.iter().flat_map(|policy| &policy.qualifiers);
    findings.check(&NOTICE_REFERENCE, qualifiers.any(refers));
    let by_key = facts
        .extension(oid::AUTHORITY_KEY_IDENTIFIER)
        .is_some_and(|extension| !extension.critical && is_key_alone(extension.value));
    findings.check(&ISSUER_KEY, !by_key);
    findings.check(&STATEMENTS_CRITICAL, is_critical(oid::QC_STATEMENTS));
    let Some(claim) = claim else { return };
    let has = |kind| facts.extension(kind).is_some();
    let of_mailbox = claim.validation == Validation::Mailbox;
    findings.check(
        &DIRECTORY_ATTRIBUTES,
        has(oid::SUBJECT_DIRECTORY_ATTRIBUTES) && (of_mailbox || !legacy),
    );
    let of_organization =
        [Validation::Organization, Validation::Sponsor].contains(&claim.validation);
    let misplaced = has(LEI_IDENTIFIER) && !of_organization
        || has(LEI_ROLE) && claim.validation != Validation::Sponsor;
    let critical = is_critical(LEI_IDENTIFIER) || is_critical(LEI_ROLE);
    findings.check(&LEI, misplaced || critical);
}

/// Whether an AuthorityKeyIdentifier has a keyIdentifier and nothing else.
fn is_key_alone(value: &[u8]) -> bool {
    const WHAT: &str = "AuthorityKeyIdentifier";
    let read = parse_all(value, WHAT, |fields| fields.content(tag::context(0), WHAT));
    read.is_ok()
}

fn has_scheme(uri: &[u8], scheme: &str) -> bool {
    let (begin, rest) = uri.split_at_checked(scheme.len()).unwrap_or_default();
    begin.eq_ignore_ascii_case(scheme.as_bytes()) && rest.starts_with(b":")
}
