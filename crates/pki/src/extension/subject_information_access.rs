//! Subject information access, RFC 5280 section 4.2.2.2: what the subject offers, and where. Never critical.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::{oid, tag};
use crate::general_name::Uri;

/// An access method and a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessDescription {
    /// The method: `1.3.6.1.5.5.7.48.5` is caRepository, `1.3.6.1.5.5.7.48.3` timeStamping.
    #[serde(with = "super::dotted")]
    pub method: ObjectIdentifier,
    /// The URL.
    pub location: String,
}

impl AccessDescription {
    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        Uri::new(&self.location)
            .is_err()
            .then_some("location must be a URL")
    }
}

pub(crate) fn write(writer: &mut Writer, descriptions: &[AccessDescription]) {
    super::write(writer, &oid::SUBJECT_INFORMATION_ACCESS, false, |writer| {
        writer.sequence(|writer| {
            for description in descriptions {
                writer.sequence(|writer| {
                    writer.oid(&description.method);
                    writer.tlv(tag::context(6), description.location.as_bytes());
                });
            }
        });
    });
}
