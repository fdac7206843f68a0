//! A ResponseData, looked at.

use time::OffsetDateTime;

use super::InspectError;
use crate::asn1::{Malformed, Reader, generalized_time, parse_all, tag};
use crate::extension;
use crate::name::Name;
use crate::ocsp::read_cert_id;
use crate::revocation::Reason;

const WHAT: &str = "ResponseData";

/// How the responder is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponderId {
    /// SHA-1 over the key.
    Key([u8; 20]),
    /// Its Name, DER.
    Name(Vec<u8>),
}

/// What a ResponseData says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspFacts {
    /// Who answers.
    pub responder_id: ResponderId,
    /// When.
    pub produced_at: OffsetDateTime,
    /// About how many certificates.
    pub answers: usize,
}

/// Reads a ResponseData, DER, every answer of it.
pub fn ocsp(to_be_signed: &[u8]) -> Result<OcspFacts, InspectError> {
    parse_all(to_be_signed, WHAT, |fields| {
        let responder = fields.element("ResponderID")?;
        let responder_id = read_responder(responder.tag, responder.content)?;
        let produced_at = generalized_time(fields, "producedAt")?;
        let mut answers = fields.sequence(WHAT)?;
        let mut count = 0;
        while count == 0 || !answers.is_empty() {
            read_answer(answers.sequence("SingleResponse")?)?;
            count += 1;
        }
        if let Some(extensions) = fields.optional(tag::context_constructed(1), WHAT)? {
            extension::read_all(extensions)?;
        }
        Ok(OcspFacts {
            responder_id,
            produced_at,
            answers: count,
        })
    })
}

fn read_responder(responder_tag: u8, content: &[u8]) -> Result<ResponderId, InspectError> {
    const WHAT: &str = "ResponderID";
    const BY_NAME: u8 = tag::context_constructed(1);
    const BY_KEY: u8 = tag::context_constructed(2);
    match responder_tag {
        BY_NAME => Ok(ResponderId::Name(
            Name::from_der(content)?.to_der().to_vec(),
        )),
        BY_KEY => {
            let mut reader = Reader::new(content);
            let hash = reader.content(tag::OCTET_STRING, WHAT)?;
            reader.finish(WHAT)?;
            let hash = <[u8; 20]>::try_from(hash).map_err(|_| Malformed::new(WHAT))?;
            Ok(ResponderId::Key(hash))
        }
        _ => Err(Malformed::new(WHAT).into()),
    }
}

fn read_answer(mut fields: Reader<'_>) -> Result<(), InspectError> {
    const WHAT: &str = "SingleResponse";
    const GOOD: u8 = tag::context(0);
    const REVOKED: u8 = tag::context_constructed(1);
    const UNKNOWN: u8 = tag::context(2);
    read_cert_id(fields.tagged(tag::SEQUENCE, WHAT)?)?;
    let status = fields.element("CertStatus")?;
    match (status.tag, status.content) {
        (GOOD | UNKNOWN, []) => {}
        (REVOKED, content) => read_revoked(content)?,
        _ => return Err(Malformed::new("CertStatus").into()),
    }
    let this_update = generalized_time(&mut fields, "thisUpdate")?;
    if let Some(explicit) = fields.optional(tag::context_constructed(0), "nextUpdate")? {
        let mut reader = Reader::new(explicit);
        let next_update = generalized_time(&mut reader, "nextUpdate")?;
        reader.finish("nextUpdate")?;
        if next_update <= this_update {
            return Err(InspectError::Rule(
                "nextUpdate does not come after thisUpdate",
            ));
        }
    }
    if let Some(extensions) = fields.optional(tag::context_constructed(1), WHAT)? {
        extension::read_all(extensions)?;
    }
    fields.finish(WHAT)?;
    Ok(())
}

fn read_revoked(content: &[u8]) -> Result<(), Malformed> {
    const WHAT: &str = "RevokedInfo";
    let mut fields = Reader::new(content);
    generalized_time(&mut fields, WHAT)?;
    if let Some(explicit) = fields.optional(tag::context_constructed(0), WHAT)? {
        match explicit {
            [tag::ENUMERATED, 1, code] => {
                Reason::from_code(*code).map_err(|_| Malformed::new(WHAT))?
            }
            _ => return Err(Malformed::new(WHAT)),
        };
    }
    fields.finish(WHAT)
}
