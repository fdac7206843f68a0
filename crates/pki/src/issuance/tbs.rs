//! The TBSCertificate, RFC 5280 section 4.1.2, written in one go.

use super::Issuer;
use super::validity::Validity;
use crate::asn1::{Writer, oid, tag};
use crate::extension::basic_constraints::{self, BasicConstraints};
use crate::extension::{self, KeyUsages, certificate_policies, key_identifier};
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
    pub(super) serial: SerialNumber,
}

pub(super) fn write(contents: &Contents<'_>) -> Vec<u8> {
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
            writer.sequence(|writer| write_extensions(writer, contents))
        });
    });
    writer.finish()
}

fn write_extensions(writer: &mut Writer, contents: &Contents<'_>) {
    let Contents {
        profile,
        issuer,
        public_key,
        ..
    } = contents;
    writer.raw(issuer.authority_key_identifier());
    key_identifier::write_subject(writer, &public_key.key_identifier());
    let usages: KeyUsages = profile
        .key_usage
        .iter()
        .copied()
        .filter(|usage| usage.suits(public_key.algorithm()))
        .collect();
    if !usages.is_empty() {
        usages.write(writer);
    }
    if let Some(constraints) = contents.constraints {
        basic_constraints::write(writer, constraints);
    }
    if !profile.extended_key_usage.is_empty() {
        extension::write_extended_key_usage(writer, &profile.extended_key_usage);
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
        writer.raw(issuer.information_access());
    }
    if profile.ocsp_no_check {
        extension::write(writer, &oid::OCSP_NO_CHECK, false, |writer| {
            writer.tlv(tag::NULL, &[])
        });
    }
}
