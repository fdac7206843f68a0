//! Who signs OCSP responses in the name of a CA: RFC 6960 section 4.2.2.2.

use super::OcspError;
use crate::certificate::Certificate;
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::key::SignatureAlgorithm;
use crate::lint::LintPolicy;

/// A certificate that may sign the OCSP responses of a CA; cheap to clone.
#[derive(Debug, Clone)]
pub struct Responder {
    certificate: Certificate,
    signature_algorithm: SignatureAlgorithm,
    is_issuer: bool,
    lint: LintPolicy,
}

impl Responder {
    /// The CA itself, or an OCSP signer whose certificate that CA has signed for the purpose.
    pub fn new(
        certificate: Certificate,
        issuer: &Certificate,
        signature_algorithm: SignatureAlgorithm,
    ) -> Result<Self, OcspError> {
        let name = || certificate.subject().to_string();
        let is_issuer = certificate == *issuer;
        if !is_issuer {
            certificate
                .verify_signed_by(issuer)
                .map_err(|source| OcspError::NotOfIssuer(name(), source))?;
        }
        let may_sign = certificate
            .key_usages()
            .is_none_or(|usages| usages.contains(KeyUsage::DigitalSignature));
        let is_for_ocsp =
            is_issuer || certificate.has_extended_key_usage(ExtendedKeyUsage::OCSP_SIGNING);
        if !may_sign || !is_for_ocsp {
            return Err(OcspError::Usage(name()));
        }
        if !signature_algorithm.suits(certificate.public_key().algorithm()) {
            return Err(OcspError::Algorithm {
                name: name(),
                algorithm: signature_algorithm,
            });
        }
        Ok(Self {
            certificate,
            signature_algorithm,
            is_issuer,
            lint: LintPolicy::default(),
        })
    }

    /// Has the linter judge what it is to sign by that policy; by RFC 6960 it always does.
    #[must_use]
    pub fn judged_by(self, lint: LintPolicy) -> Self {
        Self { lint, ..self }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// How it signs.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// How what it is to sign is linted.
    pub(super) fn lint(&self) -> &LintPolicy {
        &self.lint
    }

    /// Whether it is the CA itself, whose certificate clients have already.
    pub(super) fn is_issuer(&self) -> bool {
        self.is_issuer
    }
}
