//! A CRL's bytes to be signed, and how they become a CRL. Entries are written as they come and never held.

use time::OffsetDateTime;

use super::{Crl, CrlError, RevokedEntry};
use crate::asn1::{Writer, oid, tag, whole_seconds};
use crate::certificate::Certificate;
use crate::extension::{self, KeyUsage};
use crate::issuance::{Issuer, signed};
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::revocation::Reason;

/// Bytes of a CRL to be signed.
#[derive(Debug)]
pub struct PreparedCrl {
    to_be_signed: Vec<u8>,
    number: u64,
    signature_algorithm: SignatureAlgorithm,
    issuer_key: PublicKey,
}

/// Writes a complete CRL of the issuer. A serial number must come once only; the order does not matter.
pub fn prepare(
    issuer: &Issuer,
    number: u64,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    entries: impl IntoIterator<Item = RevokedEntry>,
) -> Result<PreparedCrl, CrlError> {
    if whole_seconds(next_update) <= whole_seconds(this_update) {
        return Err(CrlError::NextUpdate { number });
    }
    let usages = issuer.certificate().and_then(Certificate::key_usages);
    if usages.is_some_and(|usages| !usages.contains(KeyUsage::CrlSign)) {
        return Err(CrlError::IssuerMayNot { number });
    }
    let mut wrong = None;
    let mut entries = entries.into_iter().peekable();
    let mut writer = Writer::with_capacity(1024);
    writer.sequence(|writer| {
        writer.integer(1);
        writer.raw(issuer.algorithm_identifier());
        writer.raw(issuer.name().to_der());
        writer.x509_time(this_update);
        writer.x509_time(next_update);
        if entries.peek().is_some() {
            writer.sequence(|writer| {
                for entry in entries {
                    if entry.reason == Reason::RemoveFromCrl {
                        wrong = Some(entry.serial);
                        break;
                    }
                    write_entry(writer, &entry);
                }
            });
        }
        writer.nest(tag::context_constructed(0), |writer| {
            writer.sequence(|writer| {
                // the key that signs this CRL, not the one that signed the issuer's certificate
                writer.raw(issuer.authority_key_identifier());
                extension::write(writer, &oid::CRL_NUMBER, false, |writer| {
                    writer.integer(number)
                });
            });
        });
    });
    if let Some(serial) = wrong {
        return Err(CrlError::RemoveFromCrl { number, serial });
    }
    Ok(PreparedCrl {
        to_be_signed: writer.finish(),
        number,
        signature_algorithm: issuer.signature_algorithm(),
        issuer_key: issuer.public_key().clone(),
    })
}

fn write_entry(writer: &mut Writer, entry: &RevokedEntry) {
    writer.sequence(|writer| {
        writer.tlv(tag::INTEGER, entry.serial.as_bytes());
        writer.x509_time(entry.at);
        // section 5.3.1: the code is left out rather than say unspecified
        if entry.reason != Reason::Unspecified {
            writer.sequence(|writer| {
                extension::write(writer, &oid::REASON_CODE, false, |writer| {
                    writer.tlv(tag::ENUMERATED, &[entry.reason.code()]);
                });
            });
        }
    });
}

impl PreparedCrl {
    /// The TBSCertList, DER: what the signer is to sign, whole.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The CRL number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How it is to be signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// Puts the signature (in X.509 form) to the bytes: it is verified with the issuer's public key, and the whole is
    /// read again.
    pub fn assemble(self, signature: &[u8]) -> Result<Crl, CrlError> {
        self.issuer_key
            .verify(self.signature_algorithm, &self.to_be_signed, signature)
            .map_err(|source| CrlError::Signature {
                number: self.number,
                source,
            })?;
        Crl::from_vec(signed(
            self.to_be_signed,
            self.signature_algorithm,
            signature,
        ))
    }
}
