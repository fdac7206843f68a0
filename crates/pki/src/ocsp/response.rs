//! `ResponseData` and `OCSPResponse`, RFC 6960 section 4.2.

use time::OffsetDateTime;

use super::request::{nonce_fits, write_nonce};
use super::{CertId, CertStatus, OcspError, Responder};
use crate::asn1::{Writer, oid, tag, whole_seconds};
use crate::key::SignatureAlgorithm;
use crate::lint::judge_response;
use crate::revocation::Reason;

/// The answer about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The certificate, as it was asked for.
    pub cert_id: CertId,
    /// What is told of it.
    pub status: CertStatus,
    /// When that was known to be right.
    pub this_update: OffsetDateTime,
    /// When there will be something newer at the latest; absent: at any time.
    pub next_update: Option<OffsetDateTime>,
}

/// What a response without an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseStatus {
    /// The request cannot be read.
    MalformedRequest,
    /// Something is broken here.
    InternalError,
    /// Not now.
    TryLater,
    /// The request must be signed.
    SigRequired,
    /// Not by this responder, or not to this client.
    Unauthorized,
}

impl ResponseStatus {
    fn code(self) -> u8 {
        match self {
            Self::MalformedRequest => 1,
            Self::InternalError => 2,
            Self::TryLater => 3,
            Self::SigRequired => 5,
            Self::Unauthorized => 6,
        }
    }
}

/// An OCSPResponse that only says why there is no answer, DER; it is not signed.
pub fn error_response(status: ResponseStatus) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| writer.tlv(tag::ENUMERATED, &[status.code()]));
    writer.finish()
}

/// Bytes of a response to be signed.
#[derive(Debug)]
pub struct PreparedResponse {
    to_be_signed: Vec<u8>,
    responder: Responder,
}

/// Writes the ResponseData that answers a request; the responder is named by the hash of its key. `nonce` is the
/// request's.
pub fn prepare(
    responder: &Responder,
    answers: &[Answer],
    produced_at: OffsetDateTime,
    nonce: Option<&[u8]>,
) -> Result<PreparedResponse, OcspError> {
    let certificate = responder.certificate();
    if !certificate.is_valid_at(produced_at) {
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        return Err(OcspError::NotValid {
            not_before,
            not_after,
        });
    }
    if answers.is_empty() {
        return Err(OcspError::Empty);
    }
    let ends_too_early = |answer: &Answer| {
        answer
            .next_update
            .is_some_and(|next| whole_seconds(next) <= whole_seconds(answer.this_update))
    };
    if answers.iter().any(ends_too_early) {
        return Err(OcspError::NextUpdate);
    }
    if nonce.is_some_and(|nonce| !nonce_fits(nonce)) {
        return Err(OcspError::Nonce);
    }
    let mut writer = Writer::with_capacity(256);
    writer.sequence(|writer| {
        writer.nest(tag::context_constructed(2), |writer| {
            writer.tlv(
                tag::OCTET_STRING,
                &certificate.public_key().key_identifier(),
            );
        });
        writer.generalized_time(produced_at);
        writer.sequence(|writer| {
            answers
                .iter()
                .for_each(|answer| write_answer(writer, answer))
        });
        if let Some(nonce) = nonce {
            writer.nest(tag::context_constructed(1), |writer| {
                write_nonce(writer, nonce)
            });
        }
    });
    let to_be_signed = writer.finish();
    let verdict = judge_response(&to_be_signed, responder.lint());
    if !verdict.blocking.is_empty() {
        return Err(OcspError::Lint(verdict.blocking));
    }
    Ok(PreparedResponse {
        to_be_signed,
        responder: responder.clone(),
    })
}

fn write_answer(writer: &mut Writer, answer: &Answer) {
    writer.sequence(|writer| {
        writer.raw(answer.cert_id.der());
        match answer.status {
            CertStatus::Good => writer.tlv(tag::context(0), &[]),
            CertStatus::Revoked { at, reason } => {
                writer.nest(tag::context_constructed(1), |writer| {
                    writer.generalized_time(at);
                    if reason != Reason::Unspecified {
                        writer.nest(tag::context_constructed(0), |writer| {
                            writer.tlv(tag::ENUMERATED, &[reason.code()])
                        });
                    }
                })
            }
            CertStatus::Unknown => writer.tlv(tag::context(2), &[]),
        }
        writer.generalized_time(answer.this_update);
        if let Some(next_update) = answer.next_update {
            writer.nest(tag::context_constructed(0), |writer| {
                writer.generalized_time(next_update)
            });
        }
    });
}

impl PreparedResponse {
    /// The ResponseData, DER: what the signer is to sign, whole.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// How it is to be signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.responder.signature_algorithm()
    }

    /// Puts the signature (in X.509 form) to the bytes after verifying it: a successful OCSPResponse, DER, with the
    /// responder's certificate in it unless that is the CA's own.
    pub fn assemble(self, signature: &[u8]) -> Result<Vec<u8>, OcspError> {
        self.responder
            .certificate()
            .public_key()
            .verify(
                self.responder.signature_algorithm(),
                &self.to_be_signed,
                signature,
            )
            .map_err(OcspError::Signature)?;
        Ok(self.assemble_unverified(signature))
    }

    /// The same without verifying, which takes three times as long as signing: for one whose key is known to be that of the
    /// certificate.
    pub fn assemble_unverified(self, signature: &[u8]) -> Vec<u8> {
        let certificate = self.responder.certificate();
        let algorithm = self.responder.signature_algorithm();
        let capacity = self.to_be_signed.len() + signature.len() + certificate.der().len() + 128;
        let mut writer = Writer::with_capacity(capacity);
        writer.sequence(|writer| {
            writer.tlv(tag::ENUMERATED, &[0]);
            writer.nest(tag::context_constructed(0), |writer| {
                writer.sequence(|writer| {
                    writer.oid(&oid::OCSP_BASIC);
                    writer.nest(tag::OCTET_STRING, |writer| {
                        writer.sequence(|writer| {
                            writer.raw(&self.to_be_signed);
                            algorithm.write(writer);
                            writer.bit_string(signature);
                            if !self.responder.is_issuer() {
                                writer.nest(tag::context_constructed(0), |writer| {
                                    writer.sequence(|writer| writer.raw(certificate.der()));
                                });
                            }
                        });
                    });
                });
            });
        });
        writer.finish()
    }
}
