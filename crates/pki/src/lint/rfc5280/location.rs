//! Where things lie: CRL distribution points, freshest CRL, authority and subject information access. RFC 5280 sections
//! 4.2.1.13, 4.2.1.15, 4.2.2.1, 4.2.2.2.

use super::extension::{ENCODING, FRESHEST_CRL_OID, SUBJECT_ACCESS_OID};
use super::syntax;
use crate::asn1::{Element, oid};
use crate::lint::facts::{Facts, Point, read_access, read_points};
use crate::lint::finding::Findings;
use crate::lint::{Rule, rules};

rules! { Rfc5280:
    POINT_EMPTY = Error "rfc5280-crl-dp-empty" ["RFC 5280 §4.2.1.13"]
        "a distribution point must have a distributionPoint or a cRLIssuer";
    POINT_NAME = Warning "rfc5280-crl-dp-uri" ["RFC 5280 §4.2.1.13"]
        "a distribution point should have at least one LDAP or HTTP URI";
    POINT_URI = Error "rfc5280-crl-dp-uri-syntax" ["RFC 5280 §4.2.1.13"]
        "a URI of a distribution point must be absolute";
    ACCESS_URI = Error "rfc5280-aia-uri-syntax" ["RFC 5280 §4.2.2.1"]
        "a URI of an information access must be absolute";
    ACCESS_LOCATION = Warning "rfc5280-aia-location" ["RFC 5280 §4.2.2.1"]
        "an access location should be a URI that begins with http or ldap";
    HTTPS = Warning "rfc5280-location-https" ["RFC 5280 §8"]
        "status information over https cannot be checked before it is read";
}

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for point in facts.points.iter().flatten() {
        distribution_point(point, findings);
    }
    if let Some(extension) = facts.extension(FRESHEST_CRL_OID) {
        match read_points(extension.value) {
            Ok(points) => points
                .iter()
                .for_each(|point| distribution_point(point, findings)),
            Err(malformed) => findings.say(&ENCODING, || malformed.to_string()),
        }
    }
    for (method, location) in facts.access.iter().flatten() {
        if *method == oid::AD_OCSP || *method == oid::AD_CA_ISSUERS {
            access_location(location, findings);
        }
    }
    if let Some(extension) = facts.extension(SUBJECT_ACCESS_OID)
        && let Err(malformed) = read_access(extension.value)
    {
        findings.say(&ENCODING, || malformed.to_string());
    }
}

fn distribution_point(point: &Point<'_>, findings: &mut Findings) {
    findings.check(&POINT_EMPTY, !point.has_name && !point.has_issuer);
    let mut fetchable = false;
    for name in point.full_name.iter().filter(|name| name.tag == 0x86) {
        fetchable |= uri(name, &POINT_URI, findings).is_some_and(|uri| {
            ["http:", "https:", "ldap:", "ldaps:"]
                .iter()
                .any(|scheme| uri.starts_with(scheme))
        });
    }
    findings.check(&POINT_NAME, !point.full_name.is_empty() && !fetchable);
}

fn access_location(location: &Element<'_>, findings: &mut Findings) {
    if location.tag != 0x86 {
        return findings.add(&ACCESS_LOCATION);
    }
    let fetchable = uri(location, &ACCESS_URI, findings)
        .is_none_or(|uri| uri.starts_with("http") || uri.starts_with("ldap"));
    findings.check(&ACCESS_LOCATION, !fetchable);
}

/// The URI if it can be one; lower case up to the colon.
fn uri(name: &Element<'_>, rule: &'static Rule, findings: &mut Findings) -> Option<String> {
    let text = match syntax::ia5(name) {
        Ok(text) if syntax::uri(text).is_ok() => text,
        _ => {
            findings.say(rule, || {
                format!("\"{}\" is no absolute URI", name.content.escape_ascii())
            });
            return None;
        }
    };
    let (scheme, rest) = text.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    findings.check(&HTTPS, scheme == "https");
    Some(format!("{scheme}:{rest}"))
}
