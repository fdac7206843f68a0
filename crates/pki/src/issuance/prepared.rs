//! Bytes to be signed that have been linted, and how they become a certificate.

use time::OffsetDateTime;

use super::validity::Validity;
use super::{AssembleError, Issuer, ReadoptError};
use crate::asn1::{Writer, tag};
use crate::certificate::{Certificate, Tbs};
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::lint::{Finding, lint_tbs};
use crate::serial::SerialNumber;

/// Linted bytes to be signed. Only `prepare` and `readopt` make one; only `assemble` makes a certificate of it.
#[derive(Debug)]
pub struct Prepared {
    to_be_signed: Vec<u8>,
    serial: SerialNumber,
    validity: Validity,
    signature_algorithm: SignatureAlgorithm,
    issuer_key: PublicKey,
    subject_key: PublicKey,
    findings: Vec<Finding>,
}

impl Prepared {
    pub(super) fn new(
        to_be_signed: Vec<u8>,
        issuer: &Issuer,
        subject_key: PublicKey,
        serial: SerialNumber,
        validity: Validity,
        findings: Vec<Finding>,
    ) -> Self {
        Self {
            to_be_signed,
            serial,
            validity,
            signature_algorithm: issuer.signature_algorithm(),
            issuer_key: issuer.public_key().clone(),
            subject_key,
            findings,
        }
    }

    /// The TBSCertificate, DER: what the signer is to sign, whole.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// What the linter has against it that does not stop the issue, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// First second of validity.
    pub fn not_before(&self) -> OffsetDateTime {
        self.validity.not_before
    }

    /// Last second of validity.
    pub fn not_after(&self) -> OffsetDateTime {
        self.validity.not_after
    }

    /// How it is to be signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// Puts the signature (in X.509 form) to the bytes: it is verified with the issuer's public key, and the whole is
    /// read again.
    pub fn assemble(self, signature: &[u8]) -> Result<Certificate, AssembleError> {
        self.issuer_key
            .verify(self.signature_algorithm, &self.to_be_signed, signature)
            .map_err(|source| AssembleError::Signature {
                serial: self.serial.to_hex(),
                source,
            })?;
        let der = signed(self.to_be_signed, self.signature_algorithm, signature);
        Certificate::read(der.into(), Some(&self.subject_key)).map_err(|source| {
            AssembleError::Unreadable {
                serial: self.serial.to_hex(),
                source,
            }
        })
    }
}

/// Bytes that the signer's journal holds, prepared once more, so that an interrupted issue can be finished. They were
/// linted when they were made, under the profile of that time, and have been signed: what the linter says of them today is
/// kept as `findings` and does not keep a signed certificate from being known. The signature algorithm is the one that the bytes name.
pub fn readopt(to_be_signed: &[u8], issuer: &Issuer) -> Result<Prepared, ReadoptError> {
    let tbs = Tbs::parse(to_be_signed)?;
    if tbs.issuer != issuer.name().to_der() {
        return Err(ReadoptError::OtherIssuer);
    }
    let signature_algorithm = SignatureAlgorithm::read(tbs.algorithm)?
        .filter(|algorithm| issuer.public_key().accepts(*algorithm))
        .ok_or(ReadoptError::Algorithm)?;
    Ok(Prepared {
        serial: SerialNumber::from_der_bytes(tbs.serial)?,
        validity: Validity {
            not_before: tbs.not_before,
            not_after: tbs.not_after,
        },
        signature_algorithm,
        issuer_key: issuer.public_key().clone(),
        subject_key: PublicKey::from_spki_der(tbs.public_key)?,
        findings: lint_tbs(to_be_signed),
        to_be_signed: to_be_signed.to_vec(),
    })
}

/// `SIGNED{…}`: the bytes, the algorithm, the signature; in the buffer of the bytes.
pub(crate) fn signed(
    to_be_signed: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Vec<u8> {
    let mut writer = Writer::after(to_be_signed);
    algorithm.write(&mut writer);
    writer.bit_string(signature);
    writer.wrap(tag::SEQUENCE)
}
