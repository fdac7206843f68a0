//! Key pairs as the two crypto libraries hold them: aws-lc where it knows the algorithm, since it is faster, openssl for
//! the rest.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Rsa;
use zeroize::Zeroizing;

use super::kind::Kind;
use super::{KeyAlgorithm, MessageDigest, PrivateKeyError, SignatureAlgorithm};
use crate::asn1::{Element, Malformed, Reader, Writer, oid, tag};

/// Longest PKCS #8 document that is looked at: RSA-8192 has some 4,700 octets.
const MAX_PKCS8_BYTES: usize = 8192;

/// A key pair.
pub(super) enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    /// Brainpool curves, Ed448, X25519, X448.
    OpenSsl(PKey<Private>),
}

/// Why a library did not do what it should; neither tells more.
pub(super) struct Failed;

impl From<aws_lc_rs::error::Unspecified> for Failed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl From<aws_lc_rs::error::KeyRejected> for Failed {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self
    }
}

impl From<ErrorStack> for Failed {
    fn from(_: ErrorStack) -> Self {
        Self
    }
}

impl Pair {
    pub(super) fn generate(algorithm: KeyAlgorithm) -> Result<Self, Failed> {
        if let Some(bits) = algorithm.modulus_bits() {
            return Ok(Self::Rsa(generate_rsa(bits)?));
        }
        Ok(match algorithm {
            KeyAlgorithm::Ed25519 => Self::Ed25519(Ed25519KeyPair::generate()?),
            KeyAlgorithm::Ed448 => Self::OpenSsl(PKey::generate_ed448()?),
            KeyAlgorithm::X25519 => Self::OpenSsl(PKey::generate_x25519()?),
            KeyAlgorithm::X448 => Self::OpenSsl(PKey::generate_x448()?),
            curve => match nist(curve) {
                Some(curve) => Self::Ecdsa(EcdsaKeyPair::generate(curve)?),
                None => Self::OpenSsl(generate_brainpool(curve)?),
            },
        })
    }

    /// From a PKCS #8 document, which has been found to be of that kind.
    pub(super) fn from_pkcs8(kind: Kind, document: &Pkcs8<'_>, der: &[u8]) -> Result<Self, Failed> {
        Ok(match kind {
            Kind::Rsa { .. } => Self::Rsa(RsaKeyPair::from_der(document.key)?),
            Kind::Octets(KeyAlgorithm::Ed25519) => Self::Ed25519(Ed25519KeyPair::from_pkcs8(der)?),
            Kind::Curve(algorithm) => match nist(algorithm) {
                Some(curve) => Self::Ecdsa(EcdsaKeyPair::from_private_key_der(curve, der)?),
                None => {
                    let key = PKey::private_key_from_pkcs8(der)?;
                    key.ec_key()?.check_key()?;
                    Self::OpenSsl(key)
                }
            },
            Kind::Octets(_) => Self::OpenSsl(PKey::private_key_from_pkcs8(der)?),
        })
    }

    /// PKCS #8, DER. An RSA key says rsaEncryption, whatever it is for.
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        Ok(Zeroizing::new(match self {
            Self::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair)?.as_ref().to_vec(),
            Self::Ecdsa(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
            Self::Ed25519(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
            Self::OpenSsl(key) => key.private_key_to_pkcs8()?,
        }))
    }

    /// SubjectPublicKeyInfo, DER. An RSA key says rsaEncryption, whatever it is for.
    pub(super) fn spki(&self) -> Result<Vec<u8>, Failed> {
        let spki: PublicKeyX509Der<'_> = match self {
            Self::Rsa(pair) => pair.public_key().as_der()?,
            Self::Ecdsa(pair) => pair.public_key().as_der()?,
            Self::Ed25519(pair) => pair.public_key().as_der()?,
            Self::OpenSsl(key) => return Ok(key.public_key_to_der()?),
        };
        Ok(spki.as_ref().to_vec())
    }

    /// The SubjectPublicKeyInfo of an RSA key with another AlgorithmIdentifier; `None` for other keys.
    pub(super) fn rsa_spki(&self, identifier: &[u8]) -> Option<Vec<u8>> {
        let Self::Rsa(pair) = self else {
            return None;
        };
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.raw(identifier);
            writer.bit_string(pair.public_key().as_ref());
        });
        Some(writer.finish())
    }

    /// Signs with an algorithm that suits the key.
    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(algorithm).ok_or(Failed)?;
                let mut octets = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut octets)?;
                Ok(octets)
            }
            Self::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Self::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
            Self::OpenSsl(key) => {
                let mut signer = match algorithm.digest() {
                    Some(digest) => openssl::sign::Signer::new(digest, key)?,
                    None => openssl::sign::Signer::new_without_digest(key)?,
                };
                Ok(signer.sign_oneshot_to_vec(message)?)
            }
        }
    }

    /// Signs a digest that was made by the hash function of the algorithm, which suits the key.
    pub(super) fn sign_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &MessageDigest,
    ) -> Result<Vec<u8>, Failed> {
        match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(algorithm).ok_or(Failed)?;
                let mut octets = vec![0; pair.public_modulus_len()];
                pair.sign_digest(encoding, &digest.0, &mut octets)?;
                Ok(octets)
            }
            Self::Ecdsa(pair) => Ok(pair.sign_digest(&digest.0)?.as_ref().to_vec()),
            Self::Ed25519(_) => Err(Failed),
            Self::OpenSsl(key) => {
                let mut context = PkeyCtx::new(key)?;
                context.sign_init()?;
                let mut signature = Vec::new();
                context.sign_to_vec(digest.octets(), &mut signature)?;
                Ok(signature)
            }
        }
    }
}

fn generate_rsa(bits: usize) -> Result<RsaKeyPair, Failed> {
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        8192 => KeySize::Rsa8192,
        _ => {
            // sizes that aws-lc uses and does not make
            let bits = u32::try_from(bits).map_err(|_| Failed)?;
            let key = Zeroizing::new(Rsa::generate(bits)?.private_key_to_der()?);
            return Ok(RsaKeyPair::from_der(&key)?);
        }
    };
    Ok(RsaKeyPair::generate(size)?)
}

fn generate_brainpool(algorithm: KeyAlgorithm) -> Result<PKey<Private>, Failed> {
    let curve = match algorithm {
        KeyAlgorithm::BrainpoolP256r1 => Nid::BRAINPOOL_P256R1,
        KeyAlgorithm::BrainpoolP384r1 => Nid::BRAINPOOL_P384R1,
        KeyAlgorithm::BrainpoolP512r1 => Nid::BRAINPOOL_P512R1,
        _ => return Err(Failed),
    };
    let mut group = EcGroup::from_curve_name(curve)?;
    group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

fn nist(algorithm: KeyAlgorithm) -> Option<&'static EcdsaSigningAlgorithm> {
    match algorithm {
        KeyAlgorithm::P256 => Some(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        KeyAlgorithm::P384 => Some(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        KeyAlgorithm::P521 => Some(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
        _ => None,
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    Some(match algorithm {
        SignatureAlgorithm::Sha256WithRsa => &signature::RSA_PKCS1_SHA256,
        SignatureAlgorithm::Sha384WithRsa => &signature::RSA_PKCS1_SHA384,
        SignatureAlgorithm::Sha512WithRsa => &signature::RSA_PKCS1_SHA512,
        SignatureAlgorithm::Sha256WithRsaPss => &signature::RSA_PSS_SHA256,
        SignatureAlgorithm::Sha384WithRsaPss => &signature::RSA_PSS_SHA384,
        SignatureAlgorithm::Sha512WithRsaPss => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

/// A PrivateKeyInfo, RFC 5958 section 2.
pub(super) struct Pkcs8<'a> {
    /// AlgorithmIdentifier.
    pub(super) identifier: Element<'a>,
    /// What the OCTET STRING holds: for RSA an RSAPrivateKey.
    pub(super) key: &'a [u8],
}

impl<'a> Pkcs8<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "PrivateKeyInfo";
        if der.len() > MAX_PKCS8_BYTES {
            return Err(Malformed::new(WHAT));
        }
        let mut outer = Reader::new(der);
        let mut fields = outer.sequence(WHAT)?;
        outer.finish(WHAT)?;
        fields.content(tag::INTEGER, WHAT)?;
        let identifier = fields.tagged(tag::SEQUENCE, WHAT)?;
        let key = fields.content(tag::OCTET_STRING, WHAT)?;
        // attributes and the public key, which is made anew from the private one
        Ok(Self { identifier, key })
    }

    /// The DER of one with that AlgorithmIdentifier and key.
    pub(super) fn write(identifier: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
        // as long as it will get, so that no half-filled buffer is left behind
        let mut writer = Writer::with_capacity(key.len() + identifier.len() + 64);
        writer.sequence(|writer| {
            writer.integer(0);
            writer.raw(identifier);
            writer.tlv(tag::OCTET_STRING, key);
        });
        Zeroizing::new(writer.finish())
    }
}

/// The AlgorithmIdentifier of keys for RSASSA-PSS that may be used with any hash.
pub(super) fn pss_identifier() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| writer.oid(&oid::RSASSA_PSS));
    writer.finish()
}

impl From<Failed> for PrivateKeyError {
    fn from(_: Failed) -> Self {
        Self::Rejected
    }
}
