//! Public keys: SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7, known to be strong enough before anyone uses them.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ParsedPublicKey, UnparsedPublicKey};
use openssl::bn::BigNum;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;

use super::kind::{self, Kind};
use super::weak;
use super::{KeyAlgorithm, MessageDigest, SignatureAlgorithm};
use crate::asn1::{Malformed, bit_string_of_octets, integer_octets, integer_u64, parse_all, tag};

/// Longest SubjectPublicKeyInfo that is looked at: RSA-8192 has some 1,060 octets.
const MAX_SPKI_BYTES: usize = 2048;
/// Smallest public exponent, CA/Browser Forum section 6.1.6: 2^16 + 1.
const MIN_EXPONENT: u64 = 65537;
/// Largest: a huge exponent makes each verification slow, and aws-lc takes no more than 33 bits.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

/// Why a key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not a SubjectPublicKeyInfo.
    #[error("read public key")]
    Malformed(#[source] Malformed),
    /// The algorithm, curve or its parameters are not supported.
    #[error("read public key: its algorithm {0} is not supported")]
    Algorithm(String),
    /// The RSA modulus has a size that is not supported.
    #[error(
        "read public key: RSA with {bits} bits is not supported; 2048, 3072, 4096, 6144 and 8192 are"
    )]
    ModulusSize {
        /// Bits of the modulus.
        bits: usize,
    },
    /// The RSA exponent is even, too small or too large.
    #[error(
        "read public key: the RSA exponent must be odd, at least 65537 and shorter than 34 bits"
    )]
    Exponent,
    /// The RSA modulus can be factored.
    #[error("read public key: the RSA modulus is weak ({0})")]
    Weak(&'static str),
    /// The octets are no point on the curve, or not in uncompressed form.
    #[error("read public key: it is no uncompressed point on the curve {0}")]
    Point(KeyAlgorithm),
    /// The crypto library does not take the key.
    #[error("read public key: the {0} key is not valid")]
    Rejected(KeyAlgorithm),
}

impl From<Malformed> for KeyError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// A signature does not fit message and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("verify {0} signature")]
pub struct BadSignature(pub(crate) SignatureAlgorithm);

/// A public key that has passed all checks; cheap to clone.
#[derive(Clone)]
pub struct PublicKey {
    inner: Arc<Inner>,
}

struct Inner {
    algorithm: KeyAlgorithm,
    spki: Box<[u8]>,
    /// How many octets at its end are the key itself, the content of the BIT STRING.
    key_length: usize,
    key_identifier: [u8; 20],
    verifier: Verifier,
    /// The only algorithm that a key for RSASSA-PSS may be used with, if its parameters say so.
    only: Option<SignatureAlgorithm>,
}

enum Verifier {
    /// For the signature algorithm that the key usually signs with.
    AwsLc(ParsedPublicKey),
    /// For what aws-lc does not know.
    OpenSsl(PKey<Public>),
    /// A key for key agreement.
    None,
}

impl PublicKey {
    /// Reads and checks a DER SubjectPublicKeyInfo: RSA with 2048, 3072, 4096, 6144 or 8192 bits (also for RSASSA-PSS
    /// only), an odd exponent from 65537 on, and a modulus that neither bears the ROCA fingerprint nor has close
    /// primes; a point on P-256, P-384, P-521 or one of the brainpool curves; Ed25519, Ed448; X25519, X448.
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, KeyError> {
        Self::read(spki, true)
    }

    /// As `from_spki_der`, without the search for weak primes: for keys that the crypto library has just made.
    pub(super) fn from_own_spki_der(spki: &[u8]) -> Result<Self, KeyError> {
        Self::read(spki, false)
    }

    fn read(spki: &[u8], search_weakness: bool) -> Result<Self, KeyError> {
        let (identifier, key) = split(spki)?;
        let kind = kind::read(identifier)?;
        let algorithm = match kind {
            Kind::Rsa { pss, .. } => check_rsa(key, pss, search_weakness)?,
            Kind::Curve(algorithm) => check_point(algorithm, key)?,
            Kind::Octets(algorithm) => algorithm,
        };
        let verifier = verifier(algorithm, spki, key).ok_or(if algorithm.is_ecdsa() {
            KeyError::Point(algorithm)
        } else {
            KeyError::Rejected(algorithm)
        })?;
        let mut key_identifier = [0; 20];
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key);
        key_identifier.copy_from_slice(hash.as_ref());
        Ok(Self {
            inner: Arc::new(Inner {
                algorithm,
                spki: spki.into(),
                key_length: key.len(),
                key_identifier,
                verifier,
                only: kind.only(),
            }),
        })
    }

    /// Kind and size of the key in a SubjectPublicKeyInfo; whether it is sound is not looked at.
    pub(crate) fn kind_of(spki: &[u8]) -> Option<KeyAlgorithm> {
        let (identifier, key) = split(spki).ok()?;
        match kind::read(identifier).ok()? {
            Kind::Rsa { pss, .. } => check_rsa(key, pss, false).ok(),
            Kind::Curve(algorithm) | Kind::Octets(algorithm) => Some(algorithm),
        }
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.inner.spki
    }

    /// Its kind and size.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.inner.algorithm
    }

    /// The key identifier of RFC 5280 section 4.2.1.2, method (1): SHA-1 over the content of the BIT STRING.
    pub fn key_identifier(&self) -> [u8; 20] {
        self.inner.key_identifier
    }

    /// The content of the BIT STRING: what key identifiers and OCSP's issuerKeyHash are taken over.
    pub fn key_octets(&self) -> &[u8] {
        let spki = &self.inner.spki;
        spki.len()
            .checked_sub(self.inner.key_length)
            .and_then(|start| spki.get(start..))
            .unwrap_or_default()
    }

    /// Whether a signature with that algorithm can be this key's: what the kind of key does not rule out, nor the
    /// parameters of a key for RSASSA-PSS.
    pub fn accepts(&self, algorithm: SignatureAlgorithm) -> bool {
        algorithm.suits(self.inner.algorithm)
            && self.inner.only.is_none_or(|only| only == algorithm)
    }

    /// Verifies a signature in its X.509 form: RSA big-endian, ECDSA-Sig-Value in DER, Ed25519 and Ed448 as RFC 8032 has
    /// them.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let bad = BadSignature(algorithm);
        if self.inner.only.is_some_and(|only| only != algorithm) {
            return Err(bad);
        }
        match &self.inner.verifier {
            Verifier::AwsLc(usual)
                if algorithm == SignatureAlgorithm::default_for(self.inner.algorithm) =>
            {
                usual.verify_sig(message, signature).map_err(|_| bad)
            }
            Verifier::AwsLc(_) => {
                let verifier = algorithm.verifier(self.inner.algorithm).ok_or(bad)?;
                UnparsedPublicKey::new(verifier, self.key_octets())
                    .verify(message, signature)
                    .map_err(|_| bad)
            }
            Verifier::OpenSsl(key) if kind::may_verify(self.inner.algorithm, algorithm) => {
                match verify_with_openssl(key, algorithm, message, signature) {
                    Ok(true) => Ok(()),
                    Ok(false) | Err(_) => Err(bad),
                }
            }
            Verifier::OpenSsl(_) | Verifier::None => Err(bad),
        }
    }

    /// Verifies a signature over a message of which there is only the digest; see [`Self::verify`].
    pub fn verify_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &MessageDigest,
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let bad = BadSignature(algorithm);
        if self.inner.only.is_some_and(|only| only != algorithm) || !digest.is_of(algorithm) {
            return Err(bad);
        }
        match &self.inner.verifier {
            Verifier::AwsLc(_) => {
                let verifier = algorithm.verifier(self.inner.algorithm).ok_or(bad)?;
                UnparsedPublicKey::new(verifier, self.key_octets())
                    .verify_digest(&digest.0, signature)
                    .map_err(|_| bad)
            }
            Verifier::OpenSsl(key) if kind::may_verify(self.inner.algorithm, algorithm) => {
                let verify = || -> Result<bool, openssl::error::ErrorStack> {
                    let mut context = PkeyCtx::new(key)?;
                    context.verify_init()?;
                    context.verify(digest.octets(), signature)
                };
                match verify() {
                    Ok(true) => Ok(()),
                    Ok(false) | Err(_) => Err(bad),
                }
            }
            Verifier::OpenSsl(_) | Verifier::None => Err(bad),
        }
    }
}

fn verifier(algorithm: KeyAlgorithm, spki: &[u8], key: &[u8]) -> Option<Verifier> {
    if let Some(usual) = SignatureAlgorithm::default_for(algorithm).verifier(algorithm) {
        return ParsedPublicKey::new(usual, key).ok().map(Verifier::AwsLc);
    }
    // says whether the point is on the curve and the octets are as many as there must be
    let key = PKey::public_key_from_der(spki).ok()?;
    Some(if algorithm.can_sign() {
        Verifier::OpenSsl(key)
    } else {
        Verifier::None
    })
}

fn verify_with_openssl(
    key: &PKey<Public>,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, openssl::error::ErrorStack> {
    let mut verifier = match algorithm.digest() {
        Some(digest) => openssl::sign::Verifier::new(digest, key)?,
        None => openssl::sign::Verifier::new_without_digest(key)?,
    };
    verifier.verify_oneshot(signature, message)
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.inner.spki == other.inner.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PublicKey({}, {})",
            self.inner.algorithm,
            hex::encode(self.inner.key_identifier)
        )
    }
}

/// Content of the AlgorithmIdentifier, and the key's octets.
fn split(spki: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    const WHAT: &str = "SubjectPublicKeyInfo";
    if spki.len() > MAX_SPKI_BYTES {
        return Err(Malformed::new(WHAT));
    }
    parse_all(spki, WHAT, |fields| {
        let identifier = fields.content(tag::SEQUENCE, WHAT)?;
        let key = bit_string_of_octets(fields.content(tag::BIT_STRING, WHAT)?, WHAT)?;
        Ok((identifier, key))
    })
}

fn check_point(algorithm: KeyAlgorithm, octets: &[u8]) -> Result<KeyAlgorithm, KeyError> {
    // RFC 5480 section 2.2: uncompressed must be supported, compressed may be; whether it is on the curve is checked
    // where the key is parsed
    if octets.first() == Some(&0x04) {
        Ok(algorithm)
    } else {
        Err(KeyError::Point(algorithm))
    }
}

fn check_rsa(octets: &[u8], pss: bool, search_weakness: bool) -> Result<KeyAlgorithm, KeyError> {
    const WHAT: &str = "RSAPublicKey";
    let (modulus, exponent) = parse_all(octets, WHAT, |fields| {
        let modulus = integer_octets(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        Ok::<_, Malformed>((modulus, fields.content(tag::INTEGER, WHAT)?))
    })?;
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let zeros = modulus
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    let bits = modulus.len() * 8 - zeros.min(modulus.len() * 8);
    let algorithm = KeyAlgorithm::rsa(bits, pss).ok_or(KeyError::ModulusSize { bits })?;
    let exponent = integer_u64(exponent, WHAT).map_err(|_| KeyError::Exponent)?;
    if exponent % 2 == 0 || !(MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent) {
        return Err(KeyError::Exponent);
    }
    if modulus.last().is_none_or(|last| last % 2 == 0) {
        return Err(KeyError::Weak("it is even"));
    }
    if search_weakness {
        let rejected = |_| KeyError::Rejected(algorithm);
        let number = BigNum::from_slice(modulus).map_err(rejected)?;
        if weak::has_roca_fingerprint(&number).map_err(rejected)? {
            return Err(KeyError::Weak("it bears the ROCA fingerprint"));
        }
        if weak::has_close_primes(&number).map_err(rejected)? {
            return Err(KeyError::Weak("its primes are close"));
        }
    }
    Ok(algorithm)
}

#[cfg(test)]
mod tests;
