//! The certificate that answers tls-alpn-01: RFC 8737 §3.

use der::asn1::OctetString;
use der::{Decode as _, Encode as _};
use ers_pki::general_name::GeneralName;
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName as Name;

use super::identifier::Identifier;

/// id-pe-acmeIdentifier.
const ACME_IDENTIFIER: der::asn1::ObjectIdentifier =
    der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.31");
const SUBJECT_ALTERNATIVE_NAME: der::asn1::ObjectIdentifier =
    der::asn1::ObjectIdentifier::new_unwrap("2.5.29.17");
const LONGEST: usize = 64 * 1024;

/// Why a certificate answers no challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Not DER of a certificate.
    #[error("it cannot be read")]
    Malformed,
    /// Other names, more names, or none.
    #[error("its subject alternative name is not exactly the identifier")]
    OtherName,
    /// There must be exactly one acmeIdentifier.
    #[error("it has no acmeIdentifier extension, or several")]
    NoAcmeIdentifier,
    /// RFC 8737 §3: the extension must be critical.
    #[error("its acmeIdentifier extension is not critical")]
    NotCritical,
    /// Something else stands in the extension.
    #[error("its acmeIdentifier is not the one for this challenge")]
    OtherDigest,
}

/// Checks that a certificate, DER, answers the challenge: exactly the name, and critically the digest.
pub fn check(der: &[u8], identifier: &Identifier, digest: &[u8]) -> Result<(), NoAnswer> {
    let certificate = read(der)?;
    let none = Vec::new();
    let extensions = certificate.tbs_certificate().extensions().unwrap_or(&none);
    let names = SubjectAltName::from_der(
        only(extensions, SUBJECT_ALTERNATIVE_NAME)
            .ok_or(NoAnswer::OtherName)?
            .extn_value
            .as_bytes(),
    )
    .map_err(|_| NoAnswer::Malformed)?;
    let [name] = names.0.as_slice() else {
        return Err(NoAnswer::OtherName);
    };
    if !is(name, identifier) {
        return Err(NoAnswer::OtherName);
    }
    let extension = only(extensions, ACME_IDENTIFIER).ok_or(NoAnswer::NoAcmeIdentifier)?;
    if !extension.critical {
        return Err(NoAnswer::NotCritical);
    }
    // Authorization ::= OCTET STRING (SIZE (32))
    match OctetString::from_der(extension.extn_value.as_bytes()) {
        Ok(found) if found.as_bytes() == digest => Ok(()),
        _ => Err(NoAnswer::OtherDigest),
    }
}

/// SubjectPublicKeyInfo of a certificate, DER, and the key itself, as they stand there.
pub fn public_key(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>), NoAnswer> {
    let certificate = read(der)?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let whole = spki.to_der().map_err(|_| NoAnswer::Malformed)?;
    Ok((whole, spki.subject_public_key.raw_bytes().to_vec()))
}

fn read(der: &[u8]) -> Result<Certificate, NoAnswer> {
    if der.len() > LONGEST {
        return Err(NoAnswer::Malformed);
    }
    Certificate::from_der(der).map_err(|_| NoAnswer::Malformed)
}

fn only(extensions: &[Extension], oid: der::asn1::ObjectIdentifier) -> Option<&Extension> {
    let mut found = extensions
        .iter()
        .filter(|extension| extension.extn_id == oid);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn is(name: &Name, identifier: &Identifier) -> bool {
    match (name, identifier) {
        (Name::DnsName(name), Identifier::Dns(wanted)) => {
            GeneralName::dns(name.as_str()).is_ok_and(|name| name.value() == *wanted)
        }
        (Name::IpAddress(octets), Identifier::Ip(std::net::IpAddr::V4(wanted))) => {
            octets.as_bytes() == wanted.octets()
        }
        (Name::IpAddress(octets), Identifier::Ip(std::net::IpAddr::V6(wanted))) => {
            octets.as_bytes() == wanted.octets()
        }
        _ => false,
    }
}
