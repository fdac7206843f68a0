//! pkiMessage, RFC 8894 section 3.2: the outside of a message, which is signed, and around an inside, which is encrypted.

use std::fmt;

use ers_pki::cms::{
    CmsError, ContentCipher, DigestAlgorithm, EmbeddedCertificate, EnvelopedData, KeyHolder,
    KeyTransport, Recipient, SignedData, SignerInfo, content_type,
};
use ers_pki::key::PublicKey;

use super::answer::{FailInfo, Refusal};
use super::oid;

/// Longest transactionID.
const LONGEST_TRANSACTION_ID: usize = 255;
/// Octets of a nonce: RFC 8894 section 3.2.1.5 has 16, some clients send fewer or more.
const NONCE_OCTETS: std::ops::RangeInclusive<usize> = 1..=64;

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// A certificate, asked for with another or a renewed key, signed by the certificate there is.
    RenewalReq,
    /// A certificate.
    PkcsReq,
    /// What became of a request.
    CertPoll,
    /// A certificate that was issued before.
    GetCert,
    /// A CRL.
    GetCrl,
}

impl MessageType {
    fn from_number(number: &str) -> Option<Self> {
        Some(match number {
            "17" => Self::RenewalReq,
            "19" => Self::PkcsReq,
            "20" => Self::CertPoll,
            "21" => Self::GetCert,
            "22" => Self::GetCrl,
            _ => return None,
        })
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RenewalReq => "RenewalReq",
            Self::PkcsReq => "PKCSReq",
            Self::CertPoll => "CertPoll",
            Self::GetCert => "GetCert",
            Self::GetCrl => "GetCRL",
        }
    }
}

/// The client's name for a transaction: PrintableString, 1 to 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(String);

impl TransactionId {
    fn parse(text: &str) -> Option<Self> {
        let printable =
            |octet: u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet);
        let fits =
            (1..=LONGEST_TRANSACTION_ID).contains(&text.len()) && text.bytes().all(printable);
        fits.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an answer needs of the message that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// transactionID.
    pub transaction_id: TransactionId,
    /// senderNonce.
    pub sender_nonce: Option<Vec<u8>>,
    /// The hash that the client uses.
    pub digest: DigestAlgorithm,
}

/// The outside of a message, whose signature is not verified yet.
#[derive(Debug)]
pub struct Message {
    /// For the answer.
    pub envelope: Envelope,
    /// messageType.
    pub kind: Option<MessageType>,
    signed: SignedData,
}

/// A message whose signature fits the certificate that came along.
#[derive(Debug)]
pub struct Verified {
    /// For the answer.
    pub envelope: Envelope,
    /// messageType.
    pub kind: MessageType,
    /// Who signed.
    pub signer: EmbeddedCertificate,
    /// The signer's key.
    pub key: PublicKey,
    /// The other certificates, DER.
    pub chain: Vec<Vec<u8>>,
    /// The inside, still closed.
    pub content: EnvelopedData,
    /// How the client encrypts, and is encrypted to.
    pub transport: KeyTransport,
    /// The content key, encrypted.
    pub encrypted_key: Vec<u8>,
    /// Whose key opens it.
    pub recipient: KeyHolder,
}

impl Message {
    /// Reads the outside; `None` when it is no message that can be answered.
    pub fn read(octets: &[u8]) -> Result<Option<Self>, CmsError> {
        let signed = SignedData::from_ber(octets)?;
        let [signer] = signed.signers() else {
            return Ok(None);
        };
        let text = |kind| signer.attribute(kind).and_then(|found| found.as_text());
        let Some(transaction_id) = text(oid::TRANSACTION_ID).and_then(TransactionId::parse) else {
            return Ok(None);
        };
        let sender_nonce = signer
            .attribute(oid::SENDER_NONCE)
            .and_then(|nonce| nonce.as_octets())
            .filter(|nonce| NONCE_OCTETS.contains(&nonce.len()))
            .map(<[u8]>::to_vec);
        Ok(Some(Self {
            envelope: Envelope {
                transaction_id,
                sender_nonce,
                digest: signer.digest(),
            },
            kind: text(oid::MESSAGE_TYPE).and_then(MessageType::from_number),
            signed,
        }))
    }

    /// Verifies the signature and reads what stands around the inside. Nothing secret is touched.
    pub fn verify(self, legacy_algorithms: bool) -> Result<Verified, Refusal> {
        let kind = self.kind.ok_or_else(|| {
            Refusal::new(
                FailInfo::BadRequest,
                "the messageType is none that is answered",
            )
        })?;
        if self.envelope.sender_nonce.is_none() {
            let text = "the senderNonce is missing";
            return Err(Refusal::new(FailInfo::BadRequest, text));
        }
        let (signer, key) = self.verify_signature(legacy_algorithms)?;
        let chain = self
            .signed
            .certificates()
            .iter()
            .filter(|other| **other != signer)
            .map(|other| other.der().to_vec())
            .collect();
        let content = read_content(&self.signed, legacy_algorithms)?;
        let (recipient, transport, encrypted_key) = key_transport(&content)?;
        Ok(Verified {
            envelope: self.envelope,
            kind,
            signer,
            key,
            chain,
            content,
            transport,
            encrypted_key,
            recipient,
        })
    }

    fn verify_signature(
        &self,
        legacy_algorithms: bool,
    ) -> Result<(EmbeddedCertificate, PublicKey), Refusal> {
        let unsigned = || {
            let text = "the signature does not fit a certificate that came along";
            Refusal::new(FailInfo::BadMessageCheck, text)
        };
        let [signer] = self.signed.signers() else {
            return Err(unsigned());
        };
        if signer.digest() == DigestAlgorithm::Sha1 && !legacy_algorithms {
            let text = "SHA-1 is not taken here; SHA-256 and SHA-512 are";
            return Err(Refusal::new(FailInfo::BadAlg, text));
        }
        let certificate = self.signed.find_certificate(signer).ok_or_else(unsigned)?;
        let key = certificate.public_key().map_err(|error| {
            Refusal::new(FailInfo::BadAlg, format!("the key of the signer: {error}"))
        })?;
        self.check(signer, &key).map_err(|_| unsigned())?;
        Ok((certificate.clone(), key))
    }

    fn check(&self, signer: &SignerInfo, key: &PublicKey) -> Result<(), CmsError> {
        self.signed.verify(signer, key)
    }
}

fn read_content(signed: &SignedData, legacy_algorithms: bool) -> Result<EnvelopedData, Refusal> {
    let content = signed
        .content()
        .filter(|_| signed.content_type() == content_type::DATA)
        .ok_or_else(|| Refusal::new(FailInfo::BadRequest, "the message has no content"))?;
    let content = EnvelopedData::from_ber(content).map_err(|error| match error {
        CmsError::Algorithm { what, algorithm } => Refusal::new(
            FailInfo::BadAlg,
            format!("{what} {algorithm} is not supported"),
        ),
        _ => Refusal::new(FailInfo::BadRequest, "the content is no EnvelopedData"),
    })?;
    if content.cipher() == ContentCipher::DesEde3Cbc && !legacy_algorithms {
        let text = "triple DES is not taken here; AES is";
        return Err(Refusal::new(FailInfo::BadAlg, text));
    }
    Ok(content)
}

/// Whose key opens it, how, and the encrypted key.
fn key_transport(content: &EnvelopedData) -> Result<(KeyHolder, KeyTransport, Vec<u8>), Refusal> {
    let found = content.recipients().iter().find_map(|found| match found {
        Recipient::KeyTransport {
            holder,
            algorithm,
            encrypted_key,
        } => Some((holder, algorithm, encrypted_key)),
        _ => None,
    });
    let (holder, algorithm, encrypted_key) = found.ok_or_else(|| {
        let text = "the content must be encrypted by key transport with RSA";
        Refusal::new(FailInfo::BadAlg, text)
    })?;
    let transport = KeyTransport::from_identifier_der(algorithm).map_err(|_| {
        let text = "the key transport is not supported; PKCS #1 v1.5 and OAEP are";
        Refusal::new(FailInfo::BadAlg, text)
    })?;
    Ok((holder.clone(), transport, encrypted_key.clone()))
}
