//! The subject of server certificates by the policy that they claim: sections 7.1.2.7.2 to 7.1.2.7.5, 7.1.4.1, 7.1.4.2;
//! EV Guidelines section 7.1.4.2.

use const_oid::ObjectIdentifier;
use time::macros::date;

use super::{DOMAIN_VALIDATED, EXTENDED_VALIDATION, INDIVIDUAL_VALIDATED, ORGANIZATION_VALIDATED};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::{iso3166, rules};
use crate::name::{Attribute, AttributeType};

rules! { CabfTls:
    DV_SUBJECT = Error "cabf-tls-dv-subject" ["BR §7.1.2.7.2"]
        "a domain validated certificate must have nothing but country and common name in its subject";
    ORGANIZATION = Error "cabf-tls-organization" ["BR §7.1.2.7.4, EVG §7.1.4.2.1"]
        "an organization or extended validated certificate must name its organization";
    COUNTRY = Error "cabf-tls-country" ["BR §7.1.2.7.3, §7.1.2.7.4, EVG §7.1.4.2.6"]
        "a certificate of an organization or an individual must name its country";
    PLACE = Error "cabf-tls-place" ["BR §7.1.2.7.3, §7.1.2.7.4"]
        "a certificate of an organization or an individual must name its state or province, or its locality";
    PERSON = Error "cabf-tls-person" ["BR §7.1.2.7.3"]
        "an individual validated certificate must name its person";
    PERSON_POLICY = Error "cabf-tls-person-policy" ["BR §7.1.2.7.3"]
        "given name and surname belong to individual validated certificates";
    UNIT = Error "cabf-tls-organizational-unit" ["BR §7.1.4.2"]
        "an organizational unit must not be there" since date!(2022-09-01);
    ISO_COUNTRY = Error "cabf-tls-iso-country" ["BR §7.1.4.2"]
        "a country must be one of ISO 3166-1, or XX";
    METADATA = Error "cabf-tls-metadata" ["BR §7.1.4.2"]
        "an attribute must not be a mere sign that it is absent";
    SINGLE = Error "cabf-tls-rdn-single" ["BR §7.1.4.1"]
        "each relative distinguished name must have one attribute, and each attribute stand once";
    ORDER = Error "cabf-tls-rdn-order" ["BR §7.1.4.2"]
        "attributes must stand in the order of this section" since date!(2023-09-15);
    EV_CATEGORY = Error "cabf-tls-ev-business-category" ["EVG §7.1.4.2.3"]
        "an EV certificate must have one of the four business categories";
    EV_JURISDICTION = Error "cabf-tls-ev-jurisdiction" ["EVG §7.1.4.2.4"]
        "an EV certificate must name the country of its jurisdiction";
    EV_SERIAL = Error "cabf-tls-ev-serial-number" ["EVG §7.1.4.2.5"]
        "an EV certificate must have the registration number in its subject";
    EV_WILDCARD = Error "cabf-tls-ev-wildcard" ["EVG §7.1.4.1"]
        "an EV certificate must have neither wildcards nor IP addresses";
}

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const COUNTRY_NAME: ObjectIdentifier = AttributeType::COUNTRY;
const COMMON_NAME: ObjectIdentifier = AttributeType::COMMON_NAME;
const ORGANIZATION_NAME: ObjectIdentifier = AttributeType::ORGANIZATION;
const SURNAME: ObjectIdentifier = oid("2.5.4.4");
const SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");
const LOCALITY: ObjectIdentifier = oid("2.5.4.7");
const STATE: ObjectIdentifier = oid("2.5.4.8");
const STREET: ObjectIdentifier = oid("2.5.4.9");
const ORGANIZATIONAL_UNIT: ObjectIdentifier = oid("2.5.4.11");
const BUSINESS_CATEGORY: ObjectIdentifier = oid("2.5.4.15");
const POSTAL_CODE: ObjectIdentifier = oid("2.5.4.17");
const GIVEN_NAME: ObjectIdentifier = oid("2.5.4.42");
const DOMAIN_COMPONENT: ObjectIdentifier = oid("0.9.2342.19200300.100.1.25");
const JURISDICTION_COUNTRY: ObjectIdentifier = oid("1.3.6.1.4.1.311.60.2.1.3");

/// The order of section 7.1.4.2.
const ORDER_OF_ATTRIBUTES: [ObjectIdentifier; 11] = [
    DOMAIN_COMPONENT,
    COUNTRY_NAME,
    STATE,
    LOCALITY,
    POSTAL_CODE,
    STREET,
    ORGANIZATION_NAME,
    SURNAME,
    GIVEN_NAME,
    ORGANIZATIONAL_UNIT,
    COMMON_NAME,
];

const CATEGORIES: [&[u8]; 4] = [
    b"Private Organization",
    b"Government Entity",
    b"Business Entity",
    b"Non-Commercial Entity",
];

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !super::is_subscriber(facts) {
        return;
    }
    let attributes = facts.subject_attributes();
    form(attributes, findings);
    for attribute in attributes {
        value(attribute, findings);
    }
    let has = |kind| attributes.iter().any(|attribute| attribute.oid == kind);
    let claims = |policy| facts.has_policy(policy);
    let person = has(GIVEN_NAME) || has(SURNAME);
    if claims(DOMAIN_VALIDATED) {
        let surplus = attributes
            .iter()
            .any(|attribute| ![COUNTRY_NAME, COMMON_NAME].contains(&attribute.oid));
        findings.check(&DV_SUBJECT, surplus);
    }
    let ev = claims(EXTENDED_VALIDATION);
    let organized = claims(ORGANIZATION_VALIDATED) || ev;
    let individual = claims(INDIVIDUAL_VALIDATED);
    findings.check(&ORGANIZATION, organized && !has(ORGANIZATION_NAME));
    findings.check(&COUNTRY, (organized || individual) && !has(COUNTRY_NAME));
    findings.check(
        &PLACE,
        (organized || individual) && !has(STATE) && !has(LOCALITY),
    );
    findings.check(
        &PERSON,
        individual && !(has(GIVEN_NAME) && has(SURNAME)) && !has(ORGANIZATION_NAME),
    );
    findings.check(&PERSON_POLICY, person && !individual);
    if ev {
        extended_validation(facts, findings);
    }
}

fn extended_validation(facts: &Facts<'_>, findings: &mut Findings) {
    let attributes = facts.subject_attributes();
    let has = |kind| attributes.iter().any(|attribute| attribute.oid == kind);
    let category = attributes.iter().any(|attribute| {
        attribute.oid == BUSINESS_CATEGORY && CATEGORIES.contains(&attribute.content)
    });
    findings.check(&EV_CATEGORY, !category);
    findings.check(&EV_JURISDICTION, !has(JURISDICTION_COUNTRY));
    findings.check(&EV_SERIAL, !has(SERIAL_NUMBER));
    let other = facts.alternative_names().iter().any(|name| {
        name.tag == 0x87 || name.content.starts_with(b"*.") && !name.content.ends_with(b".onion")
    });
    findings.check(&EV_WILDCARD, other);
}

/// One attribute in each relative distinguished name, none twice but domain components and streets, in order.
fn form(attributes: &[Attribute<'_>], findings: &mut Findings) {
    let multiple = attributes.iter().any(|attribute| !attribute.starts_rdn);
    let twice = attributes.iter().enumerate().any(|(place, attribute)| {
        ![DOMAIN_COMPONENT, STREET].contains(&attribute.oid)
            && attributes
                .iter()
                .take(place)
                .any(|before| before.oid == attribute.oid)
    });
    findings.check(&SINGLE, multiple || twice);
    let places = attributes.iter().filter_map(|attribute| {
        ORDER_OF_ATTRIBUTES
            .iter()
            .position(|known| *known == attribute.oid)
    });
    findings.check(&ORDER, !places.is_sorted());
}

fn value(attribute: &Attribute<'_>, findings: &mut Findings) {
    findings.check(&UNIT, attribute.oid == ORGANIZATIONAL_UNIT);
    if [COUNTRY_NAME, JURISDICTION_COUNTRY].contains(&attribute.oid) {
        let known = attribute.content == b"XX" || iso3166::is_country(attribute.content);
        findings.check(&ISO_COUNTRY, !known);
    }
    findings.check(&METADATA, is_metadata(attribute));
}

/// Whether the value is a mere sign that there is none.
pub(in crate::lint) fn is_metadata(attribute: &Attribute<'_>) -> bool {
    let is_sign = |octet: &u8| matches!(octet, b'.' | b'-' | b' ');
    !attribute.content.is_empty() && attribute.content.iter().all(is_sign)
}
