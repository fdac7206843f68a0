//! Which subject a certificate gets.

use const_oid::ObjectIdentifier;

use super::{PrepareError, Request, RequestFault};
use crate::name::{AttributeType, Name};
use crate::profile::{Profile, Source, Surplus, ValueRule};

/// Attributes from the most general to the most specific, which is the order of a name's DER. Others come between.
const ORDER: [&str; 12] = [
    "DC",
    "C",
    "ST",
    "L",
    "STREET",
    "O",
    "organizationIdentifier",
    "OU",
    "title",
    "SN",
    "GN",
    "CN",
];

/// The subject after the profile's rules.
pub(super) fn decide(profile: &Profile, request: &Request) -> Result<Name, PrepareError> {
    let rule = &profile.subject;
    if request.subject.is_empty() && rule.required.is_empty() && rule.attributes.is_empty() {
        return Ok(request.subject.clone());
    }
    let words = rule.allowed.iter().chain(&rule.required);
    let allowed: Vec<_> = words
        .chain(rule.attributes.keys())
        .filter_map(|word| AttributeType::find(word))
        .collect();
    let mut subject = match rule.others {
        Surplus::Drop => request.subject.retain(|oid| allowed.contains(&oid)),
        Surplus::Refuse => {
            let strange = request
                .subject
                .attributes()
                .find(|(oid, _)| !allowed.contains(oid));
            if let Some((oid, _)) = strange {
                let attribute = AttributeType::keyword_or_dotted(oid);
                return Err(PrepareError::AttributeNotAllowed { attribute });
            }
            request.subject.clone()
        }
    };
    for (word, value_rule) in &rule.attributes {
        subject = apply(profile, request, subject, word, value_rule)?;
    }
    subject.check().map_err(PrepareError::Subject)?;
    let required = rule.attributes.iter().filter(|(_, rule)| rule.required);
    for word in rule.required.iter().chain(required.map(|(word, _)| word)) {
        let wanted = AttributeType::find(word);
        if !subject.attributes().any(|(oid, _)| Some(oid) == wanted) {
            return Err(PrepareError::AttributeMissing {
                attribute: word.clone(),
            });
        }
    }
    Ok(subject)
}

/// The subject with one attribute as its rule has it.
fn apply(
    profile: &Profile,
    request: &Request,
    subject: Name,
    word: &str,
    rule: &ValueRule,
) -> Result<Name, PrepareError> {
    let Some(wanted) = AttributeType::find(word) else {
        return Ok(subject);
    };
    let values_of = |name: &Name| -> Vec<String> {
        name.attributes()
            .filter(|(oid, _)| *oid == wanted)
            .map(|(_, value)| value)
            .collect()
    };
    let attribute = || word.to_owned();
    let asked = values_of(&subject);
    let given = values_of(&request.end_entity.subject);
    let values = match (rule.fixed.is_empty(), rule.from) {
        (false, _) => rule.fixed.clone(),
        (true, Source::Request) => asked.clone(),
        (true, Source::RequestOrEndEntity) if !asked.is_empty() => asked.clone(),
        (true, Source::EndEntity | Source::RequestOrEndEntity) => given,
    };
    let surplus = asked.iter().any(|value| !values.contains(value));
    if surplus && profile.subject.others == Surplus::Refuse {
        return Err(RequestFault::AttributeValue {
            attribute: attribute(),
        }
        .into());
    }
    if let Some(most) = rule.most.filter(|most| values.len() > *most) {
        return Err(RequestFault::TooManyAttributes {
            attribute: attribute(),
            most,
        }
        .into());
    }
    let matches = |value: &String| {
        rule.pattern
            .as_ref()
            .is_none_or(|pattern| pattern.matches(value))
    };
    if !values.iter().all(matches) {
        return Err(RequestFault::AttributePattern {
            attribute: attribute(),
        }
        .into());
    }
    if values == asked {
        return Ok(subject);
    }
    with_values(&subject, wanted, values)
}

/// The subject with those values in place of the attribute's own, each in a relative distinguished name of its own.
fn with_values(
    subject: &Name,
    wanted: ObjectIdentifier,
    values: Vec<String>,
) -> Result<Name, PrepareError> {
    let mut pairs: Vec<(ObjectIdentifier, String)> = subject
        .attributes()
        .filter(|(oid, _)| *oid != wanted)
        .collect();
    let place = subject
        .attributes()
        .position(|(oid, _)| oid == wanted)
        .unwrap_or_else(|| {
            let rank = rank(wanted);
            let after = pairs.iter().position(|(oid, _)| self::rank(*oid) > rank);
            after.unwrap_or(pairs.len())
        });
    let place = place.min(pairs.len());
    pairs.splice(
        place..place,
        values.into_iter().map(|value| (wanted, value)),
    );
    let borrowed = pairs.iter().map(|(oid, value)| (*oid, value.as_str()));
    Name::from_attributes(borrowed).map_err(PrepareError::Subject)
}

fn rank(attribute: ObjectIdentifier) -> usize {
    let place = ORDER
        .iter()
        .position(|word| AttributeType::find(word) == Some(attribute));
    // what is not listed stands before the names of people
    place.map_or(2 * 7 + 1, |place| 2 * place)
}
