//! Key transport with RSA: PKCS #1 v1.5 and OAEP, RFC 8017 sections 7.1 and 7.2, RFC 3560. A content key that was not
//! encrypted as it should be opens as random octets, in the same time, so that nobody learns of it (RFC 3218).

use aws_lc_rs::rand;
use openssl::encrypt::{Decrypter, Encrypter};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use zeroize::Zeroizing;

use super::algorithm::{is_plain_rsa, split};
use super::{CmsError, DigestAlgorithm, oid};
use crate::asn1::oid as common;
use crate::asn1::{Malformed, Reader, Writer, parse_all, tag};
use crate::key::{PrivateKey, PublicKey};

/// Longest content key.
const LONGEST_KEY: usize = 64;

/// How a content key is encrypted with RSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyTransport {
    /// RSAES-PKCS1-v1_5.
    Pkcs1,
    /// RSAES-OAEP without a label.
    Oaep {
        /// The hash.
        digest: DigestAlgorithm,
        /// The hash of MGF1.
        mask: DigestAlgorithm,
    },
}

impl KeyTransport {
    /// RSAES-OAEP with SHA-256 throughout.
    pub const OAEP_SHA256: Self = Self::Oaep {
        digest: DigestAlgorithm::Sha256,
        mask: DigestAlgorithm::Sha256,
    };

    /// Reads an AlgorithmIdentifier, DER.
    pub fn from_identifier_der(der: &[u8]) -> Result<Self, CmsError> {
        const WHAT: &str = "KeyEncryptionAlgorithmIdentifier";
        let mut reader = Reader::new(der);
        let element = reader.tagged(tag::SEQUENCE, WHAT)?;
        reader.finish(WHAT)?;
        let (kind, parameters) = split(&element)?;
        match kind {
            // parameters are NULL; some clients leave them out
            common::RSA_ENCRYPTION
                if parameters.is_none_or(|parameters| parameters == [tag::NULL, 0]) =>
            {
                Ok(Self::Pkcs1)
            }
            oid::RSAES_OAEP => read_oaep(parameters),
            other => Err(CmsError::Algorithm {
                what: "key transport",
                algorithm: other.to_string(),
            }),
        }
    }

    /// The AlgorithmIdentifier, DER.
    pub fn identifier_der(self) -> Vec<u8> {
        let mut writer = Writer::new();
        match self {
            Self::Pkcs1 => {
                writer.oid(&common::RSA_ENCRYPTION);
                writer.tlv(tag::NULL, &[]);
            }
            Self::Oaep { digest, mask } => {
                writer.oid(&oid::RSAES_OAEP);
                writer.sequence(|writer| {
                    // the defaults of DER are not written
                    if digest != DigestAlgorithm::Sha1 {
                        writer.nest(tag::context_constructed(0), |writer| digest.write(writer));
                    }
                    if mask != DigestAlgorithm::Sha1 {
                        writer.nest(tag::context_constructed(1), |writer| {
                            writer.sequence(|writer| {
                                writer.oid(&oid::MGF1);
                                mask.write(writer);
                            });
                        });
                    }
                });
            }
        }
        writer.wrap(tag::SEQUENCE)
    }

    /// Encrypts a content key for an RSA key.
    pub fn encrypt(self, key: &PublicKey, content_key: &[u8]) -> Result<Vec<u8>, CmsError> {
        if !is_plain_rsa(key.algorithm()) {
            return Err(CmsError::Recipient("the key is no RSA key"));
        }
        let encrypt = || -> Result<Vec<u8>, ErrorStack> {
            // not by way of the SubjectPublicKeyInfo: OpenSSL 3 looks for a decoder longer than it encrypts
            let key = PKey::from_rsa(Rsa::public_key_from_der_pkcs1(key.key_octets())?)?;
            let mut encrypter = Encrypter::new(&key)?;
            match self {
                Self::Pkcs1 => encrypter.set_rsa_padding(Padding::PKCS1)?,
                Self::Oaep { digest, mask } => {
                    encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
                    encrypter.set_rsa_oaep_md(message_digest(digest))?;
                    encrypter.set_rsa_mgf1_md(message_digest(mask))?;
                }
            }
            let mut octets = vec![0; encrypter.encrypt_len(content_key)?];
            let used = encrypter.encrypt(content_key, &mut octets)?;
            octets.truncate(used);
            Ok(octets)
        };
        encrypt().map_err(|_| CmsError::Library("encrypt content key"))
    }

    /// Opens a content key of so many octets with a key in software. What is not encrypted as it should be, or has
    /// another length, gives random octets.
    ///
    /// # Errors
    /// When the key is no RSA key, or the length is none that a content key has.
    pub fn open(
        self,
        key: &PrivateKey,
        encrypted: &[u8],
        expected: usize,
    ) -> Result<Zeroizing<Vec<u8>>, CmsError> {
        if !is_plain_rsa(key.algorithm()) {
            return Err(CmsError::Recipient("the key is no RSA key"));
        }
        let decoy = random_key(expected)?;
        let key = key
            .for_decryption()
            .ok_or(CmsError::Library("open private key"))?;
        Ok(match self {
            Self::Pkcs1 => open_pkcs1(key, encrypted, decoy),
            Self::Oaep { digest, mask } => match open_oaep(key, encrypted, digest, mask) {
                Ok(opened) if opened.len() == expected => opened,
                _ => decoy,
            },
        })
    }
}

/// A content key that nobody knows, to go on with in place of one that did not open.
///
/// # Errors
/// When there are no random numbers, or no content key has that length.
pub fn random_key(octets: usize) -> Result<Zeroizing<Vec<u8>>, CmsError> {
    if !(1..=LONGEST_KEY).contains(&octets) {
        return Err(CmsError::Library("open a content key of such a length"));
    }
    let mut key = Zeroizing::new(vec![0; octets]);
    rand::fill(&mut key).map_err(|_| CmsError::Library("random numbers"))?;
    Ok(key)
}

/// EM = 00 02 PS 00 M, with no 00 in PS and M as long as expected: since the length is known, every octet is looked at
/// alike, and which of the two keys comes out is chosen without a branch.
fn open_pkcs1(
    key: &PKey<Private>,
    encrypted: &[u8],
    decoy: Zeroizing<Vec<u8>>,
) -> Zeroizing<Vec<u8>> {
    let mut block = Zeroizing::new(vec![0; key.size()]);
    let opened = key
        .rsa()
        .and_then(|rsa| rsa.private_decrypt(encrypted, &mut block, Padding::NONE));
    if opened.is_err() {
        // a ciphertext that is no number below the modulus: everyone can see that
        return decoy;
    }
    let Some(start) = block
        .len()
        .checked_sub(decoy.len())
        .filter(|start| *start >= 11)
    else {
        return decoy;
    };
    let mut wrong = 0_u8;
    for (place, octet) in block.iter().enumerate().take(start) {
        wrong |= match place {
            0 => *octet,
            1 => *octet ^ 2,
            last if last + 1 == start => *octet,
            _ => is_zero(*octet),
        };
    }
    // ff where all is well
    let mask = is_zero(wrong).wrapping_neg();
    let message = block.iter().skip(start);
    let chosen = message.zip(decoy.iter());
    Zeroizing::new(
        chosen
            .map(|(right, random)| (right & mask) | (random & !mask))
            .collect(),
    )
}

/// 1 for 0, else 0.
fn is_zero(octet: u8) -> u8 {
    let octet = u16::from(std::hint::black_box(octet));
    u8::from_be_bytes([((octet.wrapping_sub(1)) >> 8).to_be_bytes()[1] & 1])
}

fn open_oaep(
    key: &PKey<Private>,
    encrypted: &[u8],
    digest: DigestAlgorithm,
    mask: DigestAlgorithm,
) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
    let mut decrypter = Decrypter::new(key)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    decrypter.set_rsa_oaep_md(message_digest(digest))?;
    decrypter.set_rsa_mgf1_md(message_digest(mask))?;
    let mut octets = Zeroizing::new(vec![0; decrypter.decrypt_len(encrypted)?]);
    let used = decrypter.decrypt(encrypted, &mut octets)?;
    octets.truncate(used);
    Ok(octets)
}

fn message_digest(digest: DigestAlgorithm) -> MessageDigest {
    match digest {
        DigestAlgorithm::Sha1 => MessageDigest::sha1(),
        DigestAlgorithm::Sha256 => MessageDigest::sha256(),
        DigestAlgorithm::Sha384 => MessageDigest::sha384(),
        DigestAlgorithm::Sha512 => MessageDigest::sha512(),
    }
}

/// RSAES-OAEP-params, RFC 4055 section 4.1.
fn read_oaep(parameters: Option<&[u8]>) -> Result<KeyTransport, CmsError> {
    const WHAT: &str = "RSAES-OAEP-params";
    let (mut digest, mut mask) = (DigestAlgorithm::Sha1, DigestAlgorithm::Sha1);
    let Some(parameters) = parameters else {
        return Ok(KeyTransport::Oaep { digest, mask });
    };
    parse_all(parameters, WHAT, |fields| {
        if let Some(content) = fields.optional(tag::context_constructed(0), WHAT)? {
            digest = read_digest(content)?;
        }
        if let Some(content) = fields.optional(tag::context_constructed(1), WHAT)? {
            mask = parse_all(content, WHAT, |mgf| {
                if mgf.oid(WHAT)? != oid::MGF1 {
                    return Err(CmsError::from(Malformed::new(WHAT)));
                }
                let hash = mgf.tagged(tag::SEQUENCE, WHAT)?;
                DigestAlgorithm::read(&hash)
            })?;
        }
        if let Some(content) = fields.optional(tag::context_constructed(2), WHAT)? {
            // only the empty label
            parse_all(content, WHAT, |source| {
                let specified = source.oid(WHAT)? == oid::P_SPECIFIED;
                let empty = source.content(tag::OCTET_STRING, WHAT)?.is_empty();
                (specified && empty)
                    .then_some(())
                    .ok_or(CmsError::from(Malformed::new(WHAT)))
            })?;
        }
        Ok(KeyTransport::Oaep { digest, mask })
    })
}

fn read_digest(content: &[u8]) -> Result<DigestAlgorithm, CmsError> {
    const WHAT: &str = "HashAlgorithm";
    let mut reader = Reader::new(content);
    let element = reader.tagged(tag::SEQUENCE, WHAT)?;
    reader.finish(WHAT)?;
    DigestAlgorithm::read(&element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyAlgorithm;

    #[test]
    fn identifiers_come_back() {
        for transport in [
            KeyTransport::Pkcs1,
            KeyTransport::OAEP_SHA256,
            KeyTransport::Oaep {
                digest: DigestAlgorithm::Sha1,
                mask: DigestAlgorithm::Sha1,
            },
            KeyTransport::Oaep {
                digest: DigestAlgorithm::Sha512,
                mask: DigestAlgorithm::Sha1,
            },
        ] {
            let der = transport.identifier_der();
            assert_eq!(KeyTransport::from_identifier_der(&der), Ok(transport));
        }
    }

    /// Failure 39: padding that is wrong is not told; what comes out has the length of a key and is random.
    #[test]
    fn wrong_padding_gives_random_octets_of_the_expected_length() {
        let key = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        let content_key = [7; 32];
        for transport in [KeyTransport::Pkcs1, KeyTransport::OAEP_SHA256] {
            let encrypted = transport.encrypt(key.public_key(), &content_key).unwrap();
            assert_eq!(*transport.open(&key, &encrypted, 32).unwrap(), content_key);
            // as long as another key, another padding, a changed octet, no ciphertext at all
            let other = match transport {
                KeyTransport::Pkcs1 => KeyTransport::OAEP_SHA256,
                KeyTransport::Oaep { .. } => KeyTransport::Pkcs1,
            };
            let mut changed = encrypted.clone();
            changed[100] ^= 1;
            for (transport, octets, expected) in [
                (transport, encrypted.as_slice(), 16),
                (transport, &encrypted, 24),
                (other, &encrypted, 32),
                (transport, &changed, 32),
                (transport, &[], 32),
                (transport, &[0xff; 256], 32),
                (transport, &[0xff; 300], 32),
            ] {
                let first = transport.open(&key, octets, expected).unwrap();
                let second = transport.open(&key, octets, expected).unwrap();
                assert_eq!((first.len(), second.len()), (expected, expected));
                assert_ne!(first, second);
                assert_ne!(first[..], content_key[..expected.min(32)]);
            }
            assert!(transport.open(&key, &encrypted, 0).is_err());
            assert!(transport.open(&key, &encrypted, 65).is_err());
        }
    }

    #[test]
    fn zero_is_told_from_all_else_without_a_branch() {
        assert_eq!(is_zero(0), 1);
        assert!((1..=255).all(|octet| is_zero(octet) == 0));
    }

    #[test]
    fn keys_that_cannot_decrypt_are_refused() {
        for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::RsaPss2048] {
            let key = PrivateKey::generate(algorithm).unwrap();
            assert!(
                KeyTransport::Pkcs1
                    .encrypt(key.public_key(), &[1; 16])
                    .is_err()
            );
            assert!(KeyTransport::Pkcs1.open(&key, &[1; 256], 16).is_err());
        }
    }
}
