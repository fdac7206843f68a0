//! Content encryption: AES-CBC (RFC 3565), AES-GCM (RFC 5084), and triple DES (RFC 3370) for old devices.

use const_oid::ObjectIdentifier;
use openssl::symm::{self, Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use super::algorithm::split;
use super::{CmsError, oid};
use crate::asn1::{Element, Malformed, Writer, integer_u64, parse_all, tag};

/// Octets of the tag of AES-GCM that we write.
const TAG_OCTETS: usize = 16;
/// Octets of the nonce of AES-GCM that we write.
const NONCE_OCTETS: usize = 12;

/// How a content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentCipher {
    /// Triple DES, CBC: only where a policy allows old devices.
    DesEde3Cbc,
    /// AES-128, CBC.
    Aes128Cbc,
    /// AES-192, CBC.
    Aes192Cbc,
    /// AES-256, CBC.
    Aes256Cbc,
    /// AES-128, GCM.
    Aes128Gcm,
    /// AES-192, GCM.
    Aes192Gcm,
    /// AES-256, GCM.
    Aes256Gcm,
}

/// A cipher, with the parameters of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CipherCall {
    pub(super) cipher: ContentCipher,
    /// Initialisation vector or nonce.
    pub(super) iv: Vec<u8>,
    /// Octets of the authentication tag.
    tag_octets: usize,
}

impl ContentCipher {
    /// All ciphers.
    pub const ALL: [Self; 7] = [
        Self::DesEde3Cbc,
        Self::Aes128Cbc,
        Self::Aes192Cbc,
        Self::Aes256Cbc,
        Self::Aes128Gcm,
        Self::Aes192Gcm,
        Self::Aes256Gcm,
    ];

    /// Octets of its key.
    pub fn key_octets(self) -> usize {
        self.cipher().key_len()
    }

    /// Whether it authenticates what it encrypts, as AES-GCM does.
    pub fn is_authenticated(self) -> bool {
        matches!(self, Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm)
    }

    fn cipher(self) -> Cipher {
        match self {
            Self::DesEde3Cbc => Cipher::des_ede3_cbc(),
            Self::Aes128Cbc => Cipher::aes_128_cbc(),
            Self::Aes192Cbc => Cipher::aes_192_cbc(),
            Self::Aes256Cbc => Cipher::aes_256_cbc(),
            Self::Aes128Gcm => Cipher::aes_128_gcm(),
            Self::Aes192Gcm => Cipher::aes_192_gcm(),
            Self::Aes256Gcm => Cipher::aes_256_gcm(),
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::DesEde3Cbc => oid::DES_EDE3_CBC,
            Self::Aes128Cbc => oid::AES128_CBC,
            Self::Aes192Cbc => oid::AES192_CBC,
            Self::Aes256Cbc => oid::AES256_CBC,
            Self::Aes128Gcm => oid::AES128_GCM,
            Self::Aes192Gcm => oid::AES192_GCM,
            Self::Aes256Gcm => oid::AES256_GCM,
        }
    }
}

impl CipherCall {
    /// With fresh parameters.
    pub(super) fn new(cipher: ContentCipher) -> Result<Self, CmsError> {
        let octets = if cipher.is_authenticated() {
            NONCE_OCTETS
        } else {
            cipher.cipher().block_size()
        };
        let mut iv = vec![0; octets];
        super::seal::fill_random(&mut iv)?;
        Ok(Self {
            cipher,
            iv,
            tag_octets: TAG_OCTETS,
        })
    }

    pub(super) fn read(identifier: &Element<'_>) -> Result<Self, CmsError> {
        const WHAT: &str = "ContentEncryptionAlgorithmIdentifier";
        let (kind, parameters) = split(identifier)?;
        let cipher = ContentCipher::ALL
            .into_iter()
            .find(|known| known.oid() == kind)
            .ok_or_else(|| CmsError::Algorithm {
                what: "content encryption",
                algorithm: kind.to_string(),
            })?;
        let parameters = parameters.ok_or(Malformed::new(WHAT))?;
        if cipher.is_authenticated() {
            let (iv, tag_octets) = parse_all(parameters, WHAT, |fields| {
                let nonce = fields.content(tag::OCTET_STRING, WHAT)?.to_vec();
                let octets = match fields.optional(tag::INTEGER, WHAT)? {
                    None => 12,
                    Some(length) => integer_u64(length, WHAT)?,
                };
                Ok::<_, Malformed>((nonce, octets))
            })?;
            // RFC 5084 section 3.2: the tag has 12 to 16 octets, the nonce should have 12
            let tag_octets = usize::try_from(tag_octets)
                .ok()
                .filter(|octets| (12..=16).contains(octets));
            return match tag_octets {
                Some(tag_octets) if iv.len() == NONCE_OCTETS => Ok(Self {
                    cipher,
                    iv,
                    tag_octets,
                }),
                _ => Err(Malformed::new(WHAT).into()),
            };
        }
        let mut reader = crate::asn1::Reader::new(parameters);
        let iv = reader.content(tag::OCTET_STRING, WHAT)?.to_vec();
        reader.finish(WHAT)?;
        if iv.len() != cipher.cipher().block_size() {
            return Err(Malformed::new(WHAT).into());
        }
        Ok(Self {
            cipher,
            iv,
            tag_octets: 0,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            writer.oid(&self.cipher.oid());
            if self.cipher.is_authenticated() {
                writer.sequence(|writer| {
                    writer.tlv(tag::OCTET_STRING, &self.iv);
                    writer.integer(self.tag_octets as u64);
                });
            } else {
                writer.tlv(tag::OCTET_STRING, &self.iv);
            }
        });
    }

    /// The encrypted content, and the tag, which is empty for CBC.
    pub(super) fn encrypt(
        &self,
        key: &[u8],
        content: &[u8],
        additional: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), CmsError> {
        let failed = |_| CmsError::Library("encrypt content");
        let cipher = self.cipher.cipher();
        if self.cipher.is_authenticated() {
            let mut tag = vec![0; self.tag_octets];
            let octets =
                symm::encrypt_aead(cipher, key, Some(&self.iv), additional, content, &mut tag)
                    .map_err(failed)?;
            return Ok((octets, tag));
        }
        let octets = symm::encrypt(cipher, key, Some(&self.iv), content).map_err(failed)?;
        Ok((octets, Vec::new()))
    }

    /// `None` when key, padding or tag are wrong; which of them is not told.
    pub(super) fn decrypt(
        &self,
        key: &[u8],
        encrypted: &[u8],
        additional: &[u8],
        tag: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = self.cipher.cipher();
        if key.len() != cipher.key_len() {
            return None;
        }
        if self.cipher.is_authenticated() {
            if tag.len() != self.tag_octets {
                return None;
            }
            let content =
                symm::decrypt_aead(cipher, key, Some(&self.iv), additional, encrypted, tag);
            return content.ok().map(Zeroizing::new);
        }
        let mut crypter = Crypter::new(cipher, Mode::Decrypt, key, Some(&self.iv)).ok()?;
        crypter.pad(false);
        let mut content = Zeroizing::new(vec![0; encrypted.len() + cipher.block_size()]);
        let used = crypter.update(encrypted, &mut content).ok()?;
        let more = crypter.finalize(content.get_mut(used..)?).ok()?;
        content.truncate(used + more);
        let length = unpad(&content, cipher.block_size())?;
        content.truncate(length);
        Some(content)
    }
}

/// The length without the padding of RFC 5652 section 6.3, looked at in a time that does not depend on it.
fn unpad(content: &[u8], block: usize) -> Option<usize> {
    let last = usize::from(*content.last()?);
    let tail = content.get(content.len().checked_sub(block)?..)?;
    let mut wrong = u8::from(last == 0 || last > block);
    for (place, octet) in tail.iter().rev().enumerate() {
        let counts = u8::from(place < last);
        wrong |= counts * u8::from(usize::from(*octet) != last);
    }
    (wrong == 0).then(|| content.len() - last)
}
