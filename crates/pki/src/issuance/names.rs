//! Which subject and which names a certificate gets.

use std::borrow::Cow;

use super::{Issuer, PrepareError, Request};
use crate::general_name::GeneralName;
use crate::name::{AttributeType, Name};
use crate::profile::{OtherAttributes, Profile};

/// The subject after the profile's rules.
pub(super) fn subject(profile: &Profile, request: &Request) -> Result<Name, PrepareError> {
    if request.subject.is_empty() && profile.subject.required.is_empty() {
        return Ok(request.subject.clone());
    }
    let rule = &profile.subject;
    let allowed: Vec<_> = rule
        .allowed
        .iter()
        .chain(&rule.required)
        .filter_map(|word| AttributeType::find(word))
        .collect();
    let subject = match rule.others {
        OtherAttributes::Drop => request.subject.retain(|oid| allowed.contains(&oid)),
        OtherAttributes::Refuse => {
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
    subject.check().map_err(PrepareError::Subject)?;
    for word in &rule.required {
        let wanted = AttributeType::find(word);
        if !subject.attributes().any(|(oid, _)| Some(oid) == wanted) {
            return Err(PrepareError::AttributeMissing {
                attribute: word.clone(),
            });
        }
    }
    Ok(subject)
}

/// The subject alternative names after the profile's rules and the issuer's name constraints.
pub(super) fn alternative_names<'a>(
    profile: &Profile,
    issuer: &Issuer,
    request: &'a Request,
    subject: &Name,
) -> Result<Cow<'a, [GeneralName]>, PrepareError> {
    let rule = &profile.names;
    let names = without_repetitions(&request.names);
    if names.is_empty() && rule.required {
        return Err(PrepareError::NamesMissing);
    }
    if names.is_empty() && subject.is_empty() {
        return Err(PrepareError::Nameless);
    }
    if names.len() > rule.most {
        return Err(PrepareError::TooManyNames {
            count: names.len(),
            most: rule.most,
        });
    }
    for name in names.iter() {
        check_allowed(profile, name)?;
        if issuer
            .name_constraints()
            .is_some_and(|constraints| !constraints.allow(name))
        {
            return Err(PrepareError::NameConstrained {
                name: name.to_string(),
            });
        }
    }
    if rule_on_common_name_is_broken(profile, subject, &names) {
        let common_name = subject.common_name().unwrap_or_default();
        return Err(PrepareError::CommonNameNotAmongNames { common_name });
    }
    Ok(names)
}

fn check_allowed(profile: &Profile, name: &GeneralName) -> Result<(), PrepareError> {
    let rule = &profile.names;
    let text = || name.to_string();
    if !rule.allowed.contains(&name.kind()) {
        return Err(PrepareError::NameNotAllowed {
            kind: name.kind(),
            name: text(),
        });
    }
    if name.is_wildcard() && !rule.wildcards {
        return Err(PrepareError::WildcardNotAllowed { name: text() });
    }
    match name {
        GeneralName::Dns(dns) if dns.has_underscore() && !rule.underscores => {
            Err(PrepareError::UnderscoreNotAllowed { name: text() })
        }
        GeneralName::Directory(directory) => {
            directory
                .check()
                .map_err(|source| PrepareError::DirectoryName {
                    name: text(),
                    source,
                })
        }
        _ => Ok(()),
    }
}

/// CA/Browser Forum section 7.1.4.3: the common name, if there is one, repeats one of the names.
fn rule_on_common_name_is_broken(profile: &Profile, subject: &Name, names: &[GeneralName]) -> bool {
    if !profile.subject.common_name_from_names || subject.is_empty() {
        return false;
    }
    subject
        .attributes()
        .filter(|(oid, _)| *oid == AttributeType::COMMON_NAME)
        .any(|(_, common_name)| {
            !names
                .iter()
                .any(|name| name.value().eq_ignore_ascii_case(&common_name))
        })
}

fn without_repetitions(names: &[GeneralName]) -> Cow<'_, [GeneralName]> {
    let repeated = names
        .iter()
        .enumerate()
        .any(|(place, name)| names.iter().take(place).any(|before| before == name));
    if !repeated {
        return Cow::Borrowed(names);
    }
    let mut unique: Vec<GeneralName> = Vec::with_capacity(names.len());
    for name in names {
        if !unique.contains(name) {
            unique.push(name.clone());
        }
    }
    Cow::Owned(unique)
}
