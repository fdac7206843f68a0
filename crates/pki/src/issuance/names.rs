//! Which subject alternative names a certificate gets.

use std::borrow::Cow;

use super::{Issuer, PrepareError, Request, RequestFault};
use crate::general_name::{GeneralName, NameKind};
use crate::name::{AttributeType, Name};
use crate::profile::{Profile, Source, Surplus, ValueRule};

/// Whether the issuer's name constraints allow the subject.
pub(super) fn check_constraints(issuer: &Issuer, subject: &Name) -> Result<(), PrepareError> {
    match issuer.name_constraints() {
        Some(constraints) if !constraints.allow_subject(subject) => {
            Err(PrepareError::SubjectConstrained {
                subject: subject.to_string(),
            })
        }
        _ => Ok(()),
    }
}

/// The subject alternative names after the profile's rules and the issuer's name constraints.
pub(super) fn alternative_names<'a>(
    profile: &Profile,
    issuer: &Issuer,
    request: &'a Request,
    subject: &Name,
) -> Result<Cow<'a, [GeneralName]>, PrepareError> {
    let rule = &profile.names;
    let names = by_kind(profile, request, without_repetitions(&request.names))?;
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

/// The names after the rules for each kind.
fn by_kind<'a>(
    profile: &Profile,
    request: &Request,
    mut names: Cow<'a, [GeneralName]>,
) -> Result<Cow<'a, [GeneralName]>, PrepareError> {
    let rule = &profile.names;
    let allowed = |kind: NameKind| rule.allowed.contains(&kind) || rule.kinds.contains_key(&kind);
    if rule.others == Surplus::Drop && !names.iter().all(|name| allowed(name.kind())) {
        names.to_mut().retain(|name| allowed(name.kind()));
    }
    for (kind, value_rule) in &rule.kinds {
        names = apply(profile, request, names, *kind, value_rule)?;
    }
    Ok(names)
}

fn apply<'a>(
    profile: &Profile,
    request: &Request,
    mut names: Cow<'a, [GeneralName]>,
    kind: NameKind,
    rule: &ValueRule,
) -> Result<Cow<'a, [GeneralName]>, PrepareError> {
    let of_kind = |names: &[GeneralName]| -> Vec<GeneralName> {
        let names = names.iter().filter(|name| name.kind() == kind);
        names.cloned().collect()
    };
    let asked = of_kind(&names);
    let wanted = match (rule.fixed.is_empty(), rule.from) {
        (false, _) => read_fixed(kind, rule)?,
        (true, Source::Request) => asked.clone(),
        (true, Source::RequestOrEndEntity) if !asked.is_empty() => asked.clone(),
        (true, Source::EndEntity | Source::RequestOrEndEntity) => {
            of_kind(&request.end_entity.names)
        }
    };
    if let Some(surplus) = asked.iter().find(|name| !wanted.contains(name))
        && profile.names.others == Surplus::Refuse
    {
        return Err(RequestFault::NameValue {
            name: surplus.to_string(),
        }
        .into());
    }
    if wanted.is_empty() && rule.required {
        return Err(RequestFault::NameMissing { kind }.into());
    }
    if let Some(most) = rule.most.filter(|most| wanted.len() > *most) {
        return Err(RequestFault::TooManyNames { kind, most }.into());
    }
    if let Some(pattern) = &rule.pattern
        && let Some(name) = wanted.iter().find(|name| !pattern.matches(&name.value()))
    {
        return Err(RequestFault::NamePattern {
            name: name.to_string(),
        }
        .into());
    }
    if wanted != asked {
        let names = names.to_mut();
        names.retain(|name| name.kind() != kind);
        for name in wanted {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

fn read_fixed(kind: NameKind, rule: &ValueRule) -> Result<Vec<GeneralName>, PrepareError> {
    let read = |value: &String| format!("{kind}:{value}").parse();
    let names: Result<Vec<_>, _> = rule.fixed.iter().map(read).collect();
    names.map_err(|_| PrepareError::Profile {
        field: "names.kinds",
    })
}

fn check_allowed(profile: &Profile, name: &GeneralName) -> Result<(), PrepareError> {
    let rule = &profile.names;
    let text = || name.to_string();
    let kind = name.kind();
    if !rule.allowed.contains(&kind) && !rule.kinds.contains_key(&kind) {
        return Err(PrepareError::NameNotAllowed { kind, name: text() });
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
