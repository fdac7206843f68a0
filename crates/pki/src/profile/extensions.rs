//! Extensions that a profile may add to its certificates, apart from those that nearly all have.

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::extension::microsoft::CertificateTemplate;
use crate::extension::name_constraints::NameConstraintsRule;
use crate::extension::policy_constraints::PolicyConstraints;
use crate::extension::policy_mappings::PolicyMapping;
use crate::extension::private::PrivateExtension;
use crate::extension::qc_statements::QcStatements;
use crate::extension::subject_directory_attributes::DirectoryAttribute;
use crate::extension::subject_information_access::AccessDescription;

/// More extensions; what is absent is not written. Each is as critical as its RFC says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExtensionsRule {
    /// Name constraints, RFC 5280 section 4.2.1.10; for CA certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_constraints: Option<NameConstraintsRule>,
    /// Policy mappings, section 4.2.1.5; for CA certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_mappings: Vec<PolicyMapping>,
    /// Policy constraints, section 4.2.1.11; for CA certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_constraints: Option<PolicyConstraints>,
    /// After how many certificates anyPolicy counts for nothing, section 4.2.1.14; for CA certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inhibit_any_policy: Option<u32>,
    /// Subject information access, section 4.2.2.2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subject_information_access: Vec<AccessDescription>,
    /// Subject directory attributes, section 4.2.1.8.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subject_directory_attributes: Vec<DirectoryAttribute>,
    /// TLS feature with status_request, RFC 7633: the server must staple an OCSP response.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub must_staple: bool,
    /// Nobody will say whether it is revoked, RFC 9608. Not beside `crl_distribution_points`; of the authority information
    /// access only the place of the issuer's certificate is written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_revocation_available: bool,
    /// Statements on qualified certificates, EN 319 412-5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qc_statements: Option<QcStatements>,
    /// Name of a Microsoft certificate template, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microsoft_template_name: Option<String>,
    /// A Microsoft certificate template, version 2 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microsoft_template: Option<CertificateTemplate>,
    /// Whether the end entity's Microsoft security identifier is written.
    #[serde(skip_serializing_if = "Presence::is_never")]
    pub microsoft_security_identifier: Presence,
    /// Extensions with fixed values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<PrivateExtension>,
}

/// Whether something stands in a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Never.
    #[default]
    Never,
    /// When it is known.
    Known,
    /// Always: without it there is no certificate.
    Required,
}

impl Presence {
    fn is_never(&self) -> bool {
        *self == Self::Never
    }
}

impl ExtensionsRule {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The field that is wrong in that profile, and why.
    pub(super) fn fault(&self, profile: &Profile) -> Option<(&'static str, &'static str)> {
        self.constraints_fault(profile).or_else(|| {
            let first = |fault: Option<&'static str>, field| fault.map(|fault| (field, fault));
            first(
                self.subject_information_access
                    .iter()
                    .find_map(AccessDescription::fault),
                "extensions.subject_information_access",
            )
            .or_else(|| {
                first(
                    self.subject_directory_attributes
                        .iter()
                        .find_map(DirectoryAttribute::fault),
                    "extensions.subject_directory_attributes",
                )
            })
            .or_else(|| {
                first(
                    self.qc_statements.as_ref().and_then(QcStatements::fault),
                    "extensions.qc_statements",
                )
            })
            .or_else(|| first(self.template_fault(), "extensions.microsoft_template_name"))
            .or_else(|| first(self.private_fault(), "extensions.private"))
        })
    }

    /// What is only for CA certificates, and what is only for others.
    fn constraints_fault(&self, profile: &Profile) -> Option<(&'static str, &'static str)> {
        const CA_ONLY: &str = "it belongs to CA certificates only";
        let for_cas = [
            (
                self.name_constraints.is_some(),
                "extensions.name_constraints",
            ),
            (
                !self.policy_mappings.is_empty(),
                "extensions.policy_mappings",
            ),
            (
                self.policy_constraints.is_some(),
                "extensions.policy_constraints",
            ),
            (
                self.inhibit_any_policy.is_some(),
                "extensions.inhibit_any_policy",
            ),
        ];
        if let Some((_, field)) = for_cas.iter().find(|(there, _)| *there && !profile.is_ca()) {
            return Some((field, CA_ONLY));
        }
        if let Some(Err(fault)) = self
            .name_constraints
            .as_ref()
            .map(NameConstraintsRule::parse)
        {
            return Some(("extensions.name_constraints", fault));
        }
        let any_policy = const_oid::ObjectIdentifier::new_unwrap("2.5.29.32.0");
        let maps_any =
            |mapping: &PolicyMapping| mapping.issuer == any_policy || mapping.subject == any_policy;
        if self.policy_mappings.iter().any(maps_any) {
            return Some(("extensions.policy_mappings", "anyPolicy cannot be mapped"));
        }
        if self.policy_constraints == Some(PolicyConstraints::default()) {
            return Some((
                "extensions.policy_constraints",
                "there must be a constraint",
            ));
        }
        let unrevocable = self.no_revocation_available;
        // RFC 9608 section 3
        if unrevocable && (profile.is_ca() || profile.crl_distribution_points) {
            return Some((
                "extensions.no_revocation_available",
                "it belongs neither to CA certificates nor beside crl_distribution_points",
            ));
        }
        (unrevocable && self.must_staple).then_some((
            "extensions.must_staple",
            "there is nothing to staple with no_revocation_available",
        ))
    }

    fn template_fault(&self) -> Option<&'static str> {
        let name = self.microsoft_template_name.as_ref()?;
        let fits = (1..=64).contains(&name.chars().count())
            && name
                .chars()
                .all(|sign| sign.len_utf16() == 1 && !sign.is_control());
        (!fits).then_some("it must have 1 to 64 characters of the basic multilingual plane")
    }

    fn private_fault(&self) -> Option<&'static str> {
        let twice = self.private.iter().enumerate().any(|(place, one)| {
            self.private
                .iter()
                .take(place)
                .any(|other| other.oid == one.oid)
        });
        if twice {
            return Some("an extension stands twice");
        }
        self.private.iter().find_map(PrivateExtension::fault)
    }
}
