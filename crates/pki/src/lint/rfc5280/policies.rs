//! Certificate policies and what stands beside them: mappings, constraints, inhibitAnyPolicy. RFC 5280 sections 4.2.1.4,
//! 4.2.1.5, 4.2.1.11, 4.2.1.14; RFC 6818 section 3.

use const_oid::ObjectIdentifier;

use super::extension::{
    ENCODING, INHIBIT_ANY_POLICY_OID, POLICY_CONSTRAINTS_OID, POLICY_MAPPINGS_OID,
};
use super::syntax;
use crate::asn1::{Element, Malformed, Reader, integer_u64, parse_all, tag};
use crate::lint::facts::{Facts, read_list};
use crate::lint::finding::Findings;
use crate::lint::rules;

rules! { Rfc5280:
    DUPLICATE = Error "rfc5280-policy-duplicate" ["RFC 5280 §4.2.1.4"]
        "a policy must not stand twice";
    ANY_QUALIFIER = Error "rfc5280-any-policy-qualifier" ["RFC 5280 §4.2.1.4"]
        "qualifiers of anyPolicy must be those of this section";
    QUALIFIED = Notice "rfc5280-policy-qualifier" ["RFC 5280 §4.2.1.4"]
        "policies are recommended to have no qualifiers";
    CPS_URI = Error "rfc5280-cps-uri" ["RFC 5280 §4.2.1.4"]
        "a CPS pointer must be an absolute URI in an IA5String";
    EXPLICIT_TEXT_TYPE = Error "rfc5280-explicit-text-type" ["RFC 6818 §3"]
        "explicitText must be UTF8String, VisibleString or BMPString";
    EXPLICIT_TEXT_UTF8 = Warning "rfc5280-explicit-text-utf8" ["RFC 6818 §3"]
        "explicitText should be UTF8String";
    EXPLICIT_TEXT_LENGTH = Error "rfc5280-explicit-text-length" ["RFC 5280 §4.2.1.4"]
        "explicitText must have 1 to 200 characters";
    EXPLICIT_TEXT_CONTROL = Warning "rfc5280-explicit-text-control" ["RFC 6818 §3"]
        "explicitText should not have control characters";
    NOTICE_REFERENCE = Warning "rfc5280-notice-reference" ["RFC 5280 §4.2.1.4"]
        "noticeRef should not be used";
    MAPPING_ANY = Error "rfc5280-mapping-any-policy" ["RFC 5280 §4.2.1.5"]
        "policies must not be mapped to or from anyPolicy";
    MAPPING_UNKNOWN = Warning "rfc5280-mapping-not-asserted" ["RFC 5280 §4.2.1.5"]
        "an issuer domain policy that is mapped should be among the certificate policies";
    CONSTRAINTS_EMPTY = Error "rfc5280-policy-constraints-empty" ["RFC 5280 §4.2.1.11"]
        "policyConstraints must not be empty";
    NOT_IN_CA = Error "rfc5280-policy-extension-without-ca" ["RFC 5280 §4.2.1.5, §4.2.1.11, §4.2.1.14"]
        "policyMappings, policyConstraints and inhibitAnyPolicy belong to CA certificates only";
}

pub(in crate::lint) const ANY_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.5.29.32.0");
pub(in crate::lint) const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const USER_NOTICE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.2");
const VISIBLE_STRING: u8 = 0x1a;

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let policies = facts.policies.as_deref().unwrap_or_default();
    for (place, policy) in policies.iter().enumerate() {
        let twice = policies
            .iter()
            .take(place)
            .any(|before| before.oid == policy.oid);
        if twice {
            findings.say(&DUPLICATE, || {
                format!("the policy {} stands twice", policy.oid)
            });
        }
        findings.check(&QUALIFIED, !policy.qualifiers.is_empty());
        for (id, value) in &policy.qualifiers {
            match *id {
                CPS => cps(value, findings),
                USER_NOTICE => user_notice(value, findings),
                _ => findings.check(&ANY_QUALIFIER, policy.oid == ANY_POLICY),
            }
        }
    }
    mappings(facts, findings);
    constraints(facts, findings);
}

fn cps(value: &Element<'_>, findings: &mut Findings) {
    let sound = value.tag == tag::IA5_STRING
        && syntax::ia5(value).is_ok_and(|text| syntax::uri(text).is_ok());
    findings.check(&CPS_URI, !sound);
}

fn user_notice(value: &Element<'_>, findings: &mut Findings) {
    const WHAT: &str = "UserNotice";
    let read = parse_all(value.whole, WHAT, |fields| {
        let reference = fields.optional(tag::SEQUENCE, WHAT)?;
        let text = if fields.is_empty() {
            None
        } else {
            Some(fields.element(WHAT)?)
        };
        Ok::<_, Malformed>((reference.is_some(), text))
    });
    let (reference, text) = match read {
        Ok(notice) => notice,
        Err(malformed) => return findings.say(&ENCODING, || malformed.to_string()),
    };
    findings.check(&NOTICE_REFERENCE, reference);
    let Some(text) = text else {
        return;
    };
    let characters: Vec<char> = match text.tag {
        tag::UTF8_STRING | VISIBLE_STRING => match std::str::from_utf8(text.content) {
            Ok(text) => text.chars().collect(),
            Err(_) => return findings.add(&EXPLICIT_TEXT_TYPE),
        },
        tag::BMP_STRING => {
            let units = text.content.as_chunks::<2>().0.iter();
            char::decode_utf16(units.map(|pair| u16::from_be_bytes(*pair)))
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => return findings.add(&EXPLICIT_TEXT_TYPE),
    };
    findings.check(&EXPLICIT_TEXT_UTF8, text.tag != tag::UTF8_STRING);
    findings.check(
        &EXPLICIT_TEXT_LENGTH,
        !(1..=200).contains(&characters.len()),
    );
    findings.check(
        &EXPLICIT_TEXT_CONTROL,
        characters.iter().any(|sign| sign.is_control()),
    );
}

fn mappings(facts: &Facts<'_>, findings: &mut Findings) {
    const WHAT: &str = "PolicyMappings";
    let Some(extension) = facts.extension(POLICY_MAPPINGS_OID) else {
        return;
    };
    findings.check(&NOT_IN_CA, !facts.is_ca());
    let read = read_list(extension.value, WHAT, |fields| {
        let mut pair = fields.sequence(WHAT)?;
        let mapping = (pair.oid(WHAT)?, pair.oid(WHAT)?);
        pair.finish(WHAT)?;
        Ok(mapping)
    });
    match read {
        Err(malformed) => findings.say(&ENCODING, || malformed.to_string()),
        Ok(mappings) => {
            for (issuer, subject) in mappings {
                findings.check(&MAPPING_ANY, issuer == ANY_POLICY || subject == ANY_POLICY);
                findings.check(&MAPPING_UNKNOWN, !facts.has_policy(issuer));
            }
        }
    }
}

fn constraints(facts: &Facts<'_>, findings: &mut Findings) {
    const WHAT: &str = "PolicyConstraints";
    if let Some(extension) = facts.extension(POLICY_CONSTRAINTS_OID) {
        findings.check(&NOT_IN_CA, !facts.is_ca());
        let read = parse_all(extension.value, WHAT, |fields| {
            let mut any = false;
            for number in 0..2 {
                if let Some(content) = fields.optional(tag::context(number), WHAT)? {
                    integer_u64(content, WHAT)?;
                    any = true;
                }
            }
            Ok::<_, Malformed>(any)
        });
        match read {
            Err(malformed) => findings.say(&ENCODING, || malformed.to_string()),
            Ok(any) => findings.check(&CONSTRAINTS_EMPTY, !any),
        }
    }
    if let Some(extension) = facts.extension(INHIBIT_ANY_POLICY_OID) {
        findings.check(&NOT_IN_CA, !facts.is_ca());
        let mut reader = Reader::new(extension.value);
        let skip = reader
            .content(tag::INTEGER, "InhibitAnyPolicy")
            .and_then(|content| integer_u64(content, "InhibitAnyPolicy"));
        if skip.is_err() || !reader.is_empty() {
            findings.say(&ENCODING, || {
                "inhibitAnyPolicy must be an INTEGER".to_owned()
            });
        }
    }
}
