//! Certification requests, made before measuring begins: what clients do is not what is measured.

use anyhow::Result;
use openssl::{
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    stack::Stack,
    x509::{X509NameBuilder, X509ReqBuilder, extension::SubjectAlternativeName},
};

/// A certification request, DER, with a P-256 key of its own, for one DNS name.
pub fn csr(name: &str) -> Result<Vec<u8>> {
    csr_of(&p256()?, name)
}

/// A new key.
pub fn p256() -> Result<PKey<Private>> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

/// A certification request, DER, of a key for one DNS name.
pub fn csr_of(key: &PKey<Private>, name: &str) -> Result<Vec<u8>> {
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_nid(Nid::COMMONNAME, name)?;
    let mut request = X509ReqBuilder::new()?;
    request.set_subject_name(&subject.build())?;
    request.set_pubkey(key)?;
    let names = SubjectAlternativeName::new()
        .dns(name)
        .build(&request.x509v3_context(None))?;
    let mut extensions = Stack::new()?;
    extensions.push(names)?;
    request.add_extensions(&extensions)?;
    request.sign(key, MessageDigest::sha256())?;
    Ok(request.build().to_der()?)
}

/// Many, for names of their own.
pub fn csrs(count: usize) -> Result<Vec<Vec<u8>>> {
    (0..count)
        .map(|number| csr(&format!("host-{number}.bench.test")))
        .collect()
}
