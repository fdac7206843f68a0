//! `RevReqContent` and `RevRepContent`, RFC 9810 sections 5.3.9 and 5.3.10.

use super::status::StatusInfo;
use crate::asn1::{Malformed, Reader, Writer, oid, tag};
use crate::crmf::{CertTemplate, MAX_REQUESTS, OldCertId, read_template, write_template};
use crate::extension;
use crate::revocation::Reason;

/// A certificate to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevDetails {
    /// Which: issuer and serial number.
    pub template: CertTemplate,
    /// Why; `Unspecified` when it is not told.
    pub reason: Reason,
}

/// What became of revocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevRepContent {
    /// One for each.
    pub statuses: Vec<StatusInfo>,
    /// The certificates, in the same order; empty or as many.
    pub certificates: Vec<OldCertId>,
}

pub(super) fn read_revocations(mut list: Reader<'_>) -> Result<Vec<RevDetails>, Malformed> {
    const WHAT: &str = "RevReqContent";
    let mut revocations = Vec::new();
    while revocations.is_empty() || !list.is_empty() {
        let mut fields = list.sequence(WHAT)?;
        let template = read_template(fields.content(tag::SEQUENCE, WHAT)?)?;
        let reason = match fields.peek() {
            None => Reason::Unspecified,
            Some(_) => read_reason(fields.tagged(tag::SEQUENCE, WHAT)?.whole)?,
        };
        fields.finish(WHAT)?;
        if revocations.len() >= MAX_REQUESTS {
            return Err(Malformed::new(WHAT));
        }
        revocations.push(RevDetails { template, reason });
    }
    Ok(revocations)
}

fn read_reason(extensions: &[u8]) -> Result<Reason, Malformed> {
    const WHAT: &str = "crlEntryDetails";
    if extensions == [tag::SEQUENCE, 0] {
        return Ok(Reason::Unspecified);
    }
    let found = extension::read_all(extensions)?;
    match extension::find(&found, oid::REASON_CODE) {
        None => Ok(Reason::Unspecified),
        Some(extension) => match extension.value {
            [tag::ENUMERATED, 1, code] => {
                Reason::from_code(*code).map_err(|_| Malformed::new(WHAT))
            }
            _ => Err(Malformed::new(WHAT)),
        },
    }
}

pub(super) fn write_revocations(writer: &mut Writer, revocations: &[RevDetails]) {
    writer.sequence(|writer| {
        for revocation in revocations {
            writer.sequence(|writer| {
                write_template(writer, &revocation.template);
                if revocation.reason != Reason::Unspecified {
                    writer.sequence(|writer| {
                        extension::write(writer, &oid::REASON_CODE, false, |writer| {
                            writer.tlv(tag::ENUMERATED, &[revocation.reason.code()]);
                        });
                    });
                }
            });
        }
    });
}

impl RevRepContent {
    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "RevRepContent";
        let mut list = fields.sequence(WHAT)?;
        let mut statuses = Vec::new();
        while !list.is_empty() {
            if statuses.len() >= MAX_REQUESTS {
                return Err(Malformed::new(WHAT));
            }
            statuses.push(StatusInfo::read(list.sequence(WHAT)?)?);
        }
        let mut certificates = Vec::new();
        if let Some(explicit) = fields.optional(tag::context_constructed(0), WHAT)? {
            let mut outer = Reader::new(explicit);
            let mut list = outer.sequence(WHAT)?;
            outer.finish(WHAT)?;
            while !list.is_empty() {
                if certificates.len() >= MAX_REQUESTS {
                    return Err(Malformed::new(WHAT));
                }
                certificates.push(OldCertId::read(list.sequence(WHAT)?)?);
            }
        }
        fields.optional(tag::context_constructed(1), WHAT)?;
        fields.finish(WHAT)?;
        Ok(Self {
            statuses,
            certificates,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            writer.sequence(|writer| self.statuses.iter().for_each(|status| status.write(writer)));
            if !self.certificates.is_empty() {
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.sequence(|writer| {
                        self.certificates.iter().for_each(|id| id.write(writer));
                    });
                });
            }
        });
    }
}
