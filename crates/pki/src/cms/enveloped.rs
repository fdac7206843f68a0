//! EnvelopedData (RFC 5652 section 6) and AuthEnvelopedData (RFC 5083) read. The content key is opened by whoever has
//! the recipient's key; why something does not open is told to nobody.

use std::num::NonZeroU32;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::ber::implicit_octets;
use super::cipher::CipherCall;
use super::key_agreement::Agreement;
use super::oid::{self, content_type};
use super::seal::derive;
use super::{CmsError, ContentCipher, KeyHolder, MAX_RECIPIENTS, content_info, key_wrap};
use crate::asn1::{Element, Malformed, Reader, integer_u64, parse_all, tag};
use crate::key::PrivateKey;

const WHAT: &str = "EnvelopedData";
/// Most iterations of PBKDF2 that are counted out for someone.
const MOST_ITERATIONS: u64 = 100_000;
/// Longest encrypted content key: RSA-8192.
const LONGEST_ENCRYPTED_KEY: usize = 1024;

/// The content did not open. There is no more to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("decrypt CMS message")]
pub struct DecryptError;

/// An encrypted content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopedData {
    recipients: Vec<Recipient>,
    content_type: ObjectIdentifier,
    call: CipherCall,
    encrypted: Vec<u8>,
    /// Authenticated attributes, as they are authenticated.
    additional: Vec<u8>,
    tag: Vec<u8>,
}

/// Who can open a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Who has an RSA key.
    KeyTransport {
        /// Whose.
        holder: KeyHolder,
        /// AlgorithmIdentifier, DER.
        algorithm: Vec<u8>,
        /// The content key, encrypted.
        encrypted_key: Vec<u8>,
    },
    /// Who has a key on an elliptic curve.
    KeyAgreement(KeyAgreementRecipient),
    /// Who has a shared key.
    SharedKey(SharedKeyRecipient),
    /// Who knows a password.
    Password(PasswordRecipient),
    /// Another kind of recipient.
    Other,
}

/// Who has a key on an elliptic curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAgreementRecipient(Agreement);

/// Who has a shared key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedKeyRecipient {
    identifier: Vec<u8>,
    key_octets: usize,
    encrypted_key: Vec<u8>,
}

/// Who knows a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRecipient {
    salt: Vec<u8>,
    iterations: NonZeroU32,
    key_octets: usize,
    encrypted_key: Vec<u8>,
}

impl KeyAgreementRecipient {
    /// Whose key.
    pub fn holder(&self) -> &KeyHolder {
        &self.0.holder
    }

    /// The content key, opened with a key in software.
    pub fn open(&self, key: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        self.0.open(key).ok_or(DecryptError)
    }
}

impl SharedKeyRecipient {
    /// Which key.
    pub fn identifier(&self) -> &[u8] {
        &self.identifier
    }

    /// The content key.
    pub fn open(&self, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        if key.len() != self.key_octets {
            return Err(DecryptError);
        }
        key_wrap::unwrap(key, &self.encrypted_key).ok_or(DecryptError)
    }
}

impl PasswordRecipient {
    /// The content key.
    pub fn open(&self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let key = derive(password, &self.salt, self.iterations, self.key_octets);
        key_wrap::unwrap(&key, &self.encrypted_key).ok_or(DecryptError)
    }
}

impl EnvelopedData {
    /// Reads a ContentInfo with EnvelopedData or AuthEnvelopedData, BER or DER, of at most 1 MiB.
    pub fn from_ber(octets: &[u8]) -> Result<Self, CmsError> {
        let (kind, content) = content_info(octets)?;
        let authenticated = match kind {
            content_type::ENVELOPED_DATA => false,
            content_type::AUTH_ENVELOPED_DATA => true,
            _ => return Err(Malformed::new(WHAT).into()),
        };
        Self::from_content_der(&content, authenticated)
    }

    /// Reads an EnvelopedData, or AuthEnvelopedData, that stands without ContentInfo, as in CMP; DER.
    pub fn from_content_der(der: &[u8], authenticated: bool) -> Result<Self, CmsError> {
        parse_all(der, WHAT, |fields| Self::read(fields, authenticated))
    }

    fn read(fields: &mut Reader<'_>, authenticated: bool) -> Result<Self, CmsError> {
        integer_u64(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        fields.optional(tag::context_constructed(0), WHAT)?;
        let mut infos = Reader::new(fields.content(tag::SET, WHAT)?);
        let mut recipients = Vec::new();
        while !infos.is_empty() {
            recipients.extend(read_recipient(&infos.element(WHAT)?)?);
            if recipients.len() > MAX_RECIPIENTS {
                return Err(CmsError::TooMany("recipients"));
            }
        }
        let mut info = fields.sequence(WHAT)?;
        let content_type = info.oid(WHAT)?;
        let call = CipherCall::read(&info.tagged(tag::SEQUENCE, WHAT)?)?;
        let content = info.element(WHAT)?;
        if content.tag & !0x20 != tag::context(0) {
            return Err(Malformed::new(WHAT).into());
        }
        let encrypted = implicit_octets(content.tag, content.content)?.into_owned();
        info.finish(WHAT)?;
        if call.cipher.is_authenticated() != authenticated {
            return Err(Malformed::new(WHAT).into());
        }
        let attributes = fields.optional(tag::context_constructed(1), WHAT)?;
        let mut tag = Vec::new();
        let mut additional = Vec::new();
        if authenticated {
            tag = fields.content(tag::OCTET_STRING, WHAT)?.to_vec();
            fields.optional(tag::context_constructed(2), WHAT)?;
            if let Some(attributes) = attributes {
                let mut writer = crate::asn1::Writer::new();
                writer.tlv(tag::SET, attributes);
                additional = writer.finish();
            }
        }
        Ok(Self {
            recipients,
            content_type,
            call,
            encrypted,
            additional,
            tag,
        })
    }

    /// Who can open it.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// What kind of content it is.
    pub fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// How the content is encrypted.
    pub fn cipher(&self) -> ContentCipher {
        self.call.cipher
    }

    /// The content, opened with its key. A wrong key, wrong padding and a wrong tag look alike.
    pub fn decrypt(&self, content_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        self.call
            .decrypt(content_key, &self.encrypted, &self.additional, &self.tag)
            .ok_or(DecryptError)
    }
}

fn read_recipient(element: &Element<'_>) -> Result<Vec<Recipient>, CmsError> {
    let mut fields = Reader::new(element.content);
    match element.tag {
        tag::SEQUENCE => read_key_transport(fields).map(|recipient| vec![recipient]),
        0xa1 => match Agreement::read(element.content) {
            Ok(agreements) => Ok(agreements
                .into_iter()
                .map(|agreement| Recipient::KeyAgreement(KeyAgreementRecipient(agreement)))
                .collect()),
            // it may be for someone else, with algorithms that we do not know
            Err(CmsError::Algorithm { .. }) => Ok(vec![Recipient::Other]),
            Err(error) => Err(error),
        },
        0xa2 => {
            fields.content(tag::INTEGER, WHAT)?;
            let identifier = fields.sequence(WHAT)?.content(tag::OCTET_STRING, WHAT)?;
            let Ok(key_octets) = key_wrap::key_octets(&fields.tagged(tag::SEQUENCE, WHAT)?) else {
                return Ok(vec![Recipient::Other]);
            };
            Ok(vec![Recipient::SharedKey(SharedKeyRecipient {
                identifier: identifier.to_vec(),
                key_octets,
                encrypted_key: fields.content(tag::OCTET_STRING, WHAT)?.to_vec(),
            })])
        }
        0xa3 => Ok(vec![
            read_password(fields)?.map_or(Recipient::Other, Recipient::Password),
        ]),
        _ => Ok(vec![Recipient::Other]),
    }
}

fn read_key_transport(mut fields: Reader<'_>) -> Result<Recipient, CmsError> {
    fields.content(tag::INTEGER, WHAT)?;
    let holder = KeyHolder::read(&fields.element(WHAT)?)?;
    let algorithm = fields.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
    let encrypted_key = fields.content(tag::OCTET_STRING, WHAT)?.to_vec();
    fields.finish(WHAT)?;
    if encrypted_key.len() > LONGEST_ENCRYPTED_KEY {
        return Err(Malformed::new(WHAT).into());
    }
    Ok(Recipient::KeyTransport {
        holder,
        algorithm,
        encrypted_key,
    })
}

/// `None` for derivations and wraps that are not supported, or would take too long.
fn read_password(mut fields: Reader<'_>) -> Result<Option<PasswordRecipient>, CmsError> {
    fields.content(tag::INTEGER, WHAT)?;
    let Some(derivation) = fields.optional(tag::context_constructed(0), WHAT)? else {
        return Ok(None);
    };
    let mut derivation = Reader::new(derivation);
    if derivation.oid(WHAT)? != oid::PBKDF2 {
        return Ok(None);
    }
    let mut parameters = derivation.sequence(WHAT)?;
    let salt = parameters.content(tag::OCTET_STRING, WHAT)?.to_vec();
    let iterations = integer_u64(parameters.content(tag::INTEGER, WHAT)?, WHAT)?;
    parameters.optional(tag::INTEGER, WHAT)?;
    let function = match parameters.optional(tag::SEQUENCE, WHAT)? {
        None => return Ok(None),
        Some(content) => Reader::new(content).oid(WHAT)?,
    };
    let Ok(key_octets) = key_wrap::key_octets(&fields.tagged(tag::SEQUENCE, WHAT)?) else {
        return Ok(None);
    };
    let encrypted_key = fields.content(tag::OCTET_STRING, WHAT)?.to_vec();
    let iterations = u32::try_from(iterations.min(MOST_ITERATIONS + 1))
        .ok()
        .filter(|iterations| u64::from(*iterations) <= MOST_ITERATIONS)
        .and_then(NonZeroU32::new);
    Ok(match iterations {
        Some(iterations) if function == oid::HMAC_SHA256 && salt.len() <= 128 => {
            Some(PasswordRecipient {
                salt,
                iterations,
                key_octets,
                encrypted_key,
            })
        }
        _ => None,
    })
}
