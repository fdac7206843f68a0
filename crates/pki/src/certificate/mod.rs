//! Certificates, RFC 5280 section 4.1: read once, then known to be well formed.

mod details;
mod tbs;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aws_lc_rs::digest;
use time::OffsetDateTime;

use crate::asn1::{self, Malformed, Reader, bit_string_of_octets, tag};
use crate::extension::{ExtendedKeyUsage, KeyUsage, KeyUsages};
use crate::general_name::GeneralName;
use crate::key::{BadSignature, KeyError, PublicKey, SignatureAlgorithm};
use crate::name::{Name, NameError};
use crate::pem::{self, PemError};
use crate::serial::{SerialError, SerialNumber};

pub(crate) use details::Details;
pub(crate) use tbs::Tbs;

/// Longest certificate that is looked at.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;
/// Deepest nesting of values in a certificate.
const DEEPEST: usize = 24;
const WHAT: &str = "Certificate";

/// Why octets are no certificate that we can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is longer than 64 KiB.
    #[error("read certificate: it is longer than {MAX_CERTIFICATE_BYTES} octets")]
    TooLong,
    /// It is not PEM.
    #[error("read certificate")]
    Pem(#[from] PemError),
    /// It is not the DER of a certificate.
    #[error("read certificate")]
    Malformed(#[from] Malformed),
    /// The serial number is none.
    #[error("read certificate")]
    Serial(#[from] SerialError),
    /// Issuer or subject is no name.
    #[error("read certificate")]
    Name(#[from] NameError),
    /// The public key is not accepted.
    #[error("read certificate")]
    Key(#[from] KeyError),
    /// Inner and outer signature algorithm differ.
    #[error("read certificate: its two signature algorithms differ")]
    AlgorithmsDiffer,
}

/// Why one certificate is not signed by another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The issuer's subject is not the certificate's issuer.
    #[error("verify certificate: it was issued by \"{0}\"")]
    OtherIssuer(String),
    /// The issuer may not sign certificates.
    #[error("verify certificate: the issuer may not sign certificates")]
    NotCa,
    /// The certificate is signed with an algorithm that is not supported.
    #[error("verify certificate: its signature algorithm is not supported")]
    UnknownAlgorithm,
    /// The signature is wrong.
    #[error("verify certificate")]
    Signature(#[source] BadSignature),
}

/// A certificate; immutable, cheap to clone, compared by its DER.
#[derive(Clone)]
pub struct Certificate {
    inner: Arc<Inner>,
}

struct Inner {
    der: Box<[u8]>,
    tbs: Range<usize>,
    signature: Range<usize>,
    signature_algorithm: Option<SignatureAlgorithm>,
    serial: SerialNumber,
    issuer: Name,
    subject: Name,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    public_key: PublicKey,
    details: Details,
}

impl Certificate {
    /// Reads a DER certificate of at most 64 KiB. The signature is not verified.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLong);
        }
        asn1::check_nesting(der, DEEPEST, WHAT)?;
        Self::read(der.into(), None)
    }

    /// Reads the first PEM block with the label `CERTIFICATE`.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        Self::from_der(&pem::decode(text, &["CERTIFICATE"])?)
    }

    /// Reads all PEM blocks with the label `CERTIFICATE`, at least one.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        pem::decode_all(text, "CERTIFICATE")?
            .iter()
            .map(|der| Self::from_der(der))
            .collect()
    }

    /// As `from_der`, with the public key when it is at hand and need not be checked again.
    pub(crate) fn read(
        der: Box<[u8]>,
        known_key: Option<&PublicKey>,
    ) -> Result<Self, CertificateError> {
        let mut outer = Reader::new(&der);
        let mut fields = outer.sequence(WHAT)?;
        outer.finish(WHAT)?;
        let header = der.len() - fields.remaining();
        let tbs_element = fields.tagged(tag::SEQUENCE, WHAT)?;
        let algorithm = fields.tagged(tag::SEQUENCE, WHAT)?;
        let signature = bit_string_of_octets(fields.content(tag::BIT_STRING, WHAT)?, WHAT)?;
        fields.finish(WHAT)?;
        let tbs = Tbs::parse(tbs_element.whole)?;
        if tbs.algorithm.whole != algorithm.whole {
            return Err(CertificateError::AlgorithmsDiffer);
        }
        let public_key = match known_key {
            Some(key) if key.spki_der() == tbs.public_key => key.clone(),
            _ => PublicKey::from_spki_der(tbs.public_key)?,
        };
        let inner = Inner {
            tbs: header..header + tbs_element.whole.len(),
            signature: der.len() - signature.len()..der.len(),
            signature_algorithm: SignatureAlgorithm::read(algorithm)?,
            serial: SerialNumber::from_der_bytes(tbs.serial)?,
            issuer: Name::from_der(tbs.issuer)?,
            subject: if tbs.subject == Name::empty().to_der() {
                Name::empty()
            } else {
                Name::from_der(tbs.subject)?
            },
            not_before: tbs.not_before,
            not_after: tbs.not_after,
            public_key,
            details: Details::read(&tbs.extensions)?,
            der: Box::default(),
        };
        Ok(Self {
            inner: Arc::new(Inner { der, ..inner }),
        })
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.inner.der
    }

    /// The certificate, PEM.
    pub fn pem(&self) -> String {
        pem::encode("CERTIFICATE", self.der())
    }

    /// The TBSCertificate, DER.
    pub fn to_be_signed(&self) -> &[u8] {
        self.inner
            .der
            .get(self.inner.tbs.clone())
            .unwrap_or_default()
    }

    /// The content of the signature BIT STRING.
    pub fn signature(&self) -> &[u8] {
        self.inner
            .der
            .get(self.inner.signature.clone())
            .unwrap_or_default()
    }

    /// How it is signed; `None` for algorithms that we do not support.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.inner.signature_algorithm
    }

    /// Whom it is for.
    pub fn subject(&self) -> &Name {
        &self.inner.subject
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.inner.issuer
    }

    /// Its serial number.
    pub fn serial(&self) -> SerialNumber {
        self.inner.serial
    }

    /// First second of its validity.
    pub fn not_before(&self) -> OffsetDateTime {
        self.inner.not_before
    }

    /// Last second of its validity.
    pub fn not_after(&self) -> OffsetDateTime {
        self.inner.not_after
    }

    /// Whether that moment lies in its validity.
    pub fn is_valid_at(&self, at: OffsetDateTime) -> bool {
        let at = asn1::whole_seconds(at);
        self.inner.not_before <= at && at <= self.inner.not_after
    }

    /// Its subject alternative names, those of kinds and forms that we support.
    pub fn names(&self) -> &[GeneralName] {
        &self.inner.details.names
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.inner.public_key
    }

    /// Whether it is a CA's, by its basic constraints.
    pub fn is_ca(&self) -> bool {
        self.inner.details.basic_constraints.ca
    }

    /// How many CA certificates may stand below it in a chain; `None` is no limit.
    pub fn path_length(&self) -> Option<u32> {
        self.inner.details.basic_constraints.path_length
    }

    /// Its key usages; `None` when the extension is absent.
    pub fn key_usages(&self) -> Option<KeyUsages> {
        self.inner.details.key_usages
    }

    /// Its extended key usages; empty when the extension is absent.
    pub fn extended_key_usages(&self) -> &[ExtendedKeyUsage] {
        &self.inner.details.extended_key_usages
    }

    /// Whether it names that extended key usage. An absent extension names none.
    pub fn has_extended_key_usage(&self, usage: ExtendedKeyUsage) -> bool {
        self.extended_key_usages().contains(&usage)
    }

    /// The identifier of its key, if the extension is there.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.inner.details.subject_key_identifier.as_deref()
    }

    /// The identifier of its issuer's key, if the extension is there.
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.inner.details.authority_key_identifier.as_deref()
    }

    /// Where its CRL lies.
    pub fn crl_urls(&self) -> &[String] {
        &self.inner.details.crl_urls
    }

    /// Where OCSP is answered for it.
    pub fn ocsp_urls(&self) -> &[String] {
        &self.inner.details.access.ocsp
    }

    /// Where its issuer's certificate lies.
    pub fn ca_issuer_urls(&self) -> &[String] {
        &self.inner.details.access.ca_issuers
    }

    /// Object identifiers of the policies under which it was issued.
    pub fn certificate_policies(&self) -> &[const_oid::ObjectIdentifier] {
        &self.inner.details.policies
    }

    /// Whether it carries id-pkix-ocsp-nocheck.
    pub fn has_ocsp_no_check(&self) -> bool {
        self.inner.details.ocsp_no_check
    }

    /// Whether subject and issuer are the same.
    pub fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// SHA-256 over the DER.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest::digest(&digest::SHA256, self.der()).as_ref());
        fingerprint
    }

    /// Whether that certificate's key signed this one: names and key identifiers fit, it is a CA's that may sign
    /// certificates, the signature is right. Says nothing of validity and revocation.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), ChainError> {
        let identifiers_differ = self
            .authority_key_identifier()
            .zip(issuer.subject_key_identifier())
            .is_some_and(|(wanted, found)| wanted != found);
        if self.issuer() != issuer.subject() || identifiers_differ {
            return Err(ChainError::OtherIssuer(self.issuer().to_string()));
        }
        if !issuer.may_sign_certificates() {
            return Err(ChainError::NotCa);
        }
        let algorithm = self
            .signature_algorithm()
            .ok_or(ChainError::UnknownAlgorithm)?;
        issuer
            .public_key()
            .verify(algorithm, self.to_be_signed(), self.signature())
            .map_err(ChainError::Signature)
    }

    /// Whether it is a CA's whose key usage allows to sign certificates.
    pub fn may_sign_certificates(&self) -> bool {
        self.is_ca()
            && self
                .key_usages()
                .is_none_or(|usages| usages.contains(KeyUsage::KeyCertSign))
    }

    pub(crate) fn details(&self) -> &Details {
        &self.inner.details
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.serial(), self.subject())
    }
}

#[cfg(test)]
mod tests;
