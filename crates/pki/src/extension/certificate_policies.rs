//! Certificate policies, RFC 5280 section 4.2.1.4; without qualifiers, as it recommends.

use const_oid::ObjectIdentifier;

use super::{Malformed, Writer};
use crate::asn1::{oid, tag};

/// The policies; qualifiers are read past.
pub(crate) fn read(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Malformed> {
    const WHAT: &str = "CertificatePolicies";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let mut policies = Vec::new();
        while policies.is_empty() || !fields.is_empty() {
            let mut information = fields.sequence(WHAT)?;
            policies.push(information.oid(WHAT)?);
            information.optional(tag::SEQUENCE, WHAT)?;
            information.finish(WHAT)?;
        }
        Ok(policies)
    })
}

pub(crate) fn write(writer: &mut Writer, policies: &[ObjectIdentifier]) {
    super::write(writer, &oid::CERTIFICATE_POLICIES, false, |writer| {
        writer.sequence(|writer| {
            policies
                .iter()
                .for_each(|policy| writer.sequence(|writer| writer.oid(policy)))
        });
    });
}
