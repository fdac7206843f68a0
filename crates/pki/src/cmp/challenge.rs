//! `POPODecKeyChallContent` and `POPODecKeyRespContent`, RFC 9810 section 5.2.8.3.3: a number that only the right key can
//! read, which the requester sends back.

use openssl::encrypt::Encrypter;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use zeroize::Zeroizing;

use super::encrypted::{EncryptError, enveloped_data};
use super::header::Party;
use crate::asn1::{Malformed, Reader, Writer, integer_octets, oid, tag};
use crate::cms::DigestAlgorithm;
use crate::crmf::MAX_REQUESTS;
use crate::key::PublicKey;

const WHAT: &str = "POPODecKeyChallContent";
/// Longest number of an answer that is read; ours have 16 octets.
const LONGEST_NUMBER: usize = 64;

/// `Challenge`: a number, encrypted for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// SHA-256 of the number's octets, most significant first.
    pub witness: Vec<u8>,
    /// `Rand`, encrypted.
    pub rand: EncryptedRand,
}

/// A `Rand`, encrypted for the key that is to be proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncryptedRand {
    /// By that key itself, RSAES-PKCS1-v1_5: pvno 2.
    Direct(Vec<u8>),
    /// EnvelopedData, DER with its tag `[0]`: pvno 3.
    Enveloped(Vec<u8>),
}

impl Challenge {
    /// Encrypts a number for a key. `number`: big-endian, at least one octet, the first from 1 to 127. `sender` is whom the
    /// header of the message names. For pvno 2 `is_modern` is false, and the key an RSA key.
    ///
    /// # Errors
    /// [`EncryptError`].
    pub fn new(
        number: &[u8],
        sender: &Party,
        key: &PublicKey,
        is_modern: bool,
    ) -> Result<Self, EncryptError> {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.tlv(tag::INTEGER, number);
            writer.raw(&sender.to_der());
        });
        let rand = Zeroizing::new(writer.finish());
        Ok(Self {
            witness: DigestAlgorithm::Sha256.digest(number),
            rand: if is_modern {
                EncryptedRand::Enveloped(enveloped_data(&rand, key)?)
            } else {
                EncryptedRand::Direct(direct(&rand, key)?)
            },
        })
    }

    fn write(&self, writer: &mut Writer, is_first: bool) {
        writer.sequence(|writer| {
            if is_first {
                writer.sequence(|writer| writer.oid(&oid::SHA256));
            }
            writer.tlv(tag::OCTET_STRING, &self.witness);
            match &self.rand {
                EncryptedRand::Direct(octets) => writer.tlv(tag::OCTET_STRING, octets),
                EncryptedRand::Enveloped(der) => {
                    writer.tlv(tag::OCTET_STRING, &[]);
                    writer.raw(der);
                }
            }
        });
    }

    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        fields.optional(tag::SEQUENCE, WHAT)?;
        let witness = fields.content(tag::OCTET_STRING, WHAT)?.to_vec();
        let direct = fields.content(tag::OCTET_STRING, WHAT)?;
        let rand = match fields.peek() {
            Some(0xa0) => EncryptedRand::Enveloped(fields.element(WHAT)?.whole.to_vec()),
            _ => EncryptedRand::Direct(direct.to_vec()),
        };
        fields.finish(WHAT)?;
        Ok(Self { witness, rand })
    }
}

fn direct(rand: &[u8], key: &PublicKey) -> Result<Vec<u8>, EncryptError> {
    let algorithm = key.algorithm();
    if !algorithm.is_rsa() || algorithm.is_rsa_pss() {
        return Err(EncryptError::Key(algorithm));
    }
    let key = PKey::public_key_from_der(key.spki_der())?;
    let mut encrypter = Encrypter::new(&key)?;
    encrypter.set_rsa_padding(Padding::PKCS1)?;
    let mut octets = vec![0; encrypter.encrypt_len(rand)?];
    let length = encrypter.encrypt(rand, &mut octets)?;
    octets.truncate(length);
    Ok(octets)
}

pub(super) fn read_challenges(mut list: Reader<'_>) -> Result<Vec<Challenge>, Malformed> {
    let mut challenges = Vec::new();
    while !list.is_empty() {
        if challenges.len() >= MAX_REQUESTS {
            return Err(Malformed::new(WHAT));
        }
        challenges.push(Challenge::read(list.sequence(WHAT)?)?);
    }
    Ok(challenges)
}

pub(super) fn write_challenges(writer: &mut Writer, challenges: &[Challenge]) {
    writer.sequence(|writer| {
        for (place, challenge) in challenges.iter().enumerate() {
            challenge.write(writer, place == 0);
        }
    });
}

pub(super) fn read_numbers(mut list: Reader<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    const WHAT: &str = "POPODecKeyRespContent";
    let mut numbers = Vec::new();
    while !list.is_empty() {
        let number = integer_octets(list.content(tag::INTEGER, WHAT)?, WHAT)?;
        if numbers.len() >= MAX_REQUESTS || number.len() > LONGEST_NUMBER {
            return Err(Malformed::new(WHAT));
        }
        numbers.push(number.to_vec());
    }
    Ok(numbers)
}

pub(super) fn write_numbers(writer: &mut Writer, numbers: &[Vec<u8>]) {
    writer.sequence(|writer| {
        for number in numbers {
            writer.tlv(tag::INTEGER, number);
        }
    });
}
