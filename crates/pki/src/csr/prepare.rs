//! A request's bytes to be signed, and how they become a CSR: for CAs whose certificate another CA is to sign.

use super::{Csr, CsrError};
use crate::asn1::{Writer, oid, tag};
use crate::extension::basic_constraints::{self, BasicConstraints};
use crate::extension::{KeyUsage, KeyUsages};
use crate::issuance::signed;
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::name::Name;

/// Bytes of a request to be signed.
#[derive(Debug)]
pub struct PreparedCsr {
    to_be_signed: Vec<u8>,
    signature_algorithm: SignatureAlgorithm,
}

/// Writes a CA's request (CertificationRequestInfo, RFC 2986 section 4.1), with what a CA certificate must say as
/// extensions asked for: basic constraints, and keyCertSign and cRLSign as key usage.
pub fn prepare_ca(
    subject: &Name,
    public_key: &PublicKey,
    signature_algorithm: SignatureAlgorithm,
    path_length: Option<u32>,
) -> PreparedCsr {
    let mut writer = Writer::with_capacity(1024);
    writer.sequence(|writer| {
        writer.integer(0);
        writer.raw(subject.to_der());
        writer.raw(public_key.spki_der());
        writer.nest(tag::context_constructed(0), |writer| {
            writer.sequence(|writer| {
                writer.oid(&oid::EXTENSION_REQUEST);
                writer.nest(tag::SET, |writer| {
                    writer.sequence(|writer| {
                        let usages: KeyUsages = [KeyUsage::KeyCertSign, KeyUsage::CrlSign]
                            .into_iter()
                            .collect();
                        usages.write(writer);
                        let constraints = BasicConstraints {
                            ca: true,
                            path_length,
                        };
                        basic_constraints::write(writer, constraints);
                    });
                });
            });
        });
    });
    PreparedCsr {
        to_be_signed: writer.finish(),
        signature_algorithm,
    }
}

impl PreparedCsr {
    /// The CertificationRequestInfo, DER: what the signer is to sign, whole.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// How it is to be signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// Puts the signature (in X.509 form) to the bytes: the whole is read again, and its signature verified.
    pub fn assemble(self, signature: &[u8]) -> Result<Csr, CsrError> {
        Csr::from_der(&signed(
            self.to_be_signed,
            self.signature_algorithm,
            signature,
        ))
    }
}
