//! AES key wrap, RFC 3394 and RFC 3565: content keys under a key that both sides have.

use const_oid::ObjectIdentifier;
use openssl::aes::{AesKey, unwrap_key, wrap_key};
use zeroize::Zeroizing;

use super::algorithm::split;
use super::{CmsError, oid};
use crate::asn1::{Element, Writer};

/// The algorithm for a key of 16, 24 or 32 octets.
pub(super) fn oid_for(key_octets: usize) -> Option<ObjectIdentifier> {
    match key_octets {
        16 => Some(oid::AES128_WRAP),
        24 => Some(oid::AES192_WRAP),
        32 => Some(oid::AES256_WRAP),
        _ => None,
    }
}

/// Octets of the key that an AlgorithmIdentifier asks for.
pub(super) fn key_octets(identifier: &Element<'_>) -> Result<usize, CmsError> {
    match split(identifier)?.0 {
        oid::AES128_WRAP => Ok(16),
        oid::AES192_WRAP => Ok(24),
        oid::AES256_WRAP => Ok(32),
        other => Err(CmsError::Algorithm {
            what: "key wrap",
            algorithm: other.to_string(),
        }),
    }
}

/// The AlgorithmIdentifier, DER; parameters are absent.
pub(super) fn write(writer: &mut Writer, kind: &ObjectIdentifier) {
    writer.sequence(|writer| writer.oid(kind));
}

pub(super) fn wrap(key: &[u8], content_key: &[u8]) -> Result<Vec<u8>, CmsError> {
    let failed = CmsError::Library("wrap key");
    let Ok(key) = AesKey::new_encrypt(key) else {
        return Err(failed);
    };
    // the library asserts on what it does not like
    if !content_key.len().is_multiple_of(8) || content_key.len() < 16 {
        return Err(failed);
    }
    let mut wrapped = vec![0; content_key.len() + 8];
    let used = wrap_key(&key, None, &mut wrapped, content_key).map_err(|_| failed)?;
    wrapped.truncate(used);
    Ok(wrapped)
}

pub(super) fn unwrap(key: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = AesKey::new_decrypt(key).ok()?;
    if !wrapped.len().is_multiple_of(8) || !(24..=72).contains(&wrapped.len()) {
        return None;
    }
    let mut content_key = Zeroizing::new(vec![0; wrapped.len() - 8]);
    let used = unwrap_key(&key, None, &mut content_key, wrapped).ok()?;
    content_key.truncate(used);
    Some(content_key)
}
