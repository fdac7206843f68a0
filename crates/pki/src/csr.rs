//! Certification requests, RFC 2986: read, limited, and the possession of the key proven, before anyone sees one.

mod hints;
mod prepare;
mod wishes;

use std::fmt;

use zeroize::Zeroizing;

use crate::asn1::{
    self, Malformed, Reader, bit_string_of_octets, integer_u64, oid, parse_all, tag,
};
use crate::cms;
use crate::extension::{self, ExtendedKeyUsage, KeyUsages, RequestedExtension};
use crate::general_name::{GeneralName, GeneralNameError, read_names};
use crate::key::{BadSignature, KeyError, PublicKey, SignatureAlgorithm};
use crate::name::{Name, NameError};
use crate::pem::{self, PemError};

pub use hints::{AttributeHints, WantedAttribute};
pub use prepare::{PreparedCsr, prepare_ca};
pub use wishes::{ChangeSubjectName, DecryptKey};

/// Longest request that is looked at.
pub const MAX_CSR_BYTES: usize = 64 * 1024;
/// Most subject alternative names in a request.
pub const MAX_CSR_NAMES: usize = 100;
/// Deepest nesting of values in a request.
const DEEPEST: usize = 16;
/// Most attributes in a request.
const MAX_ATTRIBUTES: usize = 32;
const WHAT: &str = "CertificationRequest";

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// It is longer than 64 KiB.
    #[error("read CSR: it is longer than {MAX_CSR_BYTES} octets")]
    TooLong,
    /// It is not PEM.
    #[error("read CSR")]
    Pem(#[from] PemError),
    /// It is not the DER of a CertificationRequest.
    #[error("read CSR")]
    Malformed(#[from] Malformed),
    /// Its subject is no name.
    #[error("read CSR")]
    Subject(#[from] NameError),
    /// A subject alternative name is malformed or of a kind that is not supported.
    #[error("read CSR")]
    Name(#[from] GeneralNameError),
    /// It has too many names.
    #[error("read CSR: it has more than {MAX_CSR_NAMES} names")]
    TooManyNames,
    /// Its key is not accepted.
    #[error("read CSR")]
    Key(#[from] KeyError),
    /// It is signed with an algorithm that is not supported.
    #[error("read CSR: its signature algorithm is not supported")]
    UnknownAlgorithm,
    /// The signature is wrong: who sent it has not shown to have the key.
    #[error("read CSR")]
    Signature(#[from] BadSignature),
}

/// A certification request whose signature fits its key.
#[derive(Clone)]
pub struct Csr {
    der: Box<[u8]>,
    subject: Name,
    names: Vec<GeneralName>,
    extensions: Vec<RequestedExtension>,
    public_key: PublicKey,
    challenge_password: Option<Zeroizing<String>>,
    signed_with_sha1: bool,
    others: Vec<(const_oid::ObjectIdentifier, Vec<u8>)>,
}

impl Csr {
    /// Reads a DER request of at most 64 KiB and verifies its signature.
    pub fn from_der(der: &[u8]) -> Result<Self, CsrError> {
        Self::read(der, false)
    }

    /// As `from_der`, also when it is signed with RSASSA-PKCS1-v1_5 and SHA-1: for old devices, where a policy says so.
    pub fn from_der_with_sha1(der: &[u8]) -> Result<Self, CsrError> {
        Self::read(der, true)
    }

    fn read(der: &[u8], sha1_allowed: bool) -> Result<Self, CsrError> {
        if der.len() > MAX_CSR_BYTES {
            return Err(CsrError::TooLong);
        }
        asn1::check_nesting(der, DEEPEST, WHAT)?;
        let (info, algorithm, signature) = parse_all(der, WHAT, |fields| {
            let info = fields.tagged(tag::SEQUENCE, WHAT)?;
            let algorithm = fields.tagged(tag::SEQUENCE, WHAT)?;
            let signature = bit_string_of_octets(fields.content(tag::BIT_STRING, WHAT)?, WHAT)?;
            Ok::<_, Malformed>((info, algorithm, signature))
        })?;
        let mut fields = Reader::new(info.content);
        if integer_u64(fields.content(tag::INTEGER, "Version")?, "Version")? != 0 {
            return Err(Malformed::new("Version").into());
        }
        let subject = Name::from_der(fields.tagged(tag::SEQUENCE, "Name")?.whole)?;
        let spki = fields.tagged(tag::SEQUENCE, "SubjectPublicKeyInfo")?.whole;
        // attributes may not be left out, yet some clients do when there are none
        let attributes = fields
            .optional(tag::context_constructed(0), "Attributes")?
            .unwrap_or_default();
        fields.finish(WHAT)?;
        let Attributes {
            names,
            extensions,
            challenge_password,
            others,
        } = read_attributes(attributes)?;
        let public_key = PublicKey::from_spki_der(spki)?;
        let known = SignatureAlgorithm::read(algorithm)?;
        match known {
            Some(known) => public_key.verify(known, info.whole, signature)?,
            None if sha1_allowed && cms::is_sha1_with_rsa(algorithm)? => {
                if !cms::verify_sha1_with_rsa(&public_key, info.whole, signature) {
                    return Err(BadSignature(SignatureAlgorithm::Sha256WithRsa).into());
                }
            }
            None => return Err(CsrError::UnknownAlgorithm),
        }
        Ok(Self {
            der: der.into(),
            subject,
            names,
            extensions,
            public_key,
            challenge_password,
            signed_with_sha1: known.is_none(),
            others,
        })
    }

    /// Reads PEM with the label `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`.
    pub fn from_pem(text: &str) -> Result<Self, CsrError> {
        if text.len() > 2 * MAX_CSR_BYTES {
            return Err(CsrError::TooLong);
        }
        Self::from_der(&pem::decode(
            text,
            &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"],
        )?)
    }

    /// The subject asked for.
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The subject alternative names asked for.
    pub fn names(&self) -> &[GeneralName] {
        &self.names
    }

    /// The other extensions asked for, as they came; a profile says which of them count, and usually none does.
    pub fn extensions(&self) -> &[RequestedExtension] {
        &self.extensions
    }

    /// The key usages asked for; `None` when there are none, or none that can be read.
    pub fn key_usage(&self) -> Option<KeyUsages> {
        let found = self.extension(oid::KEY_USAGE)?;
        KeyUsages::read(&found.value).ok()
    }

    /// The extended key usages asked for; empty when there are none, or none that can be read.
    pub fn extended_key_usage(&self) -> Vec<ExtendedKeyUsage> {
        self.extension(oid::EXTENDED_KEY_USAGE)
            .and_then(|found| extension::read_extended_key_usage(&found.value).ok())
            .unwrap_or_default()
    }

    fn extension(&self, wanted: const_oid::ObjectIdentifier) -> Option<&RequestedExtension> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == wanted)
    }

    /// The key, whose possession is proven.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether it is signed with SHA-1.
    pub fn is_signed_with_sha1(&self) -> bool {
        self.signed_with_sha1
    }

    /// The value of an attribute that has one, DER, of those that are not told otherwise.
    fn attribute(&self, kind: const_oid::ObjectIdentifier) -> Option<&[u8]> {
        self.others
            .iter()
            .find(|(found, _)| *found == kind)
            .map(|(_, value)| value.as_slice())
    }

    /// The request, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The challenge password, RFC 2985 section 5.4.1 (SCEP).
    pub fn challenge_password(&self) -> Option<&str> {
        self.challenge_password
            .as_ref()
            .map(|password| password.as_str())
    }
}

impl fmt::Debug for Csr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Csr({}, {:?})", self.subject, self.public_key)
    }
}

#[derive(Default)]
struct Attributes {
    names: Vec<GeneralName>,
    extensions: Vec<RequestedExtension>,
    challenge_password: Option<Zeroizing<String>>,
    others: Vec<(const_oid::ObjectIdentifier, Vec<u8>)>,
}

fn read_attributes(content: &[u8]) -> Result<Attributes, CsrError> {
    const WHAT: &str = "Attributes";
    let mut fields = Reader::new(content);
    let mut found = Attributes::default();
    let mut seen = Vec::new();
    let content_has_standard = has_attribute(content, oid::EXTENSION_REQUEST);
    while !fields.is_empty() {
        let mut attribute = fields.sequence(WHAT)?;
        let kind = attribute.oid(WHAT)?;
        let mut values = Reader::new(attribute.content(tag::SET, WHAT)?);
        attribute.finish(WHAT)?;
        if seen.len() >= MAX_ATTRIBUTES || seen.contains(&kind) {
            return Err(Malformed::new(WHAT).into());
        }
        seen.push(kind);
        let asks_for_extensions = kind == oid::EXTENSION_REQUEST || kind == oid::MS_CERT_EXTENSIONS;
        // some clients write both, which should say the same: the one of the standard counts
        let is_second = kind == oid::MS_CERT_EXTENSIONS && content_has_standard;
        if asks_for_extensions && !is_second {
            let extensions = values.tagged(tag::SEQUENCE, WHAT)?;
            values.finish(WHAT)?;
            (found.names, found.extensions) = read_requested(extensions.whole)?;
        } else if kind == oid::CHALLENGE_PASSWORD {
            let password = values.element(WHAT)?;
            values.finish(WHAT)?;
            found.challenge_password = Some(read_password(password)?);
        } else if let Ok(value) = values.element(WHAT)
            && values.is_empty()
        {
            found.others.push((kind, value.whole.to_vec()));
        }
    }
    Ok(found)
}

/// Whether there is an attribute of that type; what is malformed is found elsewhere.
fn has_attribute(content: &[u8], wanted: const_oid::ObjectIdentifier) -> bool {
    const WHAT: &str = "Attributes";
    let mut fields = Reader::new(content);
    while let Ok(mut attribute) = fields.sequence(WHAT) {
        if attribute.oid(WHAT) == Ok(wanted) {
            return true;
        }
    }
    false
}

/// Names, and the other extensions.
fn read_requested(
    extensions: &[u8],
) -> Result<(Vec<GeneralName>, Vec<RequestedExtension>), CsrError> {
    // an empty list is against RFC 5280; some clients write it
    if extensions == [tag::SEQUENCE, 0] {
        return Ok(Default::default());
    }
    let mut names = Vec::new();
    let mut others = Vec::new();
    for found in extension::read_all(extensions)? {
        if found.oid == oid::SUBJECT_ALTERNATIVE_NAME {
            let read = read_names(found.value)?;
            if read.len() > MAX_CSR_NAMES {
                return Err(CsrError::TooManyNames);
            }
            names = read.into_iter().collect::<Result<_, _>>()?;
        } else {
            others.push(RequestedExtension {
                oid: found.oid,
                critical: found.critical,
                value: found.value.to_vec(),
            });
        }
    }
    Ok((names, others))
}

/// RFC 2985: a DirectoryString of at most 255 characters.
fn read_password(element: asn1::Element<'_>) -> Result<Zeroizing<String>, Malformed> {
    const WHAT: &str = "challengePassword";
    if !matches!(
        element.tag,
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING | tag::TELETEX_STRING
    ) {
        return Err(Malformed::new(WHAT));
    }
    let text = std::str::from_utf8(element.content).map_err(|_| Malformed::new(WHAT))?;
    if text.chars().count() > 255 {
        Err(Malformed::new(WHAT))
    } else {
        Ok(Zeroizing::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
