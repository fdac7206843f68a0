//! What may stand in the subject of a certificate.

use std::{fmt, str::FromStr};

use const_oid::ObjectIdentifier;
use ers_pki::name::AttributeType;
use serde::{Deserialize, Deserializer, de};

/// Which attributes, and what the common name is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectRules {
    /// Attributes that may be there. Others of a CSR are left out; others that were asked for by name are refused.
    #[serde(default = "usual_attributes")]
    pub attributes: Vec<SubjectAttribute>,
    /// What the common name is.
    #[serde(default)]
    pub common_name: CommonNameRule,
}

/// What the common name is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommonNameRule {
    /// One of the certificate's DNS names or addresses, as for servers.
    #[default]
    OneOfNames,
    /// Any text, as for people and devices.
    Free,
}

/// Type of an attribute, by the keyword of RFC 4514 or its dotted object identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectAttribute(ObjectIdentifier);

/// No such attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "read attribute \"{0}\": must be like CN, O, OU, C, L, ST, UID, serialNumber or a dotted OID"
)]
pub struct UnknownAttribute(String);

impl Default for SubjectRules {
    fn default() -> Self {
        Self {
            attributes: usual_attributes(),
            common_name: CommonNameRule::default(),
        }
    }
}

fn usual_attributes() -> Vec<SubjectAttribute> {
    vec![SubjectAttribute(AttributeType::COMMON_NAME)]
}

impl SubjectRules {
    /// Whether an attribute may be there.
    pub fn allows(&self, oid: ObjectIdentifier) -> bool {
        self.attributes.iter().any(|attribute| attribute.0 == oid)
    }

    /// The attributes that may be there.
    pub fn oids(&self) -> impl Iterator<Item = ObjectIdentifier> {
        self.attributes.iter().map(|attribute| attribute.0)
    }
}

impl FromStr for SubjectAttribute {
    type Err = UnknownAttribute;

    fn from_str(text: &str) -> Result<Self, UnknownAttribute> {
        AttributeType::find(text)
            .map(Self)
            .ok_or_else(|| UnknownAttribute(text.to_owned()))
    }
}

impl fmt::Display for SubjectAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&AttributeType::keyword_or_dotted(self.0))
    }
}

impl<'de> Deserialize<'de> for SubjectAttribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_common_name_is_allowed_unless_said_otherwise() {
        let rules = SubjectRules::default();
        assert!(rules.allows(AttributeType::COMMON_NAME));
        assert!(!rules.allows(AttributeType::ORGANIZATION));
        assert_eq!(rules.common_name, CommonNameRule::OneOfNames);
    }

    #[test]
    fn attributes_are_named_as_in_rfc_4514() {
        let rules: SubjectRules =
            serde_norway::from_str("{attributes: [CN, O], common_name: free}").unwrap();
        assert!(rules.allows(AttributeType::ORGANIZATION) && !rules.allows(AttributeType::COUNTRY));
        assert_eq!(rules.common_name, CommonNameRule::Free);
        assert!(serde_norway::from_str::<SubjectRules>("{attributes: [FOO]}").is_err());
    }
}
