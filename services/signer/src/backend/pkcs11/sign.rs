//! Signing. As a rule the hash is made here, so that a large CRL need not travel to the token, and so that tokens without
//! combined mechanisms (SoftHSM knows no CKM_ECDSA_SHA256) do too; where the configuration says so, the token makes it.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use der::asn1::UintRef;
use der::{Encode, Sequence};
use ers_pki::key::SignatureAlgorithm;
use pkcs11::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use pkcs11::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use pkcs11::mechanism::{Mechanism, MechanismType};
use pkcs11::object::ObjectHandle;

use super::super::token::Message;
use super::connection::Connection;
use super::fault::Fault;
use crate::config::{Hashing, MechanismConfig};

/// Beginnings of DigestInfo, RFC 8017 §9.2 note 1; the hash follows.
const SHA256_INFO: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA384_INFO: &[u8] =
    b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30";
const SHA512_INFO: &[u8] =
    b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";

/// ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }, RFC 3279 §2.2.3
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

enum Scheme {
    RsaPkcs1(Hash),
    RsaPss(Hash),
    Ecdsa(Hash),
    Ed25519,
    Ed448,
}

/// Whether the hash is made here.
pub(super) fn signs_digests(config: &MechanismConfig, algorithm: SignatureAlgorithm) -> bool {
    let hashing = match scheme(algorithm) {
        Scheme::RsaPkcs1(_) => config.rsa_pkcs1,
        Scheme::RsaPss(_) => config.rsa_pss,
        Scheme::Ecdsa(_) => config.ecdsa,
        Scheme::Ed25519 | Scheme::Ed448 => return false,
    };
    hashing == Hashing::Signer
}

/// What is handed to the token for a message: the message, its hash, or a DigestInfo.
pub(super) fn input(
    config: &MechanismConfig,
    algorithm: SignatureAlgorithm,
    message: &Message,
) -> Result<Vec<u8>, Fault> {
    let hash = match scheme(algorithm) {
        Scheme::RsaPkcs1(hash) | Scheme::RsaPss(hash) | Scheme::Ecdsa(hash)
            if signs_digests(config, algorithm) =>
        {
            hash
        }
        _ => {
            return match message {
                Message::Whole(message) => Ok(message.clone()),
                Message::Digest(_) => Err(Fault::Unsupported(format!(
                    "{algorithm} without the message (mechanisms)"
                ))),
            };
        }
    };
    let made = match message {
        Message::Whole(message) => digest(hash.algorithm(), message).as_ref().to_vec(),
        Message::Digest(digest) => digest.octets().to_vec(),
    };
    Ok(match scheme(algorithm) {
        Scheme::RsaPkcs1(hash) => [hash.info(), &made].concat(),
        _ => made,
    })
}

/// The mechanism that signs what [`input`] made.
pub(super) fn mechanism(
    config: &MechanismConfig,
    algorithm: SignatureAlgorithm,
) -> Result<Mechanism<'static>, Fault> {
    let off = || Err(Fault::Unsupported(format!("{algorithm} (mechanisms)")));
    Ok(match scheme(algorithm) {
        Scheme::RsaPkcs1(hash) => match (config.rsa_pkcs1, hash) {
            (Hashing::Off, _) => return off(),
            (Hashing::Signer, _) => Mechanism::RsaPkcs,
            (Hashing::Token, Hash::Sha256) => Mechanism::Sha256RsaPkcs,
            (Hashing::Token, Hash::Sha384) => Mechanism::Sha384RsaPkcs,
            (Hashing::Token, Hash::Sha512) => Mechanism::Sha512RsaPkcs,
        },
        Scheme::RsaPss(hash) => match (config.rsa_pss, hash) {
            (Hashing::Off, _) => return off(),
            (Hashing::Signer, _) => Mechanism::RsaPkcsPss(hash.pss()),
            (Hashing::Token, Hash::Sha256) => Mechanism::Sha256RsaPkcsPss(hash.pss()),
            (Hashing::Token, Hash::Sha384) => Mechanism::Sha384RsaPkcsPss(hash.pss()),
            (Hashing::Token, Hash::Sha512) => Mechanism::Sha512RsaPkcsPss(hash.pss()),
        },
        Scheme::Ecdsa(hash) => match (config.ecdsa, hash) {
            (Hashing::Off, _) => return off(),
            (Hashing::Signer, _) => Mechanism::Ecdsa,
            (Hashing::Token, Hash::Sha256) => Mechanism::EcdsaSha256,
            (Hashing::Token, Hash::Sha384) => Mechanism::EcdsaSha384,
            (Hashing::Token, Hash::Sha512) => Mechanism::EcdsaSha512,
        },
        Scheme::Ed25519 | Scheme::Ed448 if !config.eddsa => return off(),
        Scheme::Ed448 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed448(&[]))),
        Scheme::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
    })
}

/// Signs what [`input`] made.
pub(super) fn sign(
    connection: &Connection,
    key: ObjectHandle,
    algorithm: SignatureAlgorithm,
    input: &[u8],
) -> Result<Vec<u8>, Fault> {
    let config = &connection.access.config;
    let mechanism = mechanism(&config.mechanisms, algorithm)?;
    let session = &connection.session;
    if !config.always_authenticate {
        return Ok(session.sign(&mechanism, key, input)?);
    }
    // the PIN is asked for between the beginning of the signature and its first octet
    session.sign_init(&mechanism, key)?;
    connection.access.authenticate(session)?;
    session.sign_update(input)?;
    Ok(session.sign_final()?)
}

/// The content of the X.509 signature BIT STRING, of what the mechanism gave.
pub(super) fn encode(algorithm: SignatureAlgorithm, raw: Vec<u8>) -> Result<Vec<u8>, Fault> {
    match scheme(algorithm) {
        Scheme::RsaPkcs1(_) | Scheme::RsaPss(_) | Scheme::Ed25519 | Scheme::Ed448 => Ok(raw),
        Scheme::Ecdsa(_) => to_der(&raw).ok_or(Fault::WrongSignature),
    }
}

fn scheme(algorithm: SignatureAlgorithm) -> Scheme {
    match algorithm {
        SignatureAlgorithm::Sha256WithRsa => Scheme::RsaPkcs1(Hash::Sha256),
        SignatureAlgorithm::Sha384WithRsa => Scheme::RsaPkcs1(Hash::Sha384),
        SignatureAlgorithm::Sha512WithRsa => Scheme::RsaPkcs1(Hash::Sha512),
        SignatureAlgorithm::Sha256WithEcdsa => Scheme::Ecdsa(Hash::Sha256),
        SignatureAlgorithm::Sha384WithEcdsa => Scheme::Ecdsa(Hash::Sha384),
        SignatureAlgorithm::Sha512WithEcdsa => Scheme::Ecdsa(Hash::Sha512),
        SignatureAlgorithm::Sha256WithRsaPss => Scheme::RsaPss(Hash::Sha256),
        SignatureAlgorithm::Sha384WithRsaPss => Scheme::RsaPss(Hash::Sha384),
        SignatureAlgorithm::Sha512WithRsaPss => Scheme::RsaPss(Hash::Sha512),
        SignatureAlgorithm::Ed25519 => Scheme::Ed25519,
        SignatureAlgorithm::Ed448 => Scheme::Ed448,
    }
}

impl Hash {
    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }

    /// MGF1 with the same hash, and a salt as long as it.
    fn pss(self) -> PkcsPssParams {
        let (hash_alg, mgf) = match self {
            Self::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
            Self::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
            Self::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
        };
        let salt_length = u64::try_from(self.algorithm().output_len()).unwrap_or(u64::MAX);
        PkcsPssParams {
            hash_alg,
            mgf,
            s_len: salt_length.into(),
        }
    }

    fn info(self) -> &'static [u8] {
        match self {
            Self::Sha256 => SHA256_INFO,
            Self::Sha384 => SHA384_INFO,
            Self::Sha512 => SHA512_INFO,
        }
    }
}

/// r and s, each half of the octets, as DER.
fn to_der(raw: &[u8]) -> Option<Vec<u8>> {
    if raw.is_empty() || !raw.len().is_multiple_of(2) {
        return None;
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    EcdsaSigValue {
        r: UintRef::new(r).ok()?,
        s: UintRef::new(s).ok()?,
    }
    .to_der()
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_halves_become_minimal_positive_integers() {
        assert_eq!(
            to_der(&[0, 1, 0x80, 2]).unwrap(),
            [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2]
        );
        assert_eq!(to_der(&[]), None);
        assert_eq!(to_der(&[1, 2, 3]), None);
    }
}
