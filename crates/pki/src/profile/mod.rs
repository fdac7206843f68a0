//! Certificate profiles: as data, what certificates of one kind say and for whom they may be made.
//!
//! To add a ready one: a function in `ready.rs` and its name in `Profile::ready`.

mod check;
mod extensions;
mod pattern;
mod period;
mod ready;
mod request;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use extensions::{ExtensionsRule, Presence};
pub use pattern::{Pattern, PatternError};
pub use period::{Period, PeriodError};
pub use request::RequestRule;
pub use value::{Source, Surplus, ValueRule};

use crate::extension::{CertificatePolicy, ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::key::KeyAlgorithm;
use crate::lint::LintPolicy;

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
    /// Certificate policies: dotted identifiers, or objects with `oid`, `cps` and `notice`.
    #[serde(default)]
    pub certificate_policies: Vec<CertificatePolicy>,
    /// More extensions.
    #[serde(default, skip_serializing_if = "ExtensionsRule::is_default")]
    pub extensions: ExtensionsRule,
    /// Which wishes of a request count beside subject and names.
    #[serde(default, skip_serializing_if = "RequestRule::is_default")]
    pub request: RequestRule,
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
    /// They never expire: notAfter is 99991231235959Z, RFC 5280 section 4.1.2.5, whatever else is said here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_expiry: bool,
}

/// What may stand in the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubjectRule {
    /// Attributes that the request may bring, by keyword or dotted identifier.
    pub allowed: Vec<String>,
    /// Attributes that must be there.
    pub required: Vec<String>,
    /// Rules for single attributes, by keyword or dotted identifier; who stands here may be there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, ValueRule>,
    /// What becomes of other attributes, and of values that an attribute may not have.
    pub others: OtherAttributes,
    /// The common name must be one of the subject alternative names.
    pub common_name_from_names: bool,
}

/// What becomes of attributes that are not allowed.
pub type OtherAttributes = Surplus;

/// What may stand in the subject alternative names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamesRule {
    /// Kinds of names that the request may bring.
    pub allowed: BTreeSet<NameKind>,
    /// Rules for the names of one kind; a kind that stands here is allowed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<NameKind, ValueRule>,
    /// What becomes of names that may not be there.
    pub others: Surplus,
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
            attributes: BTreeMap::new(),
            others: Surplus::Refuse,
            common_name_from_names: false,
        }
    }
}

impl Default for NamesRule {
    fn default() -> Self {
        Self {
            allowed: BTreeSet::new(),
            kinds: BTreeMap::new(),
            others: Surplus::Refuse,
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
