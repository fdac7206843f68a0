//! `EncryptedKey`, RFC 9810 section 5.2.2: how a certificate comes to a key that cannot sign. Clients of pvno 2 get an
//! `EncryptedValue` (RFC 4211 section 2.1), newer ones an EnvelopedData.

use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt};
use zeroize::Zeroizing;

use crate::asn1::{Writer, oid, tag};
use crate::cms::{
    self, CmsError, ContentCipher, DigestAlgorithm, KeyHolder, KeyTransport, NewRecipient,
};
use crate::key::PublicKey;

const AES_256_CBC: const_oid::ObjectIdentifier =
    const_oid::ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

/// Why nothing was encrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// Only RSA keys can be encrypted for.
    #[error("encrypt value: {0} keys cannot decrypt")]
    Key(crate::key::KeyAlgorithm),
    /// The crypto library failed.
    #[error("encrypt value")]
    Failed,
}

impl From<ErrorStack> for EncryptError {
    fn from(_: ErrorStack) -> Self {
        Self::Failed
    }
}

/// An `EncryptedKey` with an EnvelopedData, DER with its tag `[0]`: AES-256-CBC, the key by RSAES-OAEP or ECDH for that key.
///
/// # Errors
/// [`EncryptError`].
pub fn enveloped_data(value: &[u8], key: &PublicKey) -> Result<Vec<u8>, EncryptError> {
    let sha256 = DigestAlgorithm::Sha256;
    let recipient = NewRecipient::Key {
        holder: KeyHolder::KeyIdentifier(key.key_identifier().to_vec()),
        key,
        transport: KeyTransport::Oaep {
            digest: sha256,
            mask: sha256,
        },
    };
    let kind = cms::content_type::DATA;
    let made = cms::seal(kind, value, ContentCipher::Aes256Cbc, &[recipient])
        .and_then(|info| cms::content_info(&info));
    let (_, mut content) = made.map_err(|_| EncryptError::Key(key.algorithm()))?;
    if let Some(first) = content.first_mut() {
        *first = tag::context_constructed(0);
    }
    Ok(content)
}

/// An `AsymmetricKeyPackage` (RFC 5958) of one key (PKCS#8, DER): what is signed and then encrypted.
pub fn key_package(pkcs8: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::with_capacity(pkcs8.len() + 8);
    writer.sequence(|writer| writer.raw(pkcs8));
    Zeroizing::new(writer.finish())
}

/// An `EncryptedKey` with a private key that was made centrally, DER with its tag `[0]`: an EnvelopedData (AES-256-CBC)
/// of a SignedData of its package, RFC 9483 section 4.1.6. `signed` is the ContentInfo of the SignedData.
///
/// # Errors
/// When `signed` is none, or nothing can be encrypted for the recipient.
pub fn enveloped_key(signed: &[u8], recipient: &NewRecipient<'_>) -> Result<Vec<u8>, CmsError> {
    let (kind, signed) = cms::content_info(signed)?;
    let signed = Zeroizing::new(signed);
    let cipher = ContentCipher::Aes256Cbc;
    let info = cms::seal(kind, &signed, cipher, std::slice::from_ref(recipient))?;
    let (_, mut content) = cms::content_info(&info)?;
    if let Some(first) = content.first_mut() {
        *first = tag::context_constructed(0);
    }
    Ok(content)
}

/// An `EncryptedValue`, DER: AES-256-CBC under a fresh key, which is encrypted (PKCS #1 v1.5) for an RSA key.
///
/// # Errors
/// [`EncryptError`].
pub fn encrypted_value(value: &[u8], key: &PublicKey) -> Result<Vec<u8>, EncryptError> {
    let algorithm = key.algorithm();
    if !algorithm.is_rsa() || algorithm.is_rsa_pss() {
        return Err(EncryptError::Key(algorithm));
    }
    let mut content_key = Zeroizing::new([0; 32]);
    let mut iv = [0; 16];
    openssl::rand::rand_bytes(&mut *content_key)?;
    openssl::rand::rand_bytes(&mut iv)?;
    let encrypted = encrypt(Cipher::aes_256_cbc(), &*content_key, Some(&iv), value)?;
    let recipient = PKey::public_key_from_der(key.spki_der())?;
    let mut encrypter = Encrypter::new(&recipient)?;
    encrypter.set_rsa_padding(Padding::PKCS1)?;
    let mut encrypted_key = vec![0; encrypter.encrypt_len(&*content_key)?];
    let length = encrypter.encrypt(&*content_key, &mut encrypted_key)?;
    encrypted_key.truncate(length);
    let bits = |writer: &mut Writer, tag, octets: &[u8]| {
        writer.nest(tag, |writer| {
            writer.raw(&[0]);
            writer.raw(octets);
        });
    };
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.nest(tag::context_constructed(1), |writer| {
            writer.oid(&AES_256_CBC);
            writer.tlv(tag::OCTET_STRING, &iv);
        });
        bits(writer, tag::context(2), &encrypted_key);
        writer.nest(tag::context_constructed(3), |writer| {
            writer.oid(&oid::RSA_ENCRYPTION);
            writer.tlv(tag::NULL, &[]);
        });
        bits(writer, tag::BIT_STRING, &encrypted);
    });
    Ok(writer.finish())
}
