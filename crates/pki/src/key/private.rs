//! Private keys in software. aws-lc clears its own copies; what leaves here is cleared when dropped.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use zeroize::Zeroizing;

use super::{KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm};
use crate::asn1::{Malformed, Reader, oid, tag};

/// Longest PKCS #8 document that is looked at: RSA-8192 has some 4,700 octets.
const MAX_PKCS8_BYTES: usize = 8192;

/// Why a private key cannot be made, read or used. Never says anything about the key itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// The crypto library could not make a key.
    #[error("generate {0} key")]
    Generate(KeyAlgorithm),
    /// The octets are no unencrypted PKCS #8 document.
    #[error("read private key")]
    Malformed(#[source] Malformed),
    /// The algorithm is not supported.
    #[error("read private key: its algorithm is not supported")]
    Algorithm,
    /// The crypto library does not take the key.
    #[error("read private key: the key is not valid")]
    Rejected,
    /// The public half is not acceptable.
    #[error("derive public key")]
    Public(#[source] KeyError),
    /// The key could not be written as PKCS #8.
    #[error("encode private key")]
    Encode,
    /// The signature algorithm does not suit the key.
    #[error("sign with {key} key: {signature} does not suit it")]
    Unsuitable {
        /// The key's algorithm.
        key: KeyAlgorithm,
        /// The signature algorithm that was asked for.
        signature: SignatureAlgorithm,
    },
    /// The crypto library could not sign.
    #[error("sign with {0} key")]
    Sign(KeyAlgorithm),
}

/// A private key in memory, with its public half.
pub struct PrivateKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Makes a key with the crypto library's own CSPRNG.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, PrivateKeyError> {
        let failed = |_| PrivateKeyError::Generate(algorithm);
        let rsa = |size| RsaKeyPair::generate(size).map(Pair::Rsa).map_err(failed);
        let ecdsa = |curve| {
            EcdsaKeyPair::generate(curve)
                .map(Pair::Ecdsa)
                .map_err(failed)
        };
        let pair = match algorithm {
            KeyAlgorithm::Rsa2048 => rsa(KeySize::Rsa2048)?,
            KeyAlgorithm::Rsa3072 => rsa(KeySize::Rsa3072)?,
            KeyAlgorithm::Rsa4096 => rsa(KeySize::Rsa4096)?,
            KeyAlgorithm::Rsa8192 => rsa(KeySize::Rsa8192)?,
            KeyAlgorithm::P256 => ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING)?,
            KeyAlgorithm::P384 => ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING)?,
            KeyAlgorithm::P521 => ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING)?,
            KeyAlgorithm::Ed25519 => Ed25519KeyPair::generate()
                .map(Pair::Ed25519)
                .map_err(failed)?,
        };
        Self::from_pair(pair, PublicKey::from_own_spki_der)
    }

    /// Reads an unencrypted PKCS #8 document, DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let rejected = |_| PrivateKeyError::Rejected;
        let ecdsa = |curve: &'static EcdsaSigningAlgorithm| {
            EcdsaKeyPair::from_private_key_der(curve, der)
                .map(Pair::Ecdsa)
                .map_err(rejected)
        };
        let pair = match read_algorithm(der).map_err(PrivateKeyError::Malformed)? {
            (algorithm, _) if algorithm == oid::RSA_ENCRYPTION => {
                Pair::Rsa(RsaKeyPair::from_pkcs8(der).map_err(rejected)?)
            }
            (algorithm, Some(curve)) if algorithm == oid::EC_PUBLIC_KEY => {
                if curve == oid::P_256 {
                    ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING)?
                } else if curve == oid::P_384 {
                    ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING)?
                } else if curve == oid::P_521 {
                    ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING)?
                } else {
                    return Err(PrivateKeyError::Algorithm);
                }
            }
            (algorithm, _) if algorithm == oid::ED25519 => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(rejected)?)
            }
            _ => return Err(PrivateKeyError::Algorithm),
        };
        Self::from_pair(pair, PublicKey::from_spki_der)
    }

    /// Reads PEM with the label `PRIVATE KEY`.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, PrivateKeyError> {
        let der = crate::pem::decode(pem, &["PRIVATE KEY"])
            .map_err(|_| PrivateKeyError::Malformed(Malformed::new("PrivateKeyInfo")))?;
        Self::from_pkcs8_der(&Zeroizing::new(der))
    }

    /// The key as unencrypted PKCS #8, DER.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let encode = |_| PrivateKeyError::Encode;
        Ok(Zeroizing::new(match &self.pair {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair)
                .map_err(encode)?
                .as_ref()
                .to_vec(),
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map_err(encode)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map_err(encode)?.as_ref().to_vec(),
        }))
    }

    /// The key as unencrypted PKCS #8, PEM.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        Ok(Zeroizing::new(crate::pem::encode(
            "PRIVATE KEY",
            &self.to_pkcs8_der()?,
        )))
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Its kind and size.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm()
    }

    /// Signs, in X.509 form: RSA big-endian, ECDSA-Sig-Value in DER.
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, PrivateKeyError> {
        let key = self.algorithm();
        let failed = |_| PrivateKeyError::Sign(key);
        let unsuitable = PrivateKeyError::Unsuitable {
            key,
            signature: algorithm,
        };
        if !algorithm.suits(key) {
            return Err(unsuitable);
        }
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    SignatureAlgorithm::Sha256WithRsa => &signature::RSA_PKCS1_SHA256,
                    SignatureAlgorithm::Sha384WithRsa => &signature::RSA_PKCS1_SHA384,
                    SignatureAlgorithm::Sha512WithRsa => &signature::RSA_PKCS1_SHA512,
                    _ => return Err(unsuitable),
                };
                let mut octets = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut octets)
                    .map_err(failed)?;
                Ok(octets)
            }
            Pair::Ecdsa(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Pair::Ed25519(pair) => pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
        }
    }

    fn from_pair(
        pair: Pair,
        read: impl FnOnce(&[u8]) -> Result<PublicKey, KeyError>,
    ) -> Result<Self, PrivateKeyError> {
        let spki: Result<PublicKeyX509Der<'_>, _> = match &pair {
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::Ecdsa(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
        };
        let spki = spki.map_err(|_| PrivateKeyError::Rejected)?;
        let public = read(spki.as_ref()).map_err(PrivateKeyError::Public)?;
        Ok(Self { pair, public })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// Algorithm and, if there is one, curve of a PrivateKeyInfo, RFC 5958 section 2.
fn read_algorithm(
    der: &[u8],
) -> Result<
    (
        const_oid::ObjectIdentifier,
        Option<const_oid::ObjectIdentifier>,
    ),
    Malformed,
> {
    const WHAT: &str = "PrivateKeyInfo";
    if der.len() > MAX_PKCS8_BYTES {
        return Err(Malformed::new(WHAT));
    }
    let mut outer = Reader::new(der);
    let mut fields = outer.sequence(WHAT)?;
    outer.finish(WHAT)?;
    fields.content(tag::INTEGER, WHAT)?;
    let mut identifier = fields.sequence(WHAT)?;
    let algorithm = identifier.oid(WHAT)?;
    let curve = if identifier.peek() == Some(tag::OID) {
        Some(identifier.oid(WHAT)?)
    } else {
        None
    };
    Ok((algorithm, curve))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: [KeyAlgorithm; 5] = [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::P521,
        KeyAlgorithm::Ed25519,
    ];

    #[test]
    fn keys_come_back_from_pkcs8_and_sign_what_the_public_half_verifies() {
        for algorithm in QUICK {
            let key = PrivateKey::generate(algorithm).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            let again = PrivateKey::from_pkcs8_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
            assert_eq!(again.public_key(), key.public_key());
            for signature in SignatureAlgorithm::ALL
                .into_iter()
                .filter(|signature| signature.suits(algorithm))
            {
                let octets = again.sign(signature, b"message").unwrap();
                assert_eq!(
                    key.public_key().verify(signature, b"message", &octets),
                    Ok(())
                );
                assert!(
                    key.public_key()
                        .verify(signature, b"massage", &octets)
                        .is_err()
                );
            }
        }
    }

    #[test]
    fn foreign_pkcs8_is_read() {
        let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::SECP384R1).unwrap();
        let pkey = openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap())
            .unwrap();
        let key = PrivateKey::from_pkcs8_der(&pkey.private_key_to_pkcs8().unwrap()).unwrap();
        assert_eq!(
            key.public_key().spki_der(),
            pkey.public_key_to_der().unwrap()
        );
        let pkey = openssl::pkey::PKey::generate_ed25519().unwrap();
        let key = PrivateKey::from_pkcs8_der(&pkey.private_key_to_pkcs8().unwrap()).unwrap();
        assert_eq!(
            key.public_key().spki_der(),
            pkey.public_key_to_der().unwrap()
        );
    }

    #[test]
    fn unsuitable_algorithm_is_refused() {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let error = key
            .sign(SignatureAlgorithm::Sha384WithEcdsa, b"message")
            .unwrap_err();
        assert!(matches!(error, PrivateKeyError::Unsuitable { .. }));
    }

    #[test]
    fn rubbish_and_foreign_algorithms_are_refused() {
        assert!(matches!(
            PrivateKey::from_pkcs8_der(b"rubbish"),
            Err(PrivateKeyError::Malformed(_))
        ));
        let pkey = openssl::pkey::PKey::generate_x25519().unwrap();
        let error = PrivateKey::from_pkcs8_der(&pkey.private_key_to_pkcs8().unwrap()).unwrap_err();
        assert_eq!(error, PrivateKeyError::Algorithm);
    }

    #[test]
    fn debug_shows_nothing() {
        let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(..)");
    }
}
