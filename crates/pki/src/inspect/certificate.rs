//! A TBSCertificate, looked at.

use time::{Duration, OffsetDateTime};

use super::InspectError;
use crate::certificate::{Details, Tbs};
use crate::extension::{ExtendedKeyUsage, KeyUsages};
use crate::general_name::GeneralName;
use crate::key::SignatureAlgorithm;
use crate::name::Name;
use crate::serial::SerialNumber;

/// What a TBSCertificate says.
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    /// The issuer's Name, DER.
    pub issuer_der: Vec<u8>,
    /// The subject.
    pub subject: Name,
    /// The serial number.
    pub serial: SerialNumber,
    /// First second of validity.
    pub not_before: OffsetDateTime,
    /// Last second of validity.
    pub not_after: OffsetDateTime,
    /// SubjectPublicKeyInfo, DER; not checked.
    pub public_key_der: Vec<u8>,
    /// Whether it is a CA's, or could pass for one: cA, or keyCertSign without it.
    pub is_ca: bool,
    /// Its path length.
    pub path_length: Option<u32>,
    /// Its key usages.
    pub key_usages: Option<KeyUsages>,
    /// Its extended key usages.
    pub extended_key_usages: Vec<ExtendedKeyUsage>,
    /// Its subject alternative names, those that we support.
    pub names: Vec<GeneralName>,
    /// How it is to be signed.
    pub signature_algorithm: SignatureAlgorithm,
}

impl CertificateFacts {
    /// How long it is valid, both ends counted.
    pub fn validity(&self) -> Duration {
        self.not_after - self.not_before + Duration::SECOND
    }
}

/// Reads a TBSCertificate, DER.
pub fn certificate(to_be_signed: &[u8]) -> Result<CertificateFacts, InspectError> {
    let tbs = Tbs::parse(to_be_signed)?;
    let details = Details::read(&tbs.extensions)?;
    if tbs.not_after < tbs.not_before {
        return Err(InspectError::Rule("notAfter lies before notBefore"));
    }
    let signs_certificates = details
        .key_usages
        .is_some_and(|usages| usages.contains(crate::extension::KeyUsage::KeyCertSign));
    Ok(CertificateFacts {
        issuer_der: Name::from_der(tbs.issuer)?.to_der().to_vec(),
        subject: Name::from_der(tbs.subject)?,
        serial: SerialNumber::from_der_bytes(tbs.serial)?,
        not_before: tbs.not_before,
        not_after: tbs.not_after,
        public_key_der: tbs.public_key.to_vec(),
        is_ca: details.basic_constraints.ca || signs_certificates,
        path_length: details.basic_constraints.path_length,
        key_usages: details.key_usages,
        extended_key_usages: details.extended_key_usages,
        names: details.names,
        signature_algorithm: SignatureAlgorithm::read(tbs.algorithm)?
            .ok_or(InspectError::UnknownAlgorithm)?,
    })
}
