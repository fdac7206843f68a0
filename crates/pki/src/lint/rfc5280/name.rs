//! Issuer and subject: string types, lengths and characters of attributes, RFC 5280 sections 4.1.2.4, 4.1.2.6 and the
//! upper bounds of appendix A.1.

use const_oid::ObjectIdentifier;

use crate::asn1::{oid as known_oid, tag};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rules;
use crate::name::{Attribute, AttributeType};

rules! { Rfc5280:
    ISSUER_EMPTY = Error "rfc5280-issuer-empty" ["RFC 5280 §4.1.2.4"]
        "the issuer must not be empty";
    NAME_ENCODING = Error "rfc5280-name-encoding" ["RFC 5280 §4.1.2.4"]
        "issuer and subject must be the DER of a Name";
    STRING_TYPE = Error "rfc5280-string-type" ["RFC 5280 §4.1.2.4"]
        "attributes must be PrintableString or UTF8String, or what their own syntax demands";
    STRING_CONTENT = Error "rfc5280-string-content" ["RFC 5280 §4.1.2.4, X.680 §41.4"]
        "the octets of an attribute must be of its string type";
    ATTRIBUTE_EMPTY = Error "rfc5280-attribute-empty" ["RFC 5280 appendix A.1"]
        "an attribute must have at least one character";
    ATTRIBUTE_LENGTH = Error "rfc5280-attribute-length" ["RFC 5280 appendix A.1"]
        "an attribute must not be longer than its upper bound";
    COUNTRY = Error "rfc5280-country" ["RFC 5280 appendix A.1, X.520 §6.3.1"]
        "a country must be two capital letters in a PrintableString";
    CONTROL_CHARACTER = Error "rfc5280-control-character" ["RFC 5280 §4.1.2.4"]
        "an attribute must not have control characters";
    WHITE_SPACE = Warning "rfc5280-attribute-space" ["RFC 5280 §7.1"]
        "an attribute should not begin or end with a space, which comparison drops";
    DUPLICATE_IN_RDN = Error "rfc5280-rdn-duplicate-type" ["X.501 §9.3"]
        "a relative distinguished name must not have an attribute type twice";
    MULTIPLE_IN_RDN = Notice "rfc5280-rdn-multiple" ["RFC 5280 §4.1.2.4"]
        "a relative distinguished name has more than one attribute";
    SUBJECT_CA = Error "rfc5280-ca-subject-empty" ["RFC 5280 §4.1.2.6"]
        "the subject of a CA certificate must not be empty";
    SUBJECT_NAMELESS = Error "rfc5280-nameless" ["RFC 5280 §4.1.2.6"]
        "there must be a subject or a subject alternative name";
}

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// Attributes with a bound of their own, in characters; `ub-…` of appendix A.1, or X.520 where that is silent.
const BOUNDS: [(ObjectIdentifier, usize); 22] = [
    (oid("2.5.4.3"), 64),
    (oid("2.5.4.4"), 32_768),
    (oid("2.5.4.5"), 64),
    (oid("2.5.4.7"), 128),
    (oid("2.5.4.8"), 128),
    (oid("2.5.4.9"), 128),
    (oid("2.5.4.10"), 64),
    (oid("2.5.4.11"), 64),
    (oid("2.5.4.12"), 64),
    (oid("2.5.4.13"), 1024),
    (oid("2.5.4.15"), 128),
    (oid("2.5.4.16"), 180),
    (oid("2.5.4.17"), 40),
    (oid("2.5.4.18"), 40),
    (oid("2.5.4.20"), 32),
    (oid("2.5.4.41"), 32_768),
    (oid("2.5.4.42"), 32_768),
    (oid("2.5.4.65"), 128),
    (oid("0.9.2342.19200300.100.1.1"), 256),
    (oid("0.9.2342.19200300.100.1.25"), 63),
    (oid("1.2.840.113549.1.9.1"), 255),
    (oid("2.5.4.97"), 64),
];

const SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");
const DN_QUALIFIER: ObjectIdentifier = oid("2.5.4.46");
const JURISDICTION_COUNTRY: ObjectIdentifier = oid("1.3.6.1.4.1.311.60.2.1.3");
const DOMAIN_COMPONENT: ObjectIdentifier = oid("0.9.2342.19200300.100.1.25");
const EMAIL_ADDRESS: ObjectIdentifier = oid("1.2.840.113549.1.9.1");
const TELEPHONE: ObjectIdentifier = oid("2.5.4.20");
const DATE_OF_BIRTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.9.1");
const POSTAL_ADDRESS: ObjectIdentifier = oid("2.5.4.16");

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // the issuer's own certificate says how it is spelt, so that string types of old are no fault here
    match crate::name::parse(facts.issuer) {
        Err(malformed) => findings.say(&NAME_ENCODING, || format!("the issuer: {malformed}")),
        Ok(attributes) => findings.check(&ISSUER_EMPTY, attributes.is_empty()),
    }
    let Some(attributes) = &facts.attributes else {
        return findings.say(&NAME_ENCODING, || {
            "the subject is not the DER of a Name".to_owned()
        });
    };
    for (place, attribute) in attributes.iter().enumerate() {
        string(attribute, findings);
        if attribute.starts_rdn {
            continue;
        }
        findings.add(&MULTIPLE_IN_RDN);
        let repeated = attributes
            .iter()
            .take(place)
            .rev()
            .take_while_inclusive(|before| !before.starts_rdn)
            .any(|before| before.oid == attribute.oid);
        findings.check(&DUPLICATE_IN_RDN, repeated);
    }
    if attributes.is_empty() {
        findings.check(&SUBJECT_CA, facts.is_ca());
        let nameless = facts
            .extension(known_oid::SUBJECT_ALTERNATIVE_NAME)
            .is_none();
        findings.check(&SUBJECT_NAMELESS, nameless);
    }
}

/// `take_while` that gives the first that fails, too.
trait TakeWhileInclusive: Iterator + Sized {
    fn take_while_inclusive(
        self,
        go_on: impl Fn(&Self::Item) -> bool,
    ) -> impl Iterator<Item = Self::Item> {
        let mut over = false;
        self.take_while(move |item| {
            let taken = !over;
            over = over || !go_on(item);
            taken
        })
    }
}

impl<I: Iterator> TakeWhileInclusive for I {}

fn string(attribute: &Attribute<'_>, findings: &mut Findings) {
    let name = || AttributeType::keyword_or_dotted(attribute.oid);
    if attribute.oid == AttributeType::COUNTRY || attribute.oid == JURISDICTION_COUNTRY {
        let sound = attribute.tag == tag::PRINTABLE_STRING
            && matches!(attribute.content, [first, second]
                if first.is_ascii_uppercase() && second.is_ascii_uppercase());
        findings.check(&COUNTRY, !sound);
        return;
    }
    if attribute.oid == DATE_OF_BIRTH || attribute.oid == POSTAL_ADDRESS {
        return;
    }
    if !type_is_right(attribute) {
        findings.say(&STRING_TYPE, || {
            format!("{} is of a string type that it must not have", name())
        });
        if ![tag::UTF8_STRING, tag::PRINTABLE_STRING, tag::IA5_STRING].contains(&attribute.tag) {
            return;
        }
    }
    let Some(text) = text(attribute) else {
        return findings.say(&STRING_CONTENT, || {
            format!("{} has octets that are not of its string type", name())
        });
    };
    let characters = text.chars().count();
    if characters == 0 {
        findings.say(&ATTRIBUTE_EMPTY, || format!("{} is empty", name()));
    }
    let bound = BOUNDS.iter().find(|(known, _)| *known == attribute.oid);
    if let Some((_, longest)) = bound
        && characters > *longest
    {
        findings.say(&ATTRIBUTE_LENGTH, || {
            format!("{} is longer than {longest} characters", name())
        });
    }
    if text.chars().any(char::is_control) {
        findings.say(&CONTROL_CHARACTER, || {
            format!("{} has a control character", name())
        });
    } else if text.trim() != text {
        findings.say(&WHITE_SPACE, || {
            format!("{} begins or ends with a space", name())
        });
    }
}

fn type_is_right(attribute: &Attribute<'_>) -> bool {
    match attribute.oid {
        SERIAL_NUMBER | DN_QUALIFIER | TELEPHONE => attribute.tag == tag::PRINTABLE_STRING,
        DOMAIN_COMPONENT | EMAIL_ADDRESS => attribute.tag == tag::IA5_STRING,
        oid => match attribute.tag {
            tag::PRINTABLE_STRING | tag::UTF8_STRING => true,
            // an attribute that is none of the directory's may have a syntax of its own
            tag::IA5_STRING => !oid.as_bytes().starts_with(&[0x55, 0x04]),
            _ => false,
        },
    }
}

fn text<'a>(attribute: &Attribute<'a>) -> Option<&'a str> {
    let text = std::str::from_utf8(attribute.content).ok()?;
    let sound = match attribute.tag {
        tag::PRINTABLE_STRING => text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet)),
        tag::IA5_STRING => text.is_ascii(),
        _ => true,
    };
    sound.then_some(text)
}
