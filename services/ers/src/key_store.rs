//! Certificates and keys as files: PEM, DER, PKCS#12 (RFC 7292).

use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use p12_keystore::{
    Certificate, KeyStore, KeyStoreEntry, LocalKeyId, Pkcs12ImportPolicy, PrivateKey,
    PrivateKeyChain,
};
use zeroize::Zeroizing;

use crate::failure::{Attempt as _, Failure, Outcome};

/// DER as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    ers_pki::pem::encode(label, der)
}

/// A private key as PKCS#8 PEM.
pub fn key_pem(key: &ers_pki::key::PrivateKey) -> Outcome<Zeroizing<String>> {
    let der = key.to_pkcs8_der().attempt("write private key")?;
    Ok(Zeroizing::new(pem("PRIVATE KEY", &der)))
}

/// Several certificates as PEM, one after the other.
pub fn pem_chain<'a>(certificates: impl IntoIterator<Item = &'a Vec<u8>>) -> String {
    certificates
        .into_iter()
        .map(|der| pem("CERTIFICATE", der))
        .collect()
}

/// A PKCS#12 file: key, certificate first, then its chain; all DER, the key PKCS#8.
pub fn pkcs12(key: &[u8], certificates: &[Vec<u8>], password: &str) -> Outcome<Zeroizing<Vec<u8>>> {
    let key = PrivateKey::from_der(key).attempt("put key into PKCS#12")?;
    let certificates = certificates
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .attempt("put certificate into PKCS#12")?;
    let mut store = KeyStore::new();
    store.add_entry(
        "ers",
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(
            LocalKeyId(vec![1]),
            key,
            certificates,
        )),
    );
    store
        .writer(password)
        .write()
        .map(Zeroizing::new)
        .attempt("write PKCS#12")
}

/// The private key of a PKCS#12 file, PKCS#8, DER.
pub fn key_of_pkcs12(file: &[u8], password: &str) -> Outcome<Zeroizing<Vec<u8>>> {
    let store = KeyStore::from_pkcs12(file, password, Pkcs12ImportPolicy::Strict)
        .attempt("read PKCS#12")?;
    let (_, chain) = store
        .private_key_chain()
        .ok_or_else(|| Failure::new("the PKCS#12 file has no key"))?;
    Ok(Zeroizing::new(chain.key().as_der().to_vec()))
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn write_private(path: &Path, content: &[u8]) -> Outcome<()> {
    write(path, content, 0o600)
}

/// Writes a file that everybody may read, whole or not at all.
pub fn write_public(path: &Path, content: &[u8]) -> Outcome<()> {
    write(path, content, 0o644)
}

fn write(path: &Path, content: &[u8], mode: u32) -> Outcome<()> {
    let act = || format!("write {}", path.display());
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)
        .attempt(act())?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .attempt(act())?;
    std::fs::rename(&beside, path).attempt(act())
}
