//! Certificate profiles: as data, what certificates of one kind say and for whom they may be made.
//!
//! To add a ready one: a function in `ready.rs` and its name in `Profile::ready`.

mod period;
mod ready;

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use period::{Period, PeriodError};

use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::key::KeyAlgorithm;
use crate::lint::LintPolicy;
use crate::name::AttributeType;

/// Why a profile contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A field has a value that cannot be.
    #[error("check profile \"{profile}\": {field}: {fault}")]
    Field {
        /// The profile.
        profile: String,
        /// The field.
        field: &'static str,
        /// What is wrong.
        fault: &'static str,
    },
}

/// What certificates of one kind say.
///
/// ```
/// let profile: ers_pki::profile::Profile = serde_json::from_str(r#"{
///     "name": "printer",
///     "description": "Printers in the office",
///     "key_usage": ["digitalSignature", "keyEncipherment"],
///     "extended_key_usage": ["serverAuth"],
///     "key_algorithms": ["P-256", "RSA-2048"],
///     "validity": { "default": "90d", "longest": "1y", "backdate": "1h" },
///     "subject": { "allowed": ["CN", "O"], "others": "drop" },
///     "names": { "allowed": ["dns", "ip"], "required": true },
///     "certificate_policies": ["1.3.6.1.4.1.99999.1"]
/// }"#)?;
/// profile.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Unique; 1 to 64 of a-z 0-9 -
    pub name: String,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
    /// Key usages; those that do not suit the kind of key are left out.
    pub key_usage: Vec<KeyUsage>,
    /// Extended key usages; none: the extension is absent.
    #[serde(default)]
    pub extended_key_usage: Vec<ExtendedKeyUsage>,
    /// Basic constraints; absent: the extension is absent.
    #[serde(default)]
    pub basic_constraints: Option<BasicConstraintsRule>,
    /// Kinds of keys that may be certified.
    pub key_algorithms: Vec<KeyAlgorithm>,
    /// How long certificates are valid.
    pub validity: ValidityRule,
    /// What may stand in the subject.
    #[serde(default)]
    pub subject: SubjectRule,
    /// What may stand in the subject alternative names.
    #[serde(default)]
    pub names: NamesRule,
    /// Carry id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2.1): clients need not ask whether it is revoked.
    #[serde(default)]
    pub ocsp_no_check: bool,
    /// Say where OCSP is answered and the issuer's certificate lies.
    #[serde(default = "yes")]
    pub authority_information_access: bool,
    /// Say where the CRL lies.
    #[serde(default = "yes")]
    pub crl_distribution_points: bool,
    /// Object identifiers of certificate policies.
    #[serde(default, serialize_with = "write_oids", deserialize_with = "read_oids")]
    pub certificate_policies: Vec<ObjectIdentifier>,
    /// Which rules of the linter are asked beside RFC 5280, and which of their findings stop the issue.
    #[serde(default, skip_serializing_if = "LintPolicy::is_default")]
    pub lint: LintPolicy,
}

/// Basic constraints of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicConstraintsRule {
    /// Whether they are CA certificates.
    pub ca: bool,
    /// How many CA certificates may stand below; absent: as many as the issuer's own limit leaves.
    #[serde(default)]
    pub path_length: Option<u32>,
}

/// How long certificates are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityRule {
    /// When the request says nothing.
    pub default: Period,
    /// At most, both ends counted.
    pub longest: Period,
    /// How far before the issue they begin, for clients whose clocks are slow.
    #[serde(default = "an_hour")]
    pub backdate: Period,
    /// How far after the issue a request may have them begin.
    #[serde(default = "a_day")]
    pub latest_start: Period,
}

/// What may stand in the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubjectRule {
    /// Attributes that the request may bring, by keyword or dotted identifier.
    pub allowed: Vec<String>,
    /// Attributes that must be there.
    pub required: Vec<String>,
    /// What becomes of other attributes.
    pub others: OtherAttributes,
    /// The common name must be one of the subject alternative names.
    pub common_name_from_names: bool,
}

/// What becomes of attributes that are not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OtherAttributes {
    /// The request is refused.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
}

/// What may stand in the subject alternative names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamesRule {
    /// Kinds of names that the request may bring.
    pub allowed: BTreeSet<NameKind>,
    /// At least one name must be there.
    pub required: bool,
    /// Whether DNS names may be wildcards.
    pub wildcards: bool,
    /// Whether DNS names may have underscores, which the CA/Browser Forum forbids.
    pub underscores: bool,
    /// At most so many names.
    pub most: usize,
}

impl Default for SubjectRule {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            required: Vec::new(),
            others: OtherAttributes::Refuse,
            common_name_from_names: false,
        }
    }
}

impl Default for NamesRule {
    fn default() -> Self {
        Self {
            allowed: BTreeSet::new(),
            required: false,
            wildcards: true,
            underscores: false,
            most: 100,
        }
    }
}

impl Profile {
    /// Whether its certificates are CA certificates.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// Whether it contradicts itself; to be asked once, when a profile comes from outside.
    pub fn check(&self) -> Result<(), ProfileError> {
        let fault = |field, fault| {
            Err(ProfileError::Field {
                profile: self.name.clone(),
                field,
                fault,
            })
        };
        let named = !self.name.is_empty()
            && self.name.len() <= 64
            && self
                .name
                .bytes()
                .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-');
        if !named {
            return fault("name", "it must have 1 to 64 of a-z 0-9 -");
        }
        if self.key_algorithms.is_empty() {
            return fault("key_algorithms", "there must be at least one");
        }
        let validity = &self.validity;
        if validity.default.is_zero() || validity.default > validity.longest {
            return fault(
                "validity",
                "default must be longer than nothing and at most longest",
            );
        }
        // RFC 5280 sections 4.2.1.3 and 4.2.1.9
        let signs_certificates = self.key_usage.contains(&KeyUsage::KeyCertSign);
        if signs_certificates != self.is_ca() {
            return fault(
                "key_usage",
                "keyCertSign belongs to CA certificates and to no others",
            );
        }
        if self
            .basic_constraints
            .is_some_and(|constraints| !constraints.ca && constraints.path_length.is_some())
        {
            return fault(
                "basic_constraints",
                "path_length belongs to CA certificates only",
            );
        }
        if self.is_ca()
            && self.subject.others == OtherAttributes::Drop
            && self.subject.allowed.is_empty()
        {
            return fault("subject", "a CA certificate must have a subject");
        }
        if self
            .subject
            .allowed
            .iter()
            .chain(&self.subject.required)
            .any(|word| AttributeType::find(word).is_none())
        {
            return fault("subject", "an attribute type is unknown");
        }
        if let Err(reason) = self.lint.check() {
            return fault("lint", reason);
        }
        if self.names.required && (self.names.allowed.is_empty() || self.names.most == 0) {
            return fault("names", "names are required and none is allowed");
        }
        Ok(())
    }
}

fn yes() -> bool {
    true
}

fn an_hour() -> Period {
    Period::hours(1)
}

fn a_day() -> Period {
    Period::days(1)
}

fn write_oids<S: Serializer>(oids: &[ObjectIdentifier], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(oids.iter().map(ToString::to_string))
}

fn read_oids<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<ObjectIdentifier>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| {
        ObjectIdentifier::new(text)
            .map_err(|_| serde::de::Error::custom(format!("\"{text}\" is no object identifier")))
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
