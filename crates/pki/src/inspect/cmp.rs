//! A ProtectedPart, looked at: what the key of a CMP server signs.

use super::InspectError;
use crate::asn1::{self, parse_all, tag};
use crate::cmp::{Body, BodyKind, Header};
use crate::key::SignatureAlgorithm;

const WHAT: &str = "ProtectedPart";
/// Deepest nesting of values; a nested message carries messages that carry certificates.
const DEEPEST: usize = 48;

/// What a ProtectedPart says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedPartFacts {
    /// How it is to be signed.
    pub signature_algorithm: SignatureAlgorithm,
    /// Which body it has.
    pub body: BodyKind,
}

/// Reads a ProtectedPart (RFC 9810 section 5.1.3), DER: a whole header and a whole body.
pub fn protected_part(to_be_signed: &[u8]) -> Result<ProtectedPartFacts, InspectError> {
    asn1::check_nesting(to_be_signed, DEEPEST, WHAT)?;
    parse_all(to_be_signed, WHAT, |fields| {
        let header = Header::from_element(fields.tagged(tag::SEQUENCE, "PKIHeader")?)?;
        let body = Body::from_element(fields.element("PKIBody")?)?;
        let signature_algorithm = header
            .protection_algorithm
            .as_deref()
            .and_then(SignatureAlgorithm::from_der)
            .ok_or(InspectError::UnknownAlgorithm)?;
        let body = body
            .kind()
            .filter(|kind| kind.is_response())
            .ok_or(InspectError::Rule("the body is none that a server sends"))?;
        Ok(ProtectedPartFacts {
            signature_algorithm,
            body,
        })
    })
}
