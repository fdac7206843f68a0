//! Certificate extensions, RFC 5280 section 4.2: one file each, which writes it and reads it.
//! To add one: a file here, a line in `certificate/details.rs` if it is to be read, one in `issuance/tbs.rs` to write it.

pub(crate) mod authority_information_access;
pub(crate) mod basic_constraints;
pub(crate) mod certificate_policies;
pub(crate) mod crl_distribution_points;
pub(crate) mod dotted;
mod extended_key_usage;
pub(crate) mod key_identifier;
mod key_usage;
pub(crate) mod microsoft;
pub(crate) mod name_constraints;
pub(crate) mod no_rev_avail;
pub(crate) mod policy_constraints;
pub(crate) mod policy_mappings;
pub(crate) mod private;
pub(crate) mod qc_statements;
pub(crate) mod subject_directory_attributes;
pub(crate) mod subject_information_access;
pub(crate) mod tls_feature;

use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, Writer, oid, tag};

pub use certificate_policies::{CertificatePolicy, UserNotice};
pub use extended_key_usage::{ExtendedKeyUsage, UnknownExtendedKeyUsage};
pub use key_usage::{KeyUsage, KeyUsages, UnknownKeyUsage};
pub use microsoft::CertificateTemplate;
pub use name_constraints::NameConstraintsRule;
pub use policy_constraints::PolicyConstraints;
pub use policy_mappings::PolicyMapping;
pub use private::PrivateExtension;
pub use qc_statements::{DisclosureStatement, LimitValue, Psd2, Psd2Role, QcStatements, QcType};
pub use subject_directory_attributes::DirectoryAttribute;
pub use subject_information_access::AccessDescription;

pub(crate) use extended_key_usage::{
    read as read_extended_key_usage, write as write_extended_key_usage,
};

/// Most extensions in a certificate, request or CRL.
const MAX_EXTENSIONS: usize = 64;

/// An extension that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedExtension {
    /// Its object identifier.
    pub oid: ObjectIdentifier,
    /// Whether it is to be critical.
    pub critical: bool,
    /// Content of the OCTET STRING: the DER of one value.
    pub value: Vec<u8>,
}

/// An extension as received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extension<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) critical: bool,
    /// Content of the OCTET STRING.
    pub(crate) value: &'a [u8],
}

/// Whether an extension has a field of its own in profiles or is the issuer's to write: nothing else may bring it.
pub(crate) fn is_written_otherwise(extension: ObjectIdentifier) -> bool {
    [
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::BASIC_CONSTRAINTS,
        oid::SUBJECT_ALTERNATIVE_NAME,
        oid::NAME_CONSTRAINTS,
        oid::CERTIFICATE_POLICIES,
        oid::POLICY_MAPPINGS,
        oid::POLICY_CONSTRAINTS,
        oid::INHIBIT_ANY_POLICY,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::FRESHEST_CRL,
        oid::AUTHORITY_INFORMATION_ACCESS,
        oid::SUBJECT_INFORMATION_ACCESS,
        oid::SUBJECT_DIRECTORY_ATTRIBUTES,
        oid::OCSP_NO_CHECK,
        oid::NO_REV_AVAIL,
        oid::QC_STATEMENTS,
        oid::TLS_FEATURE,
        oid::MS_TEMPLATE_NAME,
        oid::MS_TEMPLATE,
        oid::MS_SECURITY,
    ]
    .contains(&extension)
}

/// Reads `Extensions`; no extension may stand twice (RFC 5280 section 4.2).
pub(crate) fn read_all(extensions: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    const WHAT: &str = "Extensions";
    crate::asn1::parse_all(extensions, WHAT, |fields| {
        let mut found: Vec<Extension<'_>> = Vec::with_capacity(12);
        while found.is_empty() || !fields.is_empty() {
            let mut extension = fields.sequence(WHAT)?;
            let oid = extension.oid(WHAT)?;
            let critical = extension.default_false(WHAT)?;
            let value = extension.content(tag::OCTET_STRING, WHAT)?;
            extension.finish(WHAT)?;
            if found.len() >= MAX_EXTENSIONS || found.iter().any(|other| other.oid == oid) {
                return Err(Malformed::new(WHAT));
            }
            found.push(Extension {
                oid,
                critical,
                value,
            });
        }
        Ok(found)
    })
}

pub(crate) fn find<'a, 'b>(
    extensions: &'b [Extension<'a>],
    oid: ObjectIdentifier,
) -> Option<&'b Extension<'a>> {
    extensions.iter().find(|extension| extension.oid == oid)
}

/// Writes an `Extension` whose value `value` writes.
pub(crate) fn write(
    writer: &mut Writer,
    oid: &ObjectIdentifier,
    critical: bool,
    value: impl FnOnce(&mut Writer),
) {
    writer.sequence(|writer| {
        writer.oid(oid);
        writer.default_false(critical);
        writer.nest(tag::OCTET_STRING, value);
    });
}

/// The `uniformResourceIdentifier`s among `GeneralNames` content.
pub(crate) fn uris_of(mut names: Reader<'_>, what: &'static str) -> Result<Vec<String>, Malformed> {
    let mut uris = Vec::new();
    while !names.is_empty() {
        let name = names.element(what)?;
        if name.tag == tag::context(6) {
            uris.push(ascii(name.content, what)?);
        }
    }
    Ok(uris)
}

pub(crate) fn ascii(content: &[u8], what: &'static str) -> Result<String, Malformed> {
    let text = std::str::from_utf8(content)
        .ok()
        .filter(|text| text.is_ascii());
    text.map(str::to_owned).ok_or(Malformed::new(what))
}
