//! Extensions of Microsoft's: certificate template name and template ([MS-WCCE] sections 2.2.2.7.7.1 and 2.2.2.7.7.2), and
//! the security identifier of an account (section 2.2.2.7.7.4, KB5014754). None is critical.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::{oid, tag};

/// Longest security identifier: S-1-, an authority, 15 subauthorities.
const MAX_SID_BYTES: usize = 184;

/// A certificate template, version 2 and later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateTemplate {
    /// The template's object identifier.
    #[serde(with = "super::dotted")]
    pub oid: ObjectIdentifier,
    /// Its major version.
    pub major: u32,
    /// Its minor version.
    #[serde(default)]
    pub minor: u32,
}

/// Writes the name of a version 1 template.
pub(crate) fn write_template_name(writer: &mut Writer, name: &str) {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    super::write(writer, &oid::MS_TEMPLATE_NAME, false, |writer| {
        writer.tlv(tag::BMP_STRING, &units);
    });
}

pub(crate) fn write_template(writer: &mut Writer, template: CertificateTemplate) {
    super::write(writer, &oid::MS_TEMPLATE, false, |writer| {
        writer.sequence(|writer| {
            writer.oid(&template.oid);
            writer.integer(template.major.into());
            writer.integer(template.minor.into());
        });
    });
}

/// Whether text is a security identifier, `S-1-5-21-…`.
pub(crate) fn is_security_identifier(text: &str) -> bool {
    let numbers = || text.strip_prefix("S-1-").map(|rest| rest.split('-'));
    text.len() <= MAX_SID_BYTES
        && numbers().is_some_and(|numbers| numbers.clone().count() >= 2)
        && numbers().is_some_and(|mut numbers| {
            numbers.all(|number| {
                number.bytes().all(|digit| digit.is_ascii_digit()) && number.parse::<u64>().is_ok()
            })
        })
}

/// Writes the security identifier of the account that the certificate logs in to: an otherName in GeneralNames.
pub(crate) fn write_security_identifier(writer: &mut Writer, identifier: &str) {
    super::write(writer, &oid::MS_SECURITY, false, |writer| {
        writer.sequence(|writer| {
            writer.nest(tag::context_constructed(0), |writer| {
                writer.oid(&oid::MS_SECURITY_IDENTIFIER);
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.tlv(tag::OCTET_STRING, identifier.as_bytes());
                });
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_identifiers_are_told_from_other_text() {
        assert!(is_security_identifier(
            "S-1-5-21-3623811015-3361044348-30300820-1013"
        ));
        for text in [
            "", "S-1", "S-1-5", "S-1-5-", "S-1-5-x", "S-2-5-21", "S-1-5-+1", "s-1-5-21",
        ] {
            assert!(!is_security_identifier(text), "{text}");
        }
    }
}
