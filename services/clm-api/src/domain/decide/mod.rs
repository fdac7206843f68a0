//! May this one have that certificate? A pure function of the request and the policy: the same question gets the same
//! answer, and a refusal names the field and says what the policy would allow.

mod subject;
#[cfg(test)]
mod tests;
mod validity;

use ers_pki::{RequestedExtension, general_name::GeneralName, key::PublicKey, name::Name};
use time::{Duration, OffsetDateTime};

use super::{
    id::{EndEntityName, IssuerName, ProfileName, Requester},
    inventory::Origin,
    policy::{Policy, Unnamed},
    protocol::Protocol,
    refusal::{Refusal, RefusalReason},
};

/// A request, read and checked: its key is sound and whoever asks has it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// By which way it came.
    pub protocol: Protocol,
    /// Who asks.
    pub requester: Requester,
    /// For whom.
    pub end_entity: Option<AskedEndEntity>,
    /// The key to be certified.
    pub public_key: PublicKey,
    /// The subject.
    pub subject: Name,
    /// Whether the subject was asked for by name; otherwise it is what the CSR happens to say.
    pub subject_is_stated: bool,
    /// The subject alternative names.
    pub names: Vec<GeneralName>,
    /// Whether the edge has proven control of every name.
    pub names_proven: bool,
    /// From when on.
    pub not_before: Option<OffsetDateTime>,
    /// For how long.
    pub validity: Option<Duration>,
    /// What else it wishes.
    pub wishes: Wishes,
}

/// What a CSR wishes beside subject and names: handed on to the CA, whose profile says what of it counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// Key usages by name, e.g. `digitalSignature`.
    pub key_usage: Vec<String>,
    /// Extended key usages by name or dotted.
    pub extended_key_usage: Vec<String>,
    /// Other extensions; the CA refuses more than so many, and longer ones.
    pub extensions: Vec<RequestedExtension>,
}

impl Wishes {
    /// Most extensions that are handed on.
    pub const MOST_EXTENSIONS: usize = 32;
    /// Longest value of one.
    pub const LONGEST_VALUE: usize = 16 * 1024;
}

/// The end entity that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedEndEntity {
    /// Its name.
    pub name: EndEntityName,
    /// How it stands in the policy's realm.
    pub standing: Standing,
}

/// How an end entity stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The realm does not know it.
    Unknown,
    /// It may have certificates.
    Active,
    /// It may not now.
    Blocked,
}

/// What CARA is asked to make.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The CA.
    pub issuer: IssuerName,
    /// The profile.
    pub profile: ProfileName,
    /// The subject as the policy allows it.
    pub subject: Name,
    /// The names, each once.
    pub names: Vec<GeneralName>,
    /// From when on; absent: from the time of issue.
    pub not_before: Option<OffsetDateTime>,
    /// For how long.
    pub validity: Duration,
    /// What was wished beside.
    pub wishes: Wishes,
    /// What is kept with the certificate.
    pub origin: Origin,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Yes.
    Approved(Plan),
    /// Yes, if a person says so.
    Waiting(Plan),
    /// No.
    Refused(Refusal),
}

/// Decides.
pub fn decide(policy: &Policy, asked: &Asked, now: OffsetDateTime) -> Decision {
    match plan(policy, asked, now) {
        Err(refusal) => Decision::Refused(refusal),
        Ok(plan) if policy.definition.rules().manual_approval => Decision::Waiting(plan),
        Ok(plan) => Decision::Approved(plan),
    }
}

fn plan(policy: &Policy, asked: &Asked, now: OffsetDateTime) -> Result<Plan, Refusal> {
    let rules = policy.definition.rules();
    check_way(policy, asked)?;
    let proven = asked.names_proven && asked.protocol.proves_names();
    check_proof(policy, proven)?;
    check_end_entity(policy, asked)?;
    check_key(policy, asked)?;
    let (subject, names) = subject::settle(policy, asked, proven)?;
    check_names(policy, &names)?;
    if names.is_empty() && subject.is_empty() {
        let detail = "subject_alternative_names: a certificate needs a subject or a name";
        return Err(RefusalReason::BadName.because(detail));
    }
    let validity = validity::settle(&rules.validity, asked, now)?;
    Ok(Plan {
        issuer: rules.issuer.clone(),
        profile: rules.profile.clone(),
        subject,
        names,
        not_before: asked.not_before,
        validity,
        wishes: asked.wishes.clone(),
        origin: Origin {
            realm: rules.realm.to_string(),
            policy: rules.name.to_string(),
            policy_version: policy.version,
            end_entity: asked
                .end_entity
                .as_ref()
                .map(|entity| entity.name.to_string())
                .unwrap_or_default(),
            requester: asked.requester.to_string(),
            protocol: asked.protocol.to_string(),
        },
    })
}

fn check_way(policy: &Policy, asked: &Asked) -> Result<(), Refusal> {
    let rules = policy.definition.rules();
    if rules.protocols.contains(&asked.protocol) {
        return Ok(());
    }
    let allowed: Vec<&str> = rules
        .protocols
        .iter()
        .map(|protocol| protocol.as_str())
        .collect();
    Err(RefusalReason::NotAllowed.because(format!(
        "protocol: policy {} is not for {}, only for {}",
        rules.name,
        asked.protocol,
        allowed.join(", ")
    )))
}

fn check_proof(policy: &Policy, proven: bool) -> Result<(), Refusal> {
    let rules = policy.definition.rules();
    if rules.names.must_be_proven && !proven {
        let detail = format!(
            "names_proven: policy {} is for names whose control was proven",
            rules.name
        );
        return Err(RefusalReason::NotAllowed.because(detail));
    }
    Ok(())
}

fn check_end_entity(policy: &Policy, asked: &Asked) -> Result<(), Refusal> {
    let rules = policy.definition.rules();
    let Some(entity) = &asked.end_entity else {
        if rules.end_entity_required {
            let detail = format!("end_entity: policy {} needs one", rules.name);
            return Err(RefusalReason::NotAllowed.because(detail));
        }
        return Ok(());
    };
    let problem = match entity.standing {
        Standing::Active => return Ok(()),
        Standing::Unknown => format!("realm {} does not know {}", rules.realm, entity.name),
        Standing::Blocked => format!("{} may not have certificates now", entity.name),
    };
    Err(RefusalReason::NotAllowed.because(format!("end_entity: {problem}")))
}

fn check_key(policy: &Policy, asked: &Asked) -> Result<(), Refusal> {
    let rules = policy.definition.rules();
    let algorithm = asked.public_key.algorithm();
    if rules.key_algorithms.contains(&algorithm) {
        return Ok(());
    }
    let allowed: Vec<&str> = rules
        .key_algorithms
        .iter()
        .map(|algorithm| algorithm.as_str())
        .collect();
    Err(RefusalReason::BadKey.because(format!(
        "public_key: policy {} does not allow {algorithm}, only {}",
        rules.name,
        allowed.join(", ")
    )))
}

fn check_names(policy: &Policy, names: &[GeneralName]) -> Result<(), Refusal> {
    let rules = policy.definition.rules();
    let bad = |problem: String| {
        Err(RefusalReason::BadName.because(format!("subject_alternative_names: {problem}")))
    };
    if names.len() > rules.names.most {
        return bad(format!(
            "{} names, policy {} allows {}",
            names.len(),
            rules.name,
            rules.names.most
        ));
    }
    if names.is_empty() && rules.names.required {
        return bad(format!("policy {} needs at least one", rules.name));
    }
    for name in names {
        match rules.names.check(name) {
            Ok(()) => {}
            Err(Unnamed::Kind) => {
                return bad(format!(
                    "policy {} allows no {} names: {name}",
                    rules.name,
                    name.kind()
                ));
            }
            Err(Unnamed::Wildcard) => {
                return bad(format!("policy {} allows no wildcards: {name}", rules.name));
            }
            Err(Unnamed::Other) => {
                return bad(format!("policy {} does not allow {name}", rules.name));
            }
        }
    }
    Ok(())
}
