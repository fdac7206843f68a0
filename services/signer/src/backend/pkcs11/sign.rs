//! Signing: the hash is made here, so that a large CRL need not travel to the token, and so that tokens without
//! combined mechanisms (SoftHSM knows no CKM_ECDSA_SHA256) do too.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use der::asn1::UintRef;
use der::{Encode, Sequence};
use ers_pki::key::{PublicKey, SignatureAlgorithm};
use pkcs11::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use pkcs11::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use pkcs11::mechanism::{Mechanism, MechanismType};

use super::connection::Connection;
use super::fault::Fault;

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

/// A key as the token's worker needs it.
pub(super) struct SigningKey {
    /// Its CKA_ID.
    pub(super) id: Vec<u8>,
    /// What its signatures must verify with.
    pub(super) public_key: PublicKey,
}

/// Signs, and verifies the signature before it is handed on: it may be by another key that has the id, or be broken by
/// a fault in the token, which for RSA would give the private key away.
pub(super) fn sign(
    connection: &mut Connection,
    key: &SigningKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, Fault> {
    let handle = connection.private_key(&key.id)?;
    let session = &connection.session;
    let signature = match scheme(algorithm) {
        Scheme::Rsa(hash, info) => {
            let info = [info, digest(hash, message).as_ref()].concat();
            session.sign(&Mechanism::RsaPkcs, handle, &info)?
        }
        Scheme::Ecdsa(hash) => {
            let raw = session.sign(&Mechanism::Ecdsa, handle, digest(hash, message).as_ref())?;
            to_der(&raw).ok_or(Fault::KeyMismatch)?
        }
        Scheme::Pss(hash, hash_alg, mgf) => {
            let hash = digest(hash, message);
            let salt_length = u64::try_from(hash.as_ref().len()).unwrap_or(u64::MAX);
            let parameters = PkcsPssParams {
                hash_alg,
                mgf,
                s_len: salt_length.into(),
            };
            session.sign(&Mechanism::RsaPkcsPss(parameters), handle, hash.as_ref())?
        }
        Scheme::Ed25519 => {
            let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
            session.sign(&mechanism, handle, message)?
        }
        Scheme::Ed448 => {
            let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed448(&[])));
            session.sign(&mechanism, handle, message)?
        }
    };
    key.public_key
        .verify(algorithm, message, &signature)
        .map_err(|_| Fault::KeyMismatch)?;
    Ok(signature)
}

enum Scheme {
    Rsa(&'static Algorithm, &'static [u8]),
    Pss(&'static Algorithm, MechanismType, PkcsMgfType),
    Ecdsa(&'static Algorithm),
    Ed25519,
    Ed448,
}

fn scheme(algorithm: SignatureAlgorithm) -> Scheme {
    match algorithm {
        SignatureAlgorithm::Sha256WithRsa => Scheme::Rsa(&SHA256, SHA256_INFO),
        SignatureAlgorithm::Sha384WithRsa => Scheme::Rsa(&SHA384, SHA384_INFO),
        SignatureAlgorithm::Sha512WithRsa => Scheme::Rsa(&SHA512, SHA512_INFO),
        SignatureAlgorithm::Sha256WithEcdsa => Scheme::Ecdsa(&SHA256),
        SignatureAlgorithm::Sha384WithEcdsa => Scheme::Ecdsa(&SHA384),
        SignatureAlgorithm::Sha512WithEcdsa => Scheme::Ecdsa(&SHA512),
        SignatureAlgorithm::Sha256WithRsaPss => {
            Scheme::Pss(&SHA256, MechanismType::SHA256, PkcsMgfType::MGF1_SHA256)
        }
        SignatureAlgorithm::Sha384WithRsaPss => {
            Scheme::Pss(&SHA384, MechanismType::SHA384, PkcsMgfType::MGF1_SHA384)
        }
        SignatureAlgorithm::Sha512WithRsaPss => {
            Scheme::Pss(&SHA512, MechanismType::SHA512, PkcsMgfType::MGF1_SHA512)
        }
        SignatureAlgorithm::Ed25519 => Scheme::Ed25519,
        SignatureAlgorithm::Ed448 => Scheme::Ed448,
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
