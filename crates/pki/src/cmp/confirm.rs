//! `CertConfirmContent`, RFC 9810 section 5.3.18, and polling, section 5.3.22.

use super::status::{StatusInfo, read_texts, write_texts};
use crate::asn1::{
    Malformed, Reader, Writer, integer_u64, oid, signed_integer, tag, write_signed_integer,
};
use crate::certificate::Certificate;
use crate::crmf::MAX_REQUESTS;
use crate::key::SignatureAlgorithm;
use aws_lc_rs::digest;
use openssl::hash::{Hasher, MessageDigest};

/// Whether the client takes a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertStatus {
    /// Hash of the certificate.
    pub cert_hash: Vec<u8>,
    /// Which request it answers.
    pub cert_req_id: i64,
    /// Absent: it does.
    pub status: Option<StatusInfo>,
    /// AlgorithmIdentifier of the hash, DER (pvno 3); absent: that of the certificate's signature.
    pub hash_algorithm: Option<Vec<u8>>,
}

/// When to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollAnswer {
    /// Which request.
    pub cert_req_id: i64,
    /// In so many seconds.
    pub check_after_seconds: u64,
    /// Why it takes so long.
    pub reason: Vec<String>,
}

impl CertStatus {
    /// Takes a certificate.
    pub fn accepted(cert_req_id: i64, certificate: &Certificate) -> Self {
        Self {
            cert_hash: default_hash(certificate),
            cert_req_id,
            status: None,
            hash_algorithm: None,
        }
    }

    /// Whether the hash is that certificate's.
    pub fn is_of(&self, certificate: &Certificate) -> bool {
        let expected = match &self.hash_algorithm {
            None => Some(default_hash(certificate)),
            Some(algorithm) => named_hash(algorithm, certificate.der()),
        };
        expected.is_some_and(|expected| expected == self.cert_hash)
    }

    /// Whether the client does not take it.
    pub fn is_rejection(&self) -> bool {
        self.status
            .as_ref()
            .is_some_and(|status| !status.is_granted())
    }
}

/// The hash of the certificate's own signature; RFC 9481 section 3.3: SHA-512 for Ed25519, SHAKE256 for Ed448.
fn default_hash(certificate: &Certificate) -> Vec<u8> {
    use SignatureAlgorithm as Algorithm;
    let algorithm = match certificate.signature_algorithm() {
        Some(
            Algorithm::Sha384WithRsa | Algorithm::Sha384WithEcdsa | Algorithm::Sha384WithRsaPss,
        ) => &digest::SHA384,
        Some(
            Algorithm::Sha512WithRsa
            | Algorithm::Sha512WithEcdsa
            | Algorithm::Sha512WithRsaPss
            | Algorithm::Ed25519,
        ) => &digest::SHA512,
        Some(Algorithm::Ed448) => return shake256(certificate.der()),
        _ => &digest::SHA256,
    };
    digest::digest(algorithm, certificate.der())
        .as_ref()
        .to_vec()
}

/// 64 octets of it.
fn shake256(octets: &[u8]) -> Vec<u8> {
    let mut hash = vec![0; 64];
    let made = Hasher::new(MessageDigest::shake_256()).and_then(|mut hasher| {
        hasher
            .update(octets)
            .and_then(|()| hasher.finish_xof(&mut hash))
    });
    // nothing equals an empty hash
    made.map_or_else(|_| Vec::new(), |()| hash)
}

fn named_hash(algorithm: &[u8], octets: &[u8]) -> Option<Vec<u8>> {
    let oid = Reader::new(algorithm)
        .sequence("hashAlg")
        .ok()?
        .oid("hashAlg")
        .ok()?;
    let algorithm = match oid {
        oid::SHA256 => &digest::SHA256,
        oid::SHA384 => &digest::SHA384,
        oid::SHA512 => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(algorithm, octets).as_ref().to_vec())
}

pub(super) fn read_confirm(mut list: Reader<'_>) -> Result<Vec<CertStatus>, Malformed> {
    const WHAT: &str = "CertConfirmContent";
    let mut statuses: Vec<CertStatus> = Vec::new();
    while !list.is_empty() {
        let mut fields = list.sequence(WHAT)?;
        let cert_hash = fields.content(tag::OCTET_STRING, "certHash")?.to_vec();
        let cert_req_id = signed_integer(fields.content(tag::INTEGER, "certReqId")?, "certReqId")?;
        let status = match fields.optional(tag::SEQUENCE, WHAT)? {
            None => None,
            Some(content) => Some(StatusInfo::read(Reader::new(content))?),
        };
        let hash_algorithm = fields
            .optional(tag::context_constructed(0), "hashAlg")?
            .map(<[u8]>::to_vec);
        fields.finish(WHAT)?;
        let is_double = statuses
            .iter()
            .any(|other| other.cert_req_id == cert_req_id);
        if statuses.len() >= MAX_REQUESTS || is_double {
            return Err(Malformed::new(WHAT));
        }
        statuses.push(CertStatus {
            cert_hash,
            cert_req_id,
            status,
            hash_algorithm,
        });
    }
    Ok(statuses)
}

pub(super) fn write_confirm(writer: &mut Writer, statuses: &[CertStatus]) {
    writer.sequence(|writer| {
        for status in statuses {
            writer.sequence(|writer| {
                writer.tlv(tag::OCTET_STRING, &status.cert_hash);
                write_signed_integer(writer, status.cert_req_id);
                if let Some(info) = &status.status {
                    info.write(writer);
                }
                if let Some(algorithm) = &status.hash_algorithm {
                    writer.tlv(tag::context_constructed(0), algorithm);
                }
            });
        }
    });
}

pub(super) fn read_poll_request(mut list: Reader<'_>) -> Result<Vec<i64>, Malformed> {
    const WHAT: &str = "PollReqContent";
    let mut ids = Vec::new();
    while ids.is_empty() || !list.is_empty() {
        let mut fields = list.sequence(WHAT)?;
        let id = signed_integer(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        fields.finish(WHAT)?;
        if ids.len() >= MAX_REQUESTS || ids.contains(&id) {
            return Err(Malformed::new(WHAT));
        }
        ids.push(id);
    }
    Ok(ids)
}

pub(super) fn write_poll_request(writer: &mut Writer, ids: &[i64]) {
    writer.sequence(|writer| {
        for id in ids {
            writer.sequence(|writer| write_signed_integer(writer, *id));
        }
    });
}

pub(super) fn read_poll_answers(mut list: Reader<'_>) -> Result<Vec<PollAnswer>, Malformed> {
    const WHAT: &str = "PollRepContent";
    let mut answers = Vec::new();
    while answers.is_empty() || !list.is_empty() {
        let mut fields = list.sequence(WHAT)?;
        let cert_req_id = signed_integer(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        let check_after_seconds = integer_u64(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        let reason = match fields.optional(tag::SEQUENCE, WHAT)? {
            None => Vec::new(),
            Some(content) => read_texts(Reader::new(content))?,
        };
        fields.finish(WHAT)?;
        if answers.len() >= MAX_REQUESTS {
            return Err(Malformed::new(WHAT));
        }
        answers.push(PollAnswer {
            cert_req_id,
            check_after_seconds,
            reason,
        });
    }
    Ok(answers)
}

pub(super) fn write_poll_answers(writer: &mut Writer, answers: &[PollAnswer]) {
    writer.sequence(|writer| {
        for answer in answers {
            writer.sequence(|writer| {
                write_signed_integer(writer, answer.cert_req_id);
                writer.integer(answer.check_after_seconds);
                if !answer.reason.is_empty() {
                    write_texts(writer, &answer.reason);
                }
            });
        }
    });
}
