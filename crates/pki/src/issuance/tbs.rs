//! The TBSCertificate, RFC 5280 section 4.1.2, written in one go.

use super::validity::Validity;
use super::{Issuer, PrepareError};
use crate::asn1::{Writer, oid, tag};
use crate::extension::basic_constraints::{self, BasicConstraints};
use crate::extension::{
    self, ExtendedKeyUsage, KeyUsages, RequestedExtension, certificate_policies, key_identifier,
    microsoft, no_rev_avail, policy_constraints, policy_mappings, subject_directory_attributes,
    subject_information_access, tls_feature,
};
use crate::general_name::{GeneralName, write_names};
use crate::key::PublicKey;
use crate::name::Name;
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// All that a certificate says, decided.
pub(super) struct Contents<'a> {
    pub(super) profile: &'a Profile,
    pub(super) issuer: &'a Issuer,
    pub(super) public_key: &'a PublicKey,
    pub(super) subject: &'a Name,
    pub(super) names: &'a [GeneralName],
    pub(super) validity: Validity,
    pub(super) constraints: Option<BasicConstraints>,
    /// Extensions, DER.
    pub(super) distribution_points: &'a [u8],
    pub(super) key_usages: KeyUsages,
    pub(super) extended_key_usages: &'a [ExtendedKeyUsage],
    /// Taken over from the request.
    pub(super) requested: &'a [&'a RequestedExtension],
    pub(super) security_identifier: Option<&'a str>,
    pub(super) serial: SerialNumber,
}

pub(super) fn write(contents: &Contents<'_>) -> Result<Vec<u8>, PrepareError> {
    let extensions = extensions(contents)?;
    let mut writer = Writer::with_capacity(2048);
    writer.sequence(|writer| {
        writer.nest(tag::context_constructed(0), |writer| writer.integer(2));
        writer.tlv(tag::INTEGER, contents.serial.as_bytes());
        writer.raw(contents.issuer.algorithm_identifier());
        writer.raw(contents.issuer.name().to_der());
        writer.sequence(|writer| {
            writer.x509_time(contents.validity.not_before);
            writer.x509_time(contents.validity.not_after);
        });
        writer.raw(contents.subject.to_der());
        writer.raw(contents.public_key.spki_der());
        writer.nest(tag::context_constructed(3), |writer| {
            writer.tlv(tag::SEQUENCE, &extensions)
        });
    });
    Ok(writer.finish())
}

fn extensions(contents: &Contents<'_>) -> Result<Vec<u8>, PrepareError> {
    let mut writer = Writer::with_capacity(1024);
    write_usual(&mut writer, contents);
    write_profile(&mut writer, contents)?;
    for wanted in contents.requested {
        extension::write(&mut writer, &wanted.oid, wanted.critical, |writer| {
            writer.raw(&wanted.value)
        });
    }
    Ok(writer.finish())
}

/// Those that nearly all certificates have.
fn write_usual(writer: &mut Writer, contents: &Contents<'_>) {
    let Contents {
        profile,
        issuer,
        public_key,
        ..
    } = contents;
    writer.raw(issuer.authority_key_identifier());
    key_identifier::write_subject(writer, &public_key.key_identifier());
    if !contents.key_usages.is_empty() {
        contents.key_usages.write(writer);
    }
    if let Some(constraints) = contents.constraints {
        basic_constraints::write(writer, constraints);
    }
    if !contents.extended_key_usages.is_empty() {
        extension::write_extended_key_usage(writer, contents.extended_key_usages);
    }
    if !contents.names.is_empty() {
        // RFC 5280 section 4.2.1.6: critical when it is all that names the subject
        let critical = contents.subject.is_empty();
        extension::write(writer, &oid::SUBJECT_ALTERNATIVE_NAME, critical, |writer| {
            write_names(writer, contents.names);
        });
    }
    if !profile.certificate_policies.is_empty() {
        certificate_policies::write(writer, &profile.certificate_policies);
    }
    writer.raw(contents.distribution_points);
    if profile.authority_information_access {
        writer.raw(issuer.information_access(!profile.extensions.no_revocation_available));
    }
    if profile.ocsp_no_check {
        extension::write(writer, &oid::OCSP_NO_CHECK, false, |writer| {
            writer.tlv(tag::NULL, &[])
        });
    }
}

/// Those that the profile adds.
fn write_profile(writer: &mut Writer, contents: &Contents<'_>) -> Result<(), PrepareError> {
    let broken = |field| PrepareError::Profile { field };
    let rule = &contents.profile.extensions;
    if let Some(constraints) = &rule.name_constraints {
        let constraints = constraints.parse();
        constraints
            .map_err(|_| broken("extensions.name_constraints"))?
            .write(writer);
    }
    if !rule.policy_mappings.is_empty() {
        policy_mappings::write(writer, &rule.policy_mappings);
    }
    if let Some(constraints) = rule.policy_constraints {
        policy_constraints::write(writer, constraints);
    }
    if let Some(skipped) = rule.inhibit_any_policy {
        policy_constraints::write_inhibit_any(writer, skipped);
    }
    if !rule.subject_information_access.is_empty() {
        subject_information_access::write(writer, &rule.subject_information_access);
    }
    if !rule.subject_directory_attributes.is_empty() {
        subject_directory_attributes::write(writer, &rule.subject_directory_attributes)
            .map_err(|_| broken("extensions.subject_directory_attributes"))?;
    }
    if rule.must_staple {
        tls_feature::write_must_staple(writer);
    }
    if rule.no_revocation_available {
        no_rev_avail::write(writer);
    }
    if let Some(statements) = &rule.qc_statements {
        statements.write(writer);
    }
    if let Some(name) = &rule.microsoft_template_name {
        microsoft::write_template_name(writer, name);
    }
    if let Some(template) = rule.microsoft_template {
        microsoft::write_template(writer, template);
    }
    if let Some(identifier) = contents.security_identifier {
        microsoft::write_security_identifier(writer, identifier);
    }
    for private in &rule.private {
        let written = private.write(writer);
        written.map_err(|_| broken("extensions.private"))?;
    }
    Ok(())
}
