//! Subject and names as they will stand in the certificate.

use ers_pki::{
    general_name::GeneralName,
    name::{AttributeType, Name},
};

use super::Asked;
use crate::domain::{
    policy::{CommonNameRule, Policy, SubjectRules},
    refusal::{Refusal, RefusalReason},
};

/// What remains of the subject, and the names, each once.
pub(super) fn settle(
    policy: &Policy,
    asked: &Asked,
    proven: bool,
) -> Result<(Name, Vec<GeneralName>), Refusal> {
    let rules = policy.definition.rules();
    let mut names = once_each(&asked.names);
    let subject = reduce(&rules.subject, asked, proven)?;
    // What was proven is the names; a free common name beside them would not be.
    let subject = if rules.subject.common_name == CommonNameRule::OneOfNames || proven {
        match_common_names(subject, &mut names, asked, proven)?
    } else {
        subject
    };
    subject.check().map_err(|error| {
        let cause = std::error::Error::source(&error)
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        RefusalReason::BadName.because(format!("subject: {error}{cause}"))
    })?;
    Ok((subject, names))
}

fn once_each(names: &[GeneralName]) -> Vec<GeneralName> {
    let mut seen = std::collections::HashSet::new();
    names
        .iter()
        .filter(|name| seen.insert(*name))
        .cloned()
        .collect()
}

/// The subject with the attributes that the policy allows. What a CSR says without being asked is left out; what was
/// asked for by name is refused. Beside proven names nothing stands but the common name.
fn reduce(rules: &SubjectRules, asked: &Asked, proven: bool) -> Result<Name, Refusal> {
    if asked.subject_is_stated {
        let other = asked
            .subject
            .attributes()
            .find(|(oid, _)| !rules.allows(*oid));
        if let Some((oid, _)) = other {
            let attribute = AttributeType::keyword_or_dotted(oid);
            let allowed: Vec<String> = rules.attributes.iter().map(ToString::to_string).collect();
            return Err(RefusalReason::BadName.because(format!(
                "subject: attribute {attribute} is not allowed, only {}",
                allowed.join(", ")
            )));
        }
    }
    Ok(asked
        .subject
        .retain(|oid| rules.allows(oid) && (!proven || oid == AttributeType::COMMON_NAME)))
}

/// Each common name must be one of the names. Old CSRs have only a common name: it becomes the name.
fn match_common_names(
    subject: Name,
    names: &mut Vec<GeneralName>,
    asked: &Asked,
    proven: bool,
) -> Result<Name, Refusal> {
    let common_names: Vec<String> = subject
        .attributes()
        .filter(|(oid, _)| *oid == AttributeType::COMMON_NAME)
        .map(|(_, value)| value)
        .collect();
    for common_name in common_names {
        let name = as_name(&common_name);
        if name.as_ref().is_some_and(|name| names.contains(name)) {
            continue;
        }
        match name {
            Some(name) if names.is_empty() && !proven => names.push(name),
            _ if proven && !asked.subject_is_stated => {
                return Ok(subject.retain(|oid| oid != AttributeType::COMMON_NAME));
            }
            _ => {
                return Err(RefusalReason::BadName.because(format!(
                    "subject: common name \"{common_name}\" is not one of the certificate's DNS names or addresses"
                )));
            }
        }
    }
    Ok(subject)
}

fn as_name(common_name: &str) -> Option<GeneralName> {
    match common_name.parse() {
        Ok(address) => Some(GeneralName::Ip(address)),
        Err(_) => GeneralName::dns(common_name).ok(),
    }
}
