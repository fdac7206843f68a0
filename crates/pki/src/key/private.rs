//! Private keys in software. The crypto libraries clear their own copies; what leaves here is cleared when dropped.

use std::fmt;
use std::sync::OnceLock;

use openssl::pkey::{PKey, Private};
use zeroize::Zeroizing;

use super::kind::{self, Kind};
use super::pair::{Pair, Pkcs8, pss_identifier};
use super::{KeyAlgorithm, KeyError, MessageDigest, PublicKey, SignatureAlgorithm};
use crate::asn1::Malformed;

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
    /// AlgorithmIdentifier, DER, of an RSA key for RSASSA-PSS only.
    pss: Option<Vec<u8>>,
    /// As openssl holds it, from the first decryption on: reading it takes longer than using it.
    decryption: OnceLock<PKey<Private>>,
}

impl PrivateKey {
    /// Makes a key with the crypto library's own CSPRNG. RSA with 6144 bits and more takes many seconds.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, PrivateKeyError> {
        let pair = Pair::generate(algorithm).map_err(|_| PrivateKeyError::Generate(algorithm))?;
        let pss = algorithm.is_rsa_pss().then(pss_identifier);
        Self::from_pair(pair, pss, PublicKey::from_own_spki_der)
    }

    /// Reads an unencrypted PKCS #8 document, DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let document = Pkcs8::read(der).map_err(PrivateKeyError::Malformed)?;
        let kind = kind::read(document.identifier.content).map_err(|error| match error {
            KeyError::Malformed(malformed) => PrivateKeyError::Malformed(malformed),
            _ => PrivateKeyError::Algorithm,
        })?;
        let pair = Pair::from_pkcs8(kind, &document, der)?;
        let pss =
            matches!(kind, Kind::Rsa { pss: true, .. }).then(|| document.identifier.whole.to_vec());
        Self::from_pair(pair, pss, PublicKey::from_spki_der)
    }

    /// Reads PEM with the label `PRIVATE KEY`.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, PrivateKeyError> {
        let der = crate::pem::decode(pem, &["PRIVATE KEY"])
            .map_err(|_| PrivateKeyError::Malformed(Malformed::new("PrivateKeyInfo")))?;
        Self::from_pkcs8_der(&Zeroizing::new(der))
    }

    /// The key as unencrypted PKCS #8, DER.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let der = self.pair.to_pkcs8().map_err(|_| PrivateKeyError::Encode)?;
        let Some(identifier) = &self.pss else {
            return Ok(der);
        };
        let document = Pkcs8::read(&der).map_err(|_| PrivateKeyError::Encode)?;
        Ok(Pkcs8::write(identifier, document.key))
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
        if !self.public.accepts(algorithm) {
            return Err(PrivateKeyError::Unsuitable {
                key,
                signature: algorithm,
            });
        }
        self.pair
            .sign(algorithm, message)
            .map_err(|_| PrivateKeyError::Sign(key))
    }

    /// Signs a message of which there is only the digest, in X.509 form; not with Ed25519 or Ed448.
    pub fn sign_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &MessageDigest,
    ) -> Result<Vec<u8>, PrivateKeyError> {
        let key = self.algorithm();
        if !self.public.accepts(algorithm) || !digest.is_of(algorithm) {
            return Err(PrivateKeyError::Unsuitable {
                key,
                signature: algorithm,
            });
        }
        self.pair
            .sign_digest(algorithm, digest)
            .map_err(|_| PrivateKeyError::Sign(key))
    }

    fn from_pair(
        pair: Pair,
        pss: Option<Vec<u8>>,
        read: impl FnOnce(&[u8]) -> Result<PublicKey, KeyError>,
    ) -> Result<Self, PrivateKeyError> {
        let spki = match pss
            .as_deref()
            .and_then(|identifier| pair.rsa_spki(identifier))
        {
            Some(spki) => spki,
            None => pair.spki()?,
        };
        let public = read(&spki).map_err(PrivateKeyError::Public)?;
        Ok(Self {
            pair,
            public,
            pss,
            decryption: OnceLock::new(),
        })
    }

    /// For decryption; `None` when openssl does not take it.
    pub(crate) fn for_decryption(&self) -> Option<&PKey<Private>> {
        if let Some(key) = self.decryption.get() {
            return Some(key);
        }
        let key = PKey::private_key_from_pkcs8(&self.to_pkcs8_der().ok()?).ok()?;
        Some(self.decryption.get_or_init(|| key))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

#[cfg(test)]
mod tests;
