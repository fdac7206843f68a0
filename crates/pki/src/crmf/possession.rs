//! `ProofOfPossession`, RFC 4211 section 4: how a requester shows to have the private key.

use crate::asn1::{Element, Malformed, Reader, Writer, bit_string_of_octets, integer_u64, tag};
use crate::key::{KeyError, PublicKey, SignatureAlgorithm};

const WHAT: &str = "ProofOfPossession";
/// `SubsequentMessage`.
const ENCRYPTED_CERTIFICATE: u64 = 0;
const CHALLENGE_RESPONSE: u64 = 1;

/// A proof of possession.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofOfPossession {
    /// A registration authority has verified it.
    RaVerified,
    /// A signature with the key, section 4.1.
    Signature {
        /// What was signed in place of the CertRequest.
        input: Option<SigningKeyInput>,
        /// AlgorithmIdentifier, DER.
        algorithm: Vec<u8>,
        /// Content of the BIT STRING.
        signature: Vec<u8>,
    },
    /// The certificate is to come encrypted, and only the right key can read and confirm it: `subsequentMessage`
    /// encrCert, section 4.2 (key encipherment) and 4.3 (key agreement).
    EncryptedCertificate,
    /// A challenge is to come, and only the right key can read it: `subsequentMessage` challengeResp, section 4.2 and 4.3.
    ChallengeResponse,
    /// A way that we do not offer (the private key itself, a MAC of a Diffie-Hellman key).
    Other,
}

/// `POPOSigningKeyInput`, section 4.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyInput {
    /// The structure as SEQUENCE, DER: what is signed.
    der: Vec<u8>,
    auth_info: AuthInfo,
    public_key: Vec<u8>,
}

/// Who asks, in a `POPOSigningKeyInput`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthInfo {
    /// GeneralName, DER: a sender that was authenticated before.
    Sender(Vec<u8>),
    /// A MAC over the SubjectPublicKeyInfo with a shared secret.
    PublicKeyMac {
        /// AlgorithmIdentifier, DER.
        algorithm: Vec<u8>,
        /// The code.
        mac: Vec<u8>,
    },
}

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PossessionError {
    /// The template has no key, or one that is not accepted.
    #[error("verify proof of possession: read public key of the template")]
    Key(#[source] Option<KeyError>),
    /// Subject or key are missing in the template, so that the signature need be over another structure.
    #[error("verify proof of possession: the template has no subject, and poposkInput is absent")]
    InputMissing,
    /// `poposkInput` is for another key.
    #[error("verify proof of possession: poposkInput is for another key")]
    OtherKey,
    /// The signature algorithm is not supported.
    #[error("verify proof of possession: its signature algorithm is not supported")]
    UnknownAlgorithm,
    /// The signature is wrong.
    #[error("verify proof of possession: the signature is wrong")]
    Signature,
}

impl SigningKeyInput {
    /// For a sender and a key, both DER.
    pub fn new(auth_info: AuthInfo, public_key: &[u8]) -> Self {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            match &auth_info {
                AuthInfo::Sender(name) => writer.tlv(tag::context_constructed(0), name),
                AuthInfo::PublicKeyMac { algorithm, mac } => writer.sequence(|writer| {
                    writer.raw(algorithm);
                    writer.bit_string(mac);
                }),
            }
            writer.raw(public_key);
        });
        Self {
            der: writer.finish(),
            auth_info,
            public_key: public_key.to_vec(),
        }
    }

    /// What is signed, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Who asks.
    pub fn auth_info(&self) -> &AuthInfo {
        &self.auth_info
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn read(content: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "POPOSigningKeyInput";
        let mut fields = Reader::new(content);
        let first = fields.element(WHAT)?;
        let auth_info = match first.tag {
            0xa0 => AuthInfo::Sender(first.content.to_vec()),
            tag::SEQUENCE => {
                let mut value = Reader::new(first.content);
                let algorithm = value.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
                let mac = bit_string_of_octets(value.content(tag::BIT_STRING, WHAT)?, WHAT)?;
                value.finish(WHAT)?;
                AuthInfo::PublicKeyMac {
                    algorithm,
                    mac: mac.to_vec(),
                }
            }
            _ => return Err(Malformed::new(WHAT)),
        };
        let public_key = fields.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
        fields.finish(WHAT)?;
        let mut writer = Writer::new();
        writer.tlv(tag::SEQUENCE, content);
        Ok(Self {
            der: writer.finish(),
            auth_info,
            public_key,
        })
    }
}

pub(super) fn read_possession(element: Element<'_>) -> Result<ProofOfPossession, Malformed> {
    match element.tag {
        0x80 if element.content.is_empty() => Ok(ProofOfPossession::RaVerified),
        0xa1 => {
            let mut fields = Reader::new(element.content);
            let input = fields
                .optional(tag::context_constructed(0), WHAT)?
                .map(SigningKeyInput::read)
                .transpose()?;
            let algorithm = fields.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
            let signature = bit_string_of_octets(fields.content(tag::BIT_STRING, WHAT)?, WHAT)?;
            fields.finish(WHAT)?;
            Ok(ProofOfPossession::Signature {
                input,
                algorithm,
                signature: signature.to_vec(),
            })
        }
        0xa2 | 0xa3 => read_private_key_proof(element.content),
        _ => Err(Malformed::new(WHAT)),
    }
}

/// `POPOPrivKey`.
fn read_private_key_proof(content: &[u8]) -> Result<ProofOfPossession, Malformed> {
    let mut fields = Reader::new(content);
    let choice = fields.element(WHAT)?;
    fields.finish(WHAT)?;
    Ok(match choice.tag {
        0x81 => match integer_u64(choice.content, WHAT)? {
            ENCRYPTED_CERTIFICATE => ProofOfPossession::EncryptedCertificate,
            CHALLENGE_RESPONSE => ProofOfPossession::ChallengeResponse,
            _ => return Err(Malformed::new(WHAT)),
        },
        _ => ProofOfPossession::Other,
    })
}

pub(super) fn write_possession(writer: &mut Writer, proof: &ProofOfPossession) {
    match proof {
        ProofOfPossession::RaVerified => writer.tlv(tag::context(0), &[]),
        ProofOfPossession::Signature {
            input,
            algorithm,
            signature,
        } => writer.nest(tag::context_constructed(1), |writer| {
            if let Some(input) = input {
                let content = Reader::new(input.der())
                    .sequence(WHAT)
                    .map(|inner| inner.rest())
                    .unwrap_or_default();
                writer.tlv(tag::context_constructed(0), content);
            }
            writer.raw(algorithm);
            writer.bit_string(signature);
        }),
        ProofOfPossession::EncryptedCertificate => {
            writer.nest(tag::context_constructed(2), |writer| {
                writer.tagged_integer(tag::context(1), ENCRYPTED_CERTIFICATE);
            });
        }
        ProofOfPossession::ChallengeResponse => {
            writer.nest(tag::context_constructed(2), |writer| {
                writer.tagged_integer(tag::context(1), CHALLENGE_RESPONSE);
            });
        }
        // thisMessage, which nobody should send
        ProofOfPossession::Other => writer.nest(tag::context_constructed(2), |writer| {
            writer.tlv(tag::context(0), &[0]);
        }),
    }
}

/// The signature that a proof is, verified over `signed`.
pub(super) fn verify_signature(
    key: &PublicKey,
    algorithm: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Result<(), PossessionError> {
    let algorithm =
        SignatureAlgorithm::from_der(algorithm).ok_or(PossessionError::UnknownAlgorithm)?;
    key.verify(algorithm, signed, signature)
        .map_err(|_| PossessionError::Signature)
}
