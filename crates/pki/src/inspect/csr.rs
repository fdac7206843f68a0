//! A CertificationRequestInfo, looked at.

use super::InspectError;
use crate::asn1::{Malformed, Reader, integer_u64, parse_all, tag};
use crate::name::Name;

const WHAT: &str = "CertificationRequestInfo";

/// What a CertificationRequestInfo (RFC 2986 section 4.1) says.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// The subject.
    pub subject: Name,
    /// SubjectPublicKeyInfo, DER; not checked.
    pub public_key_der: Vec<u8>,
}

/// Reads a CertificationRequestInfo, DER.
pub fn certification_request(to_be_signed: &[u8]) -> Result<RequestFacts, InspectError> {
    let (subject, public_key) = parse_all(to_be_signed, WHAT, |fields| {
        if integer_u64(fields.content(tag::INTEGER, "Version")?, "Version")? != 0 {
            return Err(Malformed::new("Version"));
        }
        let subject = fields.tagged(tag::SEQUENCE, "Name")?.whole;
        let public_key = fields.tagged(tag::SEQUENCE, "SubjectPublicKeyInfo")?.whole;
        let mut attributes =
            Reader::new(fields.content(tag::context_constructed(0), "Attributes")?);
        while !attributes.is_empty() {
            attributes.tagged(tag::SEQUENCE, "Attributes")?;
        }
        Ok::<_, Malformed>((subject, public_key))
    })?;
    Ok(RequestFacts {
        subject: Name::from_der(subject)?,
        public_key_der: public_key.to_vec(),
    })
}
