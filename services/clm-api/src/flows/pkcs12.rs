//! A private key with its certificates as one file, protected by a password: PKCS#12 (RFC 7292), AES-256 and HMAC-SHA-256.

use ers_pki::{certificate::Certificate, key::PrivateKey};
use p12_keystore::{KeyStore, KeyStoreEntry, LocalKeyId, PrivateKeyChain};
use zeroize::Zeroizing;

const LONGEST_ALIAS: usize = 64;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs12Error {
    /// The key is not that of the certificate.
    #[error("make PKCS#12: the key is not that of the certificate")]
    OtherKey,
    /// Key or certificate do not read.
    #[error("make PKCS#12: key or certificate do not read")]
    Unreadable,
    /// It cannot be written.
    #[error("make PKCS#12: write")]
    Write(#[source] p12_keystore::error::Error),
    /// The process is ending.
    #[error("make PKCS#12: stopped")]
    Stopped,
}

/// The file: key (PKCS#8, DER) and certificates (DER, that of the key first, the root last or left out).
pub(super) async fn pkcs12(
    key: Zeroizing<Vec<u8>>,
    certificates: Vec<Vec<u8>>,
    password: Zeroizing<String>,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    // Deriving keys from the password takes too long for the async threads.
    tokio::task::spawn_blocking(move || write(&key, &certificates, &password))
        .await
        .map_err(|_| Pkcs12Error::Stopped)?
}

fn write(
    key: &[u8],
    certificates: &[Vec<u8>],
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let own = certificates.first().ok_or(Pkcs12Error::Unreadable)?;
    let own = Certificate::from_der(own).map_err(|_| Pkcs12Error::Unreadable)?;
    let private = PrivateKey::from_pkcs8_der(key).map_err(|_| Pkcs12Error::Unreadable)?;
    if private.public_key() != own.public_key() {
        return Err(Pkcs12Error::OtherKey);
    }
    let key = p12_keystore::PrivateKey::from_der(key).map_err(|_| Pkcs12Error::Unreadable)?;
    let certificates = certificates
        .iter()
        .map(|der| p12_keystore::Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Pkcs12Error::Unreadable)?;
    let chain = PrivateKeyChain::new(LocalKeyId(vec![1]), key, certificates);
    let mut store = KeyStore::new();
    store.add_entry(&alias_of(&own), KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(password)
        .write()
        .map(Zeroizing::new)
        .map_err(Pkcs12Error::Write)
}

/// What keystores call it.
fn alias_of(certificate: &Certificate) -> String {
    let subject = certificate.subject().to_string();
    let name = match certificate.names().first() {
        Some(name) if subject.is_empty() => name.to_string(),
        _ => subject,
    };
    name.chars().take(LONGEST_ALIAS).collect()
}
