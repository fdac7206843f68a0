//! `OCSPRequest`, RFC 6960 section 4.1. Signatures of requests are not looked at: everyone may ask.

use super::cert_id::{CertId, read_cert_id};
use crate::asn1::{self, Malformed, Reader, Writer, integer_u64, oid, parse_all, tag};
use crate::extension;

/// Longest request that is looked at.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;
/// Most certificates that one request may ask for.
pub const MAX_CERT_IDS: usize = 100;
/// Longest nonce: RFC 9654 section 2.1 allows 1 to 128 octets (RFC 8954, which it replaces, allowed 32) and has all else
/// refused as malformed.
pub const MAX_NONCE_BYTES: usize = 128;
/// Deepest nesting of values in a request; a signed one carries certificates.
const DEEPEST: usize = 24;
const WHAT: &str = "OCSPRequest";

/// Why a request is not answered: all are `malformedRequest`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is longer than 64 KiB.
    #[error("read OCSP request: it is longer than {MAX_REQUEST_BYTES} octets")]
    TooLong,
    /// It is not the DER of an OCSPRequest.
    #[error("read OCSP request")]
    Malformed(#[from] Malformed),
    /// It asks for too many certificates.
    #[error("read OCSP request: it asks for more than {MAX_CERT_IDS} certificates")]
    TooMany,
    /// Its nonce is empty, too long, or no OCTET STRING.
    #[error("read OCSP request: the nonce must have 1 to {MAX_NONCE_BYTES} octets")]
    Nonce,
    /// It has a critical extension that we do not know.
    #[error("read OCSP request: it has a critical extension that is not known")]
    CriticalExtension,
}

/// What someone asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    cert_ids: Vec<CertId>,
    nonce: Option<Box<[u8]>>,
}

impl Request {
    /// Reads a DER OCSPRequest of at most 64 KiB, 100 certificates and a nonce of at most 128 octets.
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        if der.len() > MAX_REQUEST_BYTES {
            return Err(RequestError::TooLong);
        }
        asn1::check_nesting(der, DEEPEST, WHAT)?;
        parse_all(der, WHAT, |fields| {
            let mut request = fields.sequence(WHAT)?;
            fields.optional(tag::context_constructed(0), WHAT)?;
            if let Some(version) = request.optional(tag::context_constructed(0), "Version")? {
                // DEFAULT v1 should not be encoded; some clients do
                let mut version = Reader::new(version);
                if integer_u64(version.content(tag::INTEGER, "Version")?, "Version")? != 0 {
                    return Err(Malformed::new("Version").into());
                }
                version.finish("Version")?;
            }
            request.optional(tag::context_constructed(1), WHAT)?;
            let cert_ids = read_list(request.sequence(WHAT)?)?;
            let nonce = match request.optional(tag::context_constructed(2), WHAT)? {
                None => None,
                Some(extensions) => read_nonce(extensions)?,
            };
            request.finish(WHAT)?;
            Ok(Self { cert_ids, nonce })
        })
    }

    /// Asks for these certificates.
    pub fn new(cert_ids: Vec<CertId>, nonce: Option<&[u8]>) -> Result<Self, RequestError> {
        if cert_ids.len() > MAX_CERT_IDS {
            return Err(RequestError::TooMany);
        }
        if cert_ids.is_empty() {
            return Err(Malformed::new(WHAT).into());
        }
        if nonce.is_some_and(|nonce| !nonce_fits(nonce)) {
            return Err(RequestError::Nonce);
        }
        Ok(Self {
            cert_ids,
            nonce: nonce.map(Into::into),
        })
    }

    /// The certificates asked for, at least one.
    pub fn cert_ids(&self) -> &[CertId] {
        &self.cert_ids
    }

    /// The nonce, to be repeated in the response.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// The request, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                writer.sequence(|writer| {
                    self.cert_ids
                        .iter()
                        .for_each(|id| writer.sequence(|writer| writer.raw(id.der())));
                });
                if let Some(nonce) = &self.nonce {
                    writer.nest(tag::context_constructed(2), |writer| {
                        write_nonce(writer, nonce)
                    });
                }
            });
        });
        writer.finish()
    }
}

pub(super) fn nonce_fits(nonce: &[u8]) -> bool {
    (1..=MAX_NONCE_BYTES).contains(&nonce.len())
}

/// `Extensions` with the nonce.
pub(super) fn write_nonce(writer: &mut Writer, nonce: &[u8]) {
    writer.sequence(|writer| {
        extension::write(writer, &oid::OCSP_NONCE, false, |writer| {
            writer.tlv(tag::OCTET_STRING, nonce)
        });
    });
}

fn read_list(mut list: Reader<'_>) -> Result<Vec<CertId>, RequestError> {
    let mut ids = Vec::new();
    while ids.is_empty() || !list.is_empty() {
        if ids.len() >= MAX_CERT_IDS {
            return Err(RequestError::TooMany);
        }
        let mut single = list.sequence(WHAT)?;
        ids.push(read_cert_id(single.tagged(tag::SEQUENCE, WHAT)?)?);
        if let Some(extensions) = single.optional(tag::context_constructed(0), WHAT)? {
            let extensions = extension::read_all(extensions)?;
            if extensions.iter().any(|extension| extension.critical) {
                return Err(RequestError::CriticalExtension);
            }
        }
        single.finish(WHAT)?;
    }
    Ok(ids)
}

fn read_nonce(extensions: &[u8]) -> Result<Option<Box<[u8]>>, RequestError> {
    let mut found = None;
    for extension in extension::read_all(extensions)? {
        if extension.oid == oid::OCSP_NONCE {
            let mut reader = Reader::new(extension.value);
            let nonce = reader
                .content(tag::OCTET_STRING, WHAT)
                .map_err(|_| RequestError::Nonce)?;
            if !reader.is_empty() || !nonce_fits(nonce) {
                return Err(RequestError::Nonce);
            }
            found = Some(nonce.into());
        } else if extension.critical {
            return Err(RequestError::CriticalExtension);
        }
    }
    Ok(found)
}
