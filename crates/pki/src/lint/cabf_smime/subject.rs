//! Subject and subject alternative names by what the policy claims: sections 7.1.2.3 h and 7.1.4.2.

use const_oid::ObjectIdentifier;

use super::{Claim, Generation, Validation};
use crate::asn1::{Element, Reader, tag};
use crate::lint::cabf_tls::subject::is_metadata;
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::{iso3166, rules};
use crate::name::Attribute;

rules! { CabfSmime:
    SAN = Error "cabf-smime-san" ["S/MIME BR §7.1.2.3 h"]
        "there must be a subject alternative name with a mailbox";
    SAN_KIND = Error "cabf-smime-san-kind" ["S/MIME BR §7.1.2.3 h"]
        "subject alternative names must be mailboxes, directory names or other names; strict certificates have no other names but SmtpUTF8Mailbox";
    SUBJECT_MAILBOX = Error "cabf-smime-subject-mailbox" ["S/MIME BR §7.1.4.2.1"]
        "a mailbox in the subject must be among the subject alternative names";
    COMMON_NAME = Error "cabf-smime-common-name" ["S/MIME BR §7.1.4.2.2 a"]
        "the common name must be a mailbox of the subject alternative names, or the name of who is validated";
    MAILBOX_SUBJECT = Error "cabf-smime-mailbox-validated" ["S/MIME BR §7.1.4.2.3"]
        "a mailbox validated certificate must have nothing but common name, serial number and e-mail address in its subject";
    FORBIDDEN = Error "cabf-smime-attribute-forbidden" ["S/MIME BR §7.1.4.2.4, §7.1.4.2.5, §7.1.4.2.6"]
        "the subject has an attribute that its policy does not allow";
    ORGANIZATION_MISSING = Error "cabf-smime-organization" ["S/MIME BR §7.1.4.2.4, §7.1.4.2.5"]
        "a certificate of an organization or of one whom it sponsors must name it, and its identifier";
    PERSON_MISSING = Error "cabf-smime-person" ["S/MIME BR §7.1.4.2.5, §7.1.4.2.6"]
        "a certificate of a person must have given name, surname or pseudonym";
    PSEUDONYM = Error "cabf-smime-pseudonym" ["S/MIME BR §7.1.4.2.2 f"]
        "a pseudonym must not stand beside given name or surname";
    PLACE = Error "cabf-smime-place" ["S/MIME BR §7.1.4.2.2"]
        "a street needs locality or state; locality, state and postal code need a country";
    COUNTRY = Error "cabf-smime-iso-country" ["S/MIME BR §7.1.4.2.2 n"]
        "a country must be one of ISO 3166-1, or XX";
    METADATA = Error "cabf-smime-metadata" ["S/MIME BR §7.1.4.2"]
        "an attribute must not be a mere sign that it is absent";
    IDENTIFIER = Error "cabf-smime-organization-identifier" ["S/MIME BR §7.1.4.2.2 d, Appendix A"]
        "an organization identifier must be a scheme of appendix A with its country, and a reference where the scheme has one";
    IDENTIFIER_COUNTRY = Error "cabf-smime-organization-identifier-country" ["S/MIME BR §7.1.4.2.2 n"]
        "the country of the organization identifier must be the subject's";
}

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const COMMON: ObjectIdentifier = oid("2.5.4.3");
const SURNAME: ObjectIdentifier = oid("2.5.4.4");
const SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");
const COUNTRY_NAME: ObjectIdentifier = oid("2.5.4.6");
const LOCALITY: ObjectIdentifier = oid("2.5.4.7");
const STATE: ObjectIdentifier = oid("2.5.4.8");
const STREET: ObjectIdentifier = oid("2.5.4.9");
const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
const UNIT: ObjectIdentifier = oid("2.5.4.11");
const TITLE: ObjectIdentifier = oid("2.5.4.12");
const POSTAL_CODE: ObjectIdentifier = oid("2.5.4.17");
const GIVEN_NAME: ObjectIdentifier = oid("2.5.4.42");
const PSEUDONYM_NAME: ObjectIdentifier = oid("2.5.4.65");
const ORGANIZATION_IDENTIFIER: ObjectIdentifier = oid("2.5.4.97");
const EMAIL_ADDRESS: ObjectIdentifier = oid("1.2.840.113549.1.9.1");
/// id-on-SmtpUTF8Mailbox, encoded.
const UTF8_MAILBOX: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9];

const RFC822_NAME: u8 = 0x81;
const OTHER_NAME: u8 = 0xa0;
const DIRECTORY_NAME: u8 = 0xa4;

pub(super) fn check(facts: &Facts<'_>, claim: Option<Claim>, findings: &mut Findings) {
    check_names(facts, claim, findings);
    let attributes = facts.subject_attributes();
    let mailboxes: Vec<&[u8]> = facts
        .alternative_names()
        .iter()
        .filter_map(mailbox)
        .collect();
    for attribute in attributes {
        let is_mailbox = attribute.oid == EMAIL_ADDRESS || looks_like_mailbox(attribute.content);
        let same = |mailbox: &&[u8]| match attribute.oid == EMAIL_ADDRESS {
            true => mailbox.eq_ignore_ascii_case(attribute.content),
            false => *mailbox == attribute.content,
        };
        findings.check(&SUBJECT_MAILBOX, is_mailbox && !mailboxes.iter().any(same));
        let country = attribute.oid == COUNTRY_NAME && !iso3166::is_country(attribute.content);
        findings.check(&COUNTRY, country && attribute.content != b"XX");
        findings.check(&METADATA, is_metadata(attribute));
    }
    let has = |kind| attributes.iter().any(|attribute| attribute.oid == kind);
    let is_named = has(GIVEN_NAME) || has(SURNAME);
    findings.check(&PSEUDONYM, has(PSEUDONYM_NAME) && is_named);
    let placeless = [LOCALITY, STATE, POSTAL_CODE].into_iter().any(has) && !has(COUNTRY_NAME);
    let astray = has(STREET) && !has(LOCALITY) && !has(STATE);
    findings.check(&PLACE, placeless || astray);
    check_identifiers(attributes, findings);
    if let Some(claim) = claim {
        check_claim(attributes, claim, findings);
        check_common_name(attributes, claim, &mailboxes, findings);
    }
}

fn check_names(facts: &Facts<'_>, claim: Option<Claim>, findings: &mut Findings) {
    let names = facts.alternative_names();
    findings.check(&SAN, !names.iter().any(|name| mailbox(name).is_some()));
    let strict = claim.is_some_and(|claim| claim.generation == Generation::Strict);
    let wrong = names.iter().any(|name| match name.tag {
        RFC822_NAME | DIRECTORY_NAME => false,
        OTHER_NAME => strict && !name.content.starts_with(UTF8_MAILBOX),
        _ => true,
    });
    findings.check(&SAN_KIND, wrong);
}

/// The mailbox that a GeneralName is.
fn mailbox<'a>(name: &Element<'a>) -> Option<&'a [u8]> {
    match name.tag {
        RFC822_NAME => Some(name.content),
        OTHER_NAME => {
            let value = name.content.strip_prefix(UTF8_MAILBOX)?;
            let mut value = Reader::new(value);
            let explicit = value.content(tag::context_constructed(0), "OtherName");
            Reader::new(explicit.ok()?)
                .content(tag::UTF8_STRING, "SmtpUTF8Mailbox")
                .ok()
        }
        _ => None,
    }
}

fn looks_like_mailbox(text: &[u8]) -> bool {
    let mut parts = text.split(|octet| *octet == b'@');
    let (local, domain, more) = (parts.next(), parts.next(), parts.next());
    let is_word = |part: &[u8]| !part.is_empty() && !part.contains(&b' ');
    local.is_some_and(is_word)
        && domain.is_some_and(|domain| is_word(domain) && domain.contains(&b'.'))
        && more.is_none()
}

fn check_claim(attributes: &[Attribute<'_>], claim: Claim, findings: &mut Findings) {
    let has = |kind| attributes.iter().any(|attribute| attribute.oid == kind);
    let legacy = claim.generation == Generation::Legacy;
    let is_of_organization =
        [Validation::Organization, Validation::Sponsor].contains(&claim.validation);
    let is_of_person = [Validation::Sponsor, Validation::Individual].contains(&claim.validation);
    let allowed = |kind| match kind {
        COMMON | SERIAL_NUMBER | EMAIL_ADDRESS => true,
        _ if claim.validation == Validation::Mailbox => false,
        COUNTRY_NAME | LOCALITY | STATE => true,
        STREET | POSTAL_CODE => claim.generation != Generation::Strict,
        ORGANIZATION | UNIT | ORGANIZATION_IDENTIFIER => is_of_organization,
        GIVEN_NAME | SURNAME | PSEUDONYM_NAME | TITLE => is_of_person,
        _ => legacy,
    };
    let rule = match claim.validation {
        Validation::Mailbox => &MAILBOX_SUBJECT,
        _ => &FORBIDDEN,
    };
    findings.check(
        rule,
        attributes.iter().any(|attribute| !allowed(attribute.oid)),
    );
    let is_organized = has(ORGANIZATION) && has(ORGANIZATION_IDENTIFIER);
    findings.check(&ORGANIZATION_MISSING, is_of_organization && !is_organized);
    let is_named = [GIVEN_NAME, SURNAME, PSEUDONYM_NAME].into_iter().any(has);
    let is_person = is_named || legacy && has(COMMON);
    findings.check(&PERSON_MISSING, is_of_person && !is_person);
}

fn check_common_name(
    attributes: &[Attribute<'_>],
    claim: Claim,
    mailboxes: &[&[u8]],
    findings: &mut Findings,
) {
    let of = |kind| {
        attributes
            .iter()
            .filter(move |attribute| attribute.oid == kind)
    };
    let is_named = of(GIVEN_NAME).chain(of(SURNAME)).next().is_some();
    let legacy = claim.generation == Generation::Legacy;
    let free = match claim.validation {
        Validation::Sponsor | Validation::Individual => {
            is_named || legacy && of(PSEUDONYM_NAME).next().is_none()
        }
        Validation::Mailbox | Validation::Organization => false,
    };
    let also = match claim.validation {
        Validation::Mailbox => None,
        Validation::Organization => Some(ORGANIZATION),
        Validation::Sponsor | Validation::Individual => Some(PSEUDONYM_NAME),
    };
    let known = |name: &Attribute<'_>| {
        let repeated = also.is_some_and(|kind| of(kind).any(|other| other.content == name.content));
        repeated || mailboxes.contains(&name.content)
    };
    findings.check(&COMMON_NAME, !free && !of(COMMON).all(known));
}

/// What stands in an organization identifier, such as `NTRDE-HRB 12345` or `NTRUS+CA-1234`.
struct Identifier<'a> {
    scheme: &'a [u8],
    country: &'a [u8],
    has_state: bool,
    reference: &'a [u8],
}

impl<'a> Identifier<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let (scheme, rest) = text.split_at_checked(3)?;
        let (country, rest) = rest.split_at_checked(2)?;
        let place = rest.iter().position(|octet| *octet == b'-');
        let (state, reference) = match place {
            Some(place) => (rest.get(..place)?, rest.get(place + 1..)?),
            None => (rest, &[][..]),
        };
        if !(state.is_empty() || state.starts_with(b"+")) {
            return None;
        }
        Some(Self {
            scheme,
            country,
            has_state: !state.is_empty(),
            reference,
        })
    }

    fn is_sound(&self) -> bool {
        let is_country = iso3166::is_country(self.country);
        let has_reference = !self.reference.is_empty();
        match self.scheme {
            b"NTR" => is_country && has_reference,
            b"VAT" => {
                (is_country || matches!(self.country, b"EL" | b"XI"))
                    && !self.has_state
                    && has_reference
            }
            b"PSD" => is_country && !self.has_state && has_reference,
            b"LEI" => self.country == b"XG" && !self.has_state && has_reference,
            b"GOV" => is_country && !has_reference,
            b"INT" => self.country == b"XG" && !self.has_state && !has_reference,
            _ => false,
        }
    }
}

fn check_identifiers(attributes: &[Attribute<'_>], findings: &mut Findings) {
    let of = |kind| {
        attributes
            .iter()
            .filter(move |attribute| attribute.oid == kind)
    };
    for attribute in of(ORGANIZATION_IDENTIFIER) {
        let identifier = Identifier::read(attribute.content);
        findings.check(
            &IDENTIFIER,
            !identifier.as_ref().is_some_and(Identifier::is_sound),
        );
        let elsewhere = |identifier: Identifier<'_>| {
            let global = identifier.country == b"XG";
            !global && of(COUNTRY_NAME).any(|country| country.content != identifier.country)
        };
        findings.check(&IDENTIFIER_COUNTRY, identifier.is_some_and(elsewhere));
    }
}
