//! A policy as people write it: YAML, kept as it was written beside what it means.

use std::collections::BTreeSet;

use ers_pki::{key::KeyAlgorithm, profile::Period, revocation::Reason};
use serde::{Deserialize, Deserializer, de};

use super::{
    edges::{AcmeRules, AuthenticationRules, CmpRules, EstRules, ScepRules},
    maintenance::MaintenanceRules,
    names::NameRules,
    server_keys::ServerKeyRules,
    subject::SubjectRules,
};
use crate::domain::{
    id::{IssuerName, PolicyName, ProfileName, RealmName},
    protocol::Protocol,
};

/// Longest definition, in bytes.
const LONGEST: usize = 60_000;

/// A policy's text and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDefinition {
    text: String,
    rules: Rules,
}

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Too long.
    #[error("read policy: at most {LONGEST} bytes")]
    TooLong,
    /// A key is unknown, missing, or its value is not allowed.
    #[error("read policy: {key}: {problem}")]
    Key {
        /// Path of the key.
        key: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Its name; never changes.
    pub name: PolicyName,
    /// The realm that it belongs to.
    pub realm: RealmName,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// The CA that issues.
    pub issuer: IssuerName,
    /// What the CA makes of it.
    pub profile: ProfileName,
    /// The ways that a request may come.
    pub protocols: BTreeSet<Protocol>,
    /// Keys that may be certified.
    #[serde(default = "usual_key_algorithms")]
    pub key_algorithms: Vec<KeyAlgorithm>,
    /// For how long.
    pub validity: ValidityRules,
    /// What may stand in the subject.
    #[serde(default)]
    pub subject: SubjectRules,
    /// Which names.
    #[serde(default)]
    pub names: NameRules,
    /// Whether a person must say yes.
    #[serde(default)]
    pub manual_approval: bool,
    /// Whether the request must name an end entity.
    #[serde(default)]
    pub end_entity_required: bool,
    /// What only concerns ACME.
    #[serde(default)]
    pub acme: AcmeRules,
    /// What only concerns EST.
    #[serde(default)]
    pub est: EstRules,
    /// What only concerns SCEP.
    #[serde(default)]
    pub scep: ScepRules,
    /// What only concerns CMP.
    #[serde(default)]
    pub cmp: CmpRules,
    /// Who may ask, and when for a renewal.
    #[serde(default)]
    pub authentication: AuthenticationRules,
    /// At most one active certificate for each end entity; without an end entity, for each subject and its names.
    #[serde(default)]
    pub unique: bool,
    /// For the protocol `system`: the services that may ask beside the administrator.
    #[serde(default)]
    pub callers: Vec<String>,
    /// What may be given as the reason of a revocation.
    #[serde(default)]
    pub revocation: RevocationRules,
    /// Whether certificates of others may be put beside those that were issued under the policy.
    #[serde(default)]
    pub import: ImportRules,
    /// Whether keys may be made here, and whether they stay for recovery.
    #[serde(default)]
    pub server_keys: ServerKeyRules,
    /// When clients should renew.
    #[serde(default)]
    pub maintenance: MaintenanceRules,
}

/// Which certificates of others may be imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportRules {
    /// Any at all.
    pub allowed: bool,
    /// Self-signed ones too.
    pub self_signed: bool,
}

/// For how long.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityRules {
    /// When the request says nothing.
    pub default: Period,
    /// At most.
    pub longest: Period,
    /// How far ahead the first day may lie.
    #[serde(default = "usual_start_within")]
    pub start_within: Period,
}

/// Reasons that requesters may give; administrators may give any.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationRules {
    /// RFC 5280 names.
    #[serde(deserialize_with = "reasons")]
    pub reasons: Vec<Reason>,
}

impl Default for RevocationRules {
    fn default() -> Self {
        Self {
            reasons: vec![
                Reason::Unspecified,
                Reason::KeyCompromise,
                Reason::AffiliationChanged,
                Reason::Superseded,
                Reason::CessationOfOperation,
                Reason::PrivilegeWithdrawn,
            ],
        }
    }
}

impl PolicyDefinition {
    /// Reads YAML. Unknown keys are refused; the error names the key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > LONGEST {
            return Err(PolicyError::TooLong);
        }
        let rules: Rules = serde_path_to_error::deserialize(serde_norway::Deserializer::from_str(
            text,
        ))
        .map_err(|error| PolicyError::Key {
            key: error.path().to_string(),
            problem: error.into_inner().to_string(),
        })?;
        rules.check()?;
        // One line end at the end, so that what was shown and applied again is the same.
        Ok(Self {
            text: format!("{}\n", text.trim_end()),
            rules,
        })
    }

    /// The text, as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Its name.
    pub fn name(&self) -> &PolicyName {
        &self.rules.name
    }
}

impl Rules {
    /// What no single key shows.
    fn check(&self) -> Result<(), PolicyError> {
        let wrong = |key: &str, problem: &str| {
            Err(PolicyError::Key {
                key: key.to_owned(),
                problem: problem.to_owned(),
            })
        };
        if self.protocols.is_empty() {
            return wrong("protocols", "at least one");
        }
        if self.key_algorithms.is_empty() {
            return wrong("key_algorithms", "at least one");
        }
        if self.description.chars().count() > 1000 {
            return wrong("description", "at most 1000 characters");
        }
        if self.validity.default.duration() > self.validity.longest.duration() {
            return wrong("validity.default", "longer than validity.longest");
        }
        if self.validity.default.duration() <= time::Duration::ZERO {
            return wrong("validity.default", "more than nothing");
        }
        if let Err((key, problem)) = self.server_keys.check(&self.key_algorithms) {
            return wrong(key, &problem);
        }
        Ok(())
    }
}

fn usual_key_algorithms() -> Vec<KeyAlgorithm> {
    vec![
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Rsa3072,
        KeyAlgorithm::Rsa4096,
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::P521,
        KeyAlgorithm::Ed25519,
    ]
}

fn usual_start_within() -> Period {
    Period::days(1)
}

fn reasons<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Reason>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|name| name.parse().map_err(de::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = "name: p\nrealm: default\nissuer: sub\nprofile: tls-server\nprotocols: [rest]\n\
                            validity: {default: 90d, longest: 1y}\n";

    #[test]
    fn the_smallest_policy_has_safe_defaults() {
        let definition = PolicyDefinition::parse(SMALLEST).unwrap();
        let rules = definition.rules();
        assert_eq!(definition.text(), SMALLEST);
        assert!(!rules.manual_approval && !rules.acme.external_account_required);
        assert!(
            rules.names.check(&"dns:a.test".parse().unwrap()).is_err(),
            "no names unless the policy says which"
        );
        assert_eq!(rules.validity.default.duration(), time::Duration::days(90));
    }

    #[test]
    fn the_example_in_the_readme_reads() {
        let readme = include_str!("../../../README.md");
        let example = readme
            .split("```yaml\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        let definition = PolicyDefinition::parse(example.unwrap()).unwrap();
        assert!(definition.rules().names.must_be_proven);
    }

    #[test]
    fn an_unknown_key_is_named_with_what_is_allowed() {
        let text = format!("{SMALLEST}manual_aproval: true\n");
        let error = PolicyDefinition::parse(&text).unwrap_err().to_string();
        assert!(
            error.contains("manual_aproval") && error.contains("manual_approval"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_value_is_told_by_its_path() {
        let text = SMALLEST.replace("90d", "soon");
        let error = PolicyDefinition::parse(&text).unwrap_err().to_string();
        assert!(error.contains("validity.default"), "{error}");
        let text = format!("{SMALLEST}names: {{dns: [\"*.*\"]}}\n");
        let error = PolicyDefinition::parse(&text).unwrap_err().to_string();
        assert!(error.contains("names.dns[0]"), "{error}");
    }

    #[test]
    fn rules_that_contradict_each_other_are_refused() {
        for (from, to, key) in [
            ("[rest]", "[]", "protocols"),
            ("90d", "2y", "validity.default"),
            (
                "protocols: [rest]",
                "protocols: [rest]\nkey_algorithms: []",
                "key_algorithms",
            ),
        ] {
            let error = PolicyDefinition::parse(&SMALLEST.replace(from, to)).unwrap_err();
            assert!(
                matches!(&error, PolicyError::Key { key: at, .. } if at == key),
                "{error}"
            );
        }
    }

    #[test]
    fn a_definition_has_an_end() {
        let text = format!("{SMALLEST}#{}", "x".repeat(LONGEST));
        assert_eq!(PolicyDefinition::parse(&text), Err(PolicyError::TooLong));
    }
}
