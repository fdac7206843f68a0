//! Basic constraints, RFC 5280 section 4.2.1.9.

use super::{Malformed, Writer};
use crate::asn1::{integer_u64, oid, tag};

/// `cA` and `pathLenConstraint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u32>,
}

pub(crate) fn read(value: &[u8]) -> Result<BasicConstraints, Malformed> {
    const WHAT: &str = "BasicConstraints";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let ca = fields.default_false(WHAT)?;
        let path_length = match fields.optional(tag::INTEGER, WHAT)? {
            None => None,
            Some(content) => {
                Some(u32::try_from(integer_u64(content, WHAT)?).map_err(|_| Malformed::new(WHAT))?)
            }
        };
        Ok(BasicConstraints { ca, path_length })
    })
}

/// Writes the extension; it is critical.
pub(crate) fn write(writer: &mut Writer, constraints: BasicConstraints) {
    super::write(writer, &oid::BASIC_CONSTRAINTS, true, |writer| {
        writer.sequence(|writer| {
            writer.default_false(constraints.ca);
            if let Some(length) = constraints.path_length {
                writer.integer(length.into());
            }
        });
    });
}
