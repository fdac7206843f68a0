//! EnvelopedData (RFC 5652 section 6) and AuthEnvelopedData (RFC 5083) made: a content encrypted for recipients.

use std::num::NonZeroU32;

use aws_lc_rs::{pbkdf2, rand};
use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::attribute::write_set;
use super::cipher::CipherCall;
use super::degenerate::write_content_info;
use super::oid::{self, content_type};
use super::{
    Attribute, CmsError, ContentCipher, KeyHolder, KeyTransport, MAX_RECIPIENTS, key_agreement,
    key_wrap,
};
use crate::asn1::{Writer, tag};
use crate::key::PublicKey;

/// Octets of salt for passwords.
const SALT_OCTETS: usize = 16;

/// Who can open the content.
#[derive(Debug, Clone)]
pub enum NewRecipient<'a> {
    /// Who has a private key: by key transport for RSA, by key agreement for elliptic curves.
    Key {
        /// How the recipient finds the key.
        holder: KeyHolder,
        /// Its public half.
        key: &'a PublicKey,
        /// How an RSA key is used.
        transport: KeyTransport,
    },
    /// Who has a key of 16, 24 or 32 octets.
    SharedKey {
        /// How the recipient finds it.
        identifier: &'a [u8],
        /// The key.
        key: &'a [u8],
    },
    /// Who knows a password: PBKDF2 with HMAC-SHA-256, then AES-256 key wrap (RFC 9483 section 4.1.6.3).
    Password {
        /// The password.
        password: &'a [u8],
        /// Iterations of PBKDF2.
        iterations: NonZeroU32,
    },
    /// The same where the password stays elsewhere, which derives the key.
    DerivedKey {
        /// What PBKDF2 with HMAC-SHA-256 makes of password, salt and iterations: 32 octets.
        key: &'a [u8],
        /// The salt.
        salt: &'a [u8],
        /// Iterations of PBKDF2.
        iterations: NonZeroU32,
    },
}

/// The ContentInfo of a content that only the recipients can open, DER: AuthEnvelopedData for AES-GCM, else
/// EnvelopedData.
pub fn seal(
    kind: ObjectIdentifier,
    content: &[u8],
    cipher: ContentCipher,
    recipients: &[NewRecipient<'_>],
) -> Result<Vec<u8>, CmsError> {
    if !(1..=MAX_RECIPIENTS).contains(&recipients.len()) {
        return Err(CmsError::Recipient("there must be 1 to 32 recipients"));
    }
    let mut key = Zeroizing::new(vec![0; cipher.key_octets()]);
    fill_random(&mut key)?;
    let call = CipherCall::new(cipher)?;
    // RFC 5083 section 2.1: what is no plain data has its type authenticated
    let attributes = (cipher.is_authenticated() && kind != content_type::DATA).then(|| {
        let mut writer = Writer::new();
        writer.oid(&kind);
        write_set(&[Attribute::new(oid::CONTENT_TYPE, writer.finish())])
    });
    let additional = attributes.as_deref().unwrap_or_default();
    let (encrypted, tag) = call.encrypt(&key, content, additional)?;
    let mut infos = Writer::new();
    for recipient in recipients {
        write_recipient(&mut infos, recipient, &key)?;
    }
    let mut writer = Writer::with_capacity(encrypted.len() + 2048);
    writer.integer(if cipher.is_authenticated() {
        0
    } else {
        version(recipients)
    });
    writer.tlv(tag::SET, &infos.finish());
    writer.sequence(|writer| {
        writer.oid(&kind);
        call.write(writer);
        writer.tlv(tag::context(0), &encrypted);
    });
    if !cipher.is_authenticated() {
        let content = writer.wrap(tag::SEQUENCE);
        return Ok(write_content_info(&content_type::ENVELOPED_DATA, &content));
    }
    if let Some(mut attributes) = attributes {
        if let Some(tag) = attributes.first_mut() {
            *tag = tag::context_constructed(1);
        }
        writer.raw(&attributes);
    }
    writer.tlv(tag::OCTET_STRING, &tag);
    let content = writer.wrap(tag::SEQUENCE);
    Ok(write_content_info(
        &content_type::AUTH_ENVELOPED_DATA,
        &content,
    ))
}

/// RFC 5652 section 6.1.
fn version(recipients: &[NewRecipient<'_>]) -> u64 {
    let plain = |recipient: &NewRecipient<'_>| match recipient {
        NewRecipient::Key { holder, key, .. } => {
            matches!(holder, KeyHolder::IssuerAndSerial { .. }) && key.algorithm().is_rsa()
        }
        NewRecipient::SharedKey { .. }
        | NewRecipient::Password { .. }
        | NewRecipient::DerivedKey { .. } => false,
    };
    let by_password = |recipient: &NewRecipient<'_>| {
        matches!(
            recipient,
            NewRecipient::Password { .. } | NewRecipient::DerivedKey { .. }
        )
    };
    if recipients.iter().any(by_password) {
        3
    } else if recipients.iter().all(plain) {
        0
    } else {
        2
    }
}

fn write_recipient(
    writer: &mut Writer,
    recipient: &NewRecipient<'_>,
    content_key: &[u8],
) -> Result<(), CmsError> {
    match recipient {
        NewRecipient::Key {
            holder,
            key,
            transport,
        } if key.algorithm().is_rsa() => {
            let encrypted = transport.encrypt(key, content_key)?;
            writer.sequence(|writer| {
                writer.integer(match holder {
                    KeyHolder::IssuerAndSerial { .. } => 0,
                    KeyHolder::KeyIdentifier(_) => 2,
                });
                holder.write(writer);
                writer.raw(&transport.identifier_der());
                writer.tlv(tag::OCTET_STRING, &encrypted);
            });
        }
        NewRecipient::Key { holder, key, .. } => {
            key_agreement::write(writer, holder, key, content_key)?;
        }
        NewRecipient::SharedKey { identifier, key } => {
            let kind = key_wrap::oid_for(key.len()).ok_or(CmsError::Recipient(
                "the shared key must have 16, 24 or 32 octets",
            ))?;
            let encrypted = key_wrap::wrap(key, content_key)?;
            writer.nest(tag::context_constructed(2), |writer| {
                writer.integer(4);
                writer.sequence(|writer| writer.tlv(tag::OCTET_STRING, identifier));
                key_wrap::write(writer, &kind);
                writer.tlv(tag::OCTET_STRING, &encrypted);
            });
        }
        NewRecipient::Password {
            password,
            iterations,
        } => {
            let mut salt = [0; SALT_OCTETS];
            fill_random(&mut salt)?;
            let key = derive(password, &salt, *iterations, 32);
            write_password_recipient(writer, &key, &salt, *iterations, content_key)?;
        }
        NewRecipient::DerivedKey {
            key,
            salt,
            iterations,
        } => write_password_recipient(writer, key, salt, *iterations, content_key)?,
    }
    Ok(())
}

/// RFC 9483 section 4.1.6.3.
fn write_password_recipient(
    writer: &mut Writer,
    key: &[u8],
    salt: &[u8],
    iterations: NonZeroU32,
    content_key: &[u8],
) -> Result<(), CmsError> {
    let encrypted = key_wrap::wrap(key, content_key)?;
    writer.nest(tag::context_constructed(3), |writer| {
        writer.integer(0);
        writer.nest(tag::context_constructed(0), |writer| {
            writer.oid(&oid::PBKDF2);
            writer.sequence(|writer| {
                writer.tlv(tag::OCTET_STRING, salt);
                writer.integer(iterations.get().into());
                writer.sequence(|writer| {
                    writer.oid(&oid::HMAC_SHA256);
                    writer.tlv(tag::NULL, &[]);
                });
            });
        });
        key_wrap::write(writer, &oid::AES256_WRAP);
        writer.tlv(tag::OCTET_STRING, &encrypted);
    });
    Ok(())
}

/// PBKDF2 with HMAC-SHA-256.
pub(super) fn derive(
    password: &[u8],
    salt: &[u8],
    iterations: NonZeroU32,
    octets: usize,
) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; octets]);
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        iterations,
        salt,
        password,
        &mut key,
    );
    key
}

pub(super) fn fill_random(octets: &mut [u8]) -> Result<(), CmsError> {
    rand::fill(octets).map_err(|_| CmsError::Library("random numbers"))
}
