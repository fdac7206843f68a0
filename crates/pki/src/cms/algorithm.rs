//! Digests and signature algorithms of signers, RFC 3370, RFC 5754, RFC 5753, RFC 8419.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use const_oid::ObjectIdentifier;

use super::{CmsError, oid};
use crate::asn1::oid as common;
use crate::asn1::{Element, Malformed, Reader, Writer, tag};
use crate::key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-1: only for old devices, and only where a policy says so.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// The hash that goes with a signature algorithm; for Ed25519 SHA-512 (RFC 8419 section 3.1), also for Ed448, where
    /// SHAKE256 would be due, which is not supported.
    pub fn of(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Sha256WithRsa
            | SignatureAlgorithm::Sha256WithRsaPss
            | SignatureAlgorithm::Sha256WithEcdsa => Self::Sha256,
            SignatureAlgorithm::Sha384WithRsa
            | SignatureAlgorithm::Sha384WithRsaPss
            | SignatureAlgorithm::Sha384WithEcdsa => Self::Sha384,
            SignatureAlgorithm::Sha512WithRsa
            | SignatureAlgorithm::Sha512WithRsaPss
            | SignatureAlgorithm::Sha512WithEcdsa
            | SignatureAlgorithm::Ed25519
            | SignatureAlgorithm::Ed448 => Self::Sha512,
        }
    }

    /// The digest of octets.
    pub fn digest(self, octets: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, octets).as_ref().to_vec()
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => common::SHA1,
            Self::Sha256 => common::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    pub(super) fn from_oid(kind: ObjectIdentifier) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|known| known.oid() == kind)
    }

    /// AlgorithmIdentifier without parameters, RFC 5754 section 2.
    pub(super) fn write(self, writer: &mut Writer) {
        writer.sequence(|writer| writer.oid(&self.oid()));
    }

    /// Reads an AlgorithmIdentifier whose parameters are absent or NULL.
    pub(super) fn read(identifier: &Element<'_>) -> Result<Self, CmsError> {
        let (kind, parameters) = split(identifier)?;
        Self::from_oid(kind)
            .filter(|_| parameters.is_none_or(|parameters| parameters == [tag::NULL, 0]))
            .ok_or_else(|| CmsError::Algorithm {
                what: "digest",
                algorithm: kind.to_string(),
            })
    }
}

/// Object identifier and parameters (whole, DER) of an AlgorithmIdentifier.
pub(super) fn split<'a>(
    identifier: &Element<'a>,
) -> Result<(ObjectIdentifier, Option<&'a [u8]>), Malformed> {
    const WHAT: &str = "AlgorithmIdentifier";
    let mut fields = Reader::new(identifier.content);
    let kind = fields.oid(WHAT)?;
    let parameters = if fields.is_empty() {
        None
    } else {
        Some(fields.element(WHAT)?.whole)
    };
    fields.finish(WHAT)?;
    Ok((kind, parameters))
}

/// How a signer signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureMethod {
    /// One of the algorithms of certificates.
    Known(SignatureAlgorithm),
    /// RSASSA-PKCS1-v1_5 with SHA-1.
    Sha1WithRsa,
}

impl SignatureMethod {
    /// From the signer's signatureAlgorithm, which may name the key's algorithm only, and digestAlgorithm.
    pub(super) fn read(identifier: Element<'_>, digest: DigestAlgorithm) -> Result<Self, CmsError> {
        let (kind, _) = split(&identifier)?;
        let unknown = || CmsError::Algorithm {
            what: "signature algorithm",
            algorithm: kind.to_string(),
        };
        if let Some(known) = SignatureAlgorithm::read(identifier)? {
            let fits = DigestAlgorithm::of(known) == digest
                || matches!(
                    known,
                    SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448
                );
            return fits.then_some(Self::Known(known)).ok_or_else(unknown);
        }
        use SignatureAlgorithm as Is;
        let by_digest = |choices: [Is; 3]| match digest {
            DigestAlgorithm::Sha1 => None,
            DigestAlgorithm::Sha256 => Some(choices[0]),
            DigestAlgorithm::Sha384 => Some(choices[1]),
            DigestAlgorithm::Sha512 => Some(choices[2]),
        };
        match kind {
            common::RSA_ENCRYPTION
            | common::SHA256_WITH_RSA
            | common::SHA384_WITH_RSA
            | common::SHA512_WITH_RSA
            | oid::SHA1_WITH_RSA
            | oid::OIW_SHA1_WITH_RSA
                if digest == DigestAlgorithm::Sha1 =>
            {
                let of_sha1 = kind == common::RSA_ENCRYPTION
                    || kind == oid::SHA1_WITH_RSA
                    || kind == oid::OIW_SHA1_WITH_RSA;
                of_sha1.then_some(Self::Sha1WithRsa)
            }
            common::RSA_ENCRYPTION => {
                by_digest([Is::Sha256WithRsa, Is::Sha384WithRsa, Is::Sha512WithRsa])
                    .map(Self::Known)
            }
            // parameters of PKCS #1 left out, which some clients do
            common::SHA256_WITH_RSA if digest == DigestAlgorithm::Sha256 => {
                Some(Self::Known(Is::Sha256WithRsa))
            }
            common::SHA384_WITH_RSA if digest == DigestAlgorithm::Sha384 => {
                Some(Self::Known(Is::Sha384WithRsa))
            }
            common::SHA512_WITH_RSA if digest == DigestAlgorithm::Sha512 => {
                Some(Self::Known(Is::Sha512WithRsa))
            }
            common::EC_PUBLIC_KEY => by_digest([
                Is::Sha256WithEcdsa,
                Is::Sha384WithEcdsa,
                Is::Sha512WithEcdsa,
            ])
            .map(Self::Known),
            _ => None,
        }
        .ok_or_else(unknown)
    }

    pub(super) fn verify(
        self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CmsError> {
        let verified = match self {
            Self::Known(algorithm) => key.verify(algorithm, message, signature).is_ok(),
            Self::Sha1WithRsa => verify_sha1_with_rsa(key, message, signature),
        };
        verified.then_some(()).ok_or(CmsError::Signature)
    }
}

/// Whether an AlgorithmIdentifier names RSASSA-PKCS1-v1_5 with SHA-1.
pub(crate) fn is_sha1_with_rsa(identifier: Element<'_>) -> Result<bool, Malformed> {
    let (kind, _) = split(&identifier)?;
    Ok(kind == oid::SHA1_WITH_RSA || kind == oid::OIW_SHA1_WITH_RSA)
}

/// Whether a signature with SHA-1 fits: for old devices, where a policy says so.
pub(crate) fn verify_sha1_with_rsa(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    is_plain_rsa(key.algorithm())
        && UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            key.key_octets(),
        )
        .verify(message, signature)
        .is_ok()
}

pub(super) fn is_plain_rsa(algorithm: KeyAlgorithm) -> bool {
    algorithm.is_rsa() && !algorithm.is_rsa_pss()
}

/// The signatureAlgorithm of a signer that we write: rsaEncryption for PKCS #1 v1.5, which RFC 5754 section 3.2 has every
/// receiver know.
pub(super) fn write_signature_algorithm(writer: &mut Writer, algorithm: SignatureAlgorithm) {
    if algorithm.is_pkcs1() {
        writer.sequence(|writer| {
            writer.oid(&common::RSA_ENCRYPTION);
            writer.tlv(tag::NULL, &[]);
        });
    } else {
        algorithm.write(writer);
    }
}
