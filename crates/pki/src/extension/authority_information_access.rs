//! Authority information access, RFC 5280 section 4.2.2.1: where OCSP is answered and the issuer's certificate lies.

use super::{Malformed, Writer, ascii};
use crate::asn1::{oid, tag};

/// URLs by access method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Access {
    pub(crate) ocsp: Vec<String>,
    pub(crate) ca_issuers: Vec<String>,
}

pub(crate) fn read(value: &[u8]) -> Result<Access, Malformed> {
    const WHAT: &str = "AuthorityInfoAccessSyntax";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let mut access = Access::default();
        let mut first = true;
        while first || !fields.is_empty() {
            first = false;
            let mut description = fields.sequence(WHAT)?;
            let method = description.oid(WHAT)?;
            let location = description.element(WHAT)?;
            description.finish(WHAT)?;
            if location.tag != tag::context(6) {
                continue;
            }
            if method == oid::AD_OCSP {
                access.ocsp.push(ascii(location.content, WHAT)?);
            } else if method == oid::AD_CA_ISSUERS {
                access.ca_issuers.push(ascii(location.content, WHAT)?);
            }
        }
        Ok(access)
    })
}

pub(crate) fn write<T: AsRef<str>>(writer: &mut Writer, ocsp: &[T], ca_issuers: &[T]) {
    super::write(
        writer,
        &oid::AUTHORITY_INFORMATION_ACCESS,
        false,
        |writer| {
            writer.sequence(|writer| {
                for (method, urls) in [(oid::AD_OCSP, ocsp), (oid::AD_CA_ISSUERS, ca_issuers)] {
                    for url in urls {
                        writer.sequence(|writer| {
                            writer.oid(&method);
                            writer.tlv(tag::context(6), url.as_ref().as_bytes());
                        });
                    }
                }
            });
        },
    );
}
