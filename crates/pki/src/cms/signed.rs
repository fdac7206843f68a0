//! SignedData, RFC 5652 section 5, read and verified.

use const_oid::ObjectIdentifier;

use super::algorithm::{DigestAlgorithm, SignatureMethod};
use super::attribute::read_set;
use super::ber::implicit_octets;
use super::oid::{self, content_type};
use super::{
    Attribute, CmsError, EmbeddedCertificate, KeyHolder, MAX_CERTIFICATES, MAX_SIGNERS,
    content_info,
};
use crate::asn1::{Malformed, Reader, integer_u64, parse_all, tag};
use crate::key::PublicKey;

const WHAT: &str = "SignedData";

/// A SignedData whose signatures nobody has verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedData {
    content_type: ObjectIdentifier,
    content: Option<Vec<u8>>,
    certificates: Vec<EmbeddedCertificate>,
    crls: Vec<Vec<u8>>,
    signers: Vec<SignerInfo>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerInfo {
    holder: KeyHolder,
    digest: DigestAlgorithm,
    method: SignatureMethod,
    /// As it is signed: the DER of the SET.
    signed_attributes: Option<Vec<u8>>,
    attributes: Vec<Attribute>,
    signature: Vec<u8>,
}

impl SignedData {
    /// Reads a ContentInfo with a SignedData, BER or DER, of at most 1 MiB.
    pub fn from_ber(octets: &[u8]) -> Result<Self, CmsError> {
        let (kind, content) = content_info(octets)?;
        if kind != content_type::SIGNED_DATA {
            return Err(Malformed::new(WHAT).into());
        }
        parse_all(&content, WHAT, |fields| Self::read(fields))
    }

    fn read(fields: &mut Reader<'_>) -> Result<Self, CmsError> {
        integer_u64(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        fields.content(tag::SET, WHAT)?;
        let mut inner = fields.sequence(WHAT)?;
        let content_type = inner.oid(WHAT)?;
        let content = match inner.optional(tag::context_constructed(0), WHAT)? {
            None => None,
            Some(explicit) => {
                let mut explicit = Reader::new(explicit);
                let element = explicit.element(WHAT)?;
                explicit.finish(WHAT)?;
                // PKCS #7 v1.5 has any type here, CMS an OCTET STRING
                Some(if element.tag == tag::OCTET_STRING {
                    element.content.to_vec()
                } else {
                    element.whole.to_vec()
                })
            }
        };
        inner.finish(WHAT)?;
        let certificates = fields.optional(tag::context_constructed(0), WHAT)?;
        let crls = fields.optional(tag::context_constructed(1), WHAT)?;
        let mut infos = Reader::new(fields.content(tag::SET, WHAT)?);
        let mut signers = Vec::new();
        while !infos.is_empty() {
            if signers.len() >= MAX_SIGNERS {
                return Err(CmsError::TooMany("signers"));
            }
            signers.push(SignerInfo::read(infos.sequence(WHAT)?)?);
        }
        Ok(Self {
            content_type,
            content,
            certificates: values(certificates.unwrap_or_default(), "certificates")?
                .into_iter()
                .map(EmbeddedCertificate::from_der)
                .collect::<Result<_, _>>()?,
            crls: values(crls.unwrap_or_default(), "CRLs")?
                .into_iter()
                .map(<[u8]>::to_vec)
                .collect(),
            signers,
        })
    }

    /// What kind of content is signed.
    pub fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// What is signed; none when the content is elsewhere, or there is none.
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// The certificates that came along, in their order.
    pub fn certificates(&self) -> &[EmbeddedCertificate] {
        &self.certificates
    }

    /// The CRLs that came along, DER.
    pub fn crls(&self) -> &[Vec<u8>] {
        &self.crls
    }

    /// The signatures.
    pub fn signers(&self) -> &[SignerInfo] {
        &self.signers
    }

    /// The certificate of a signer, when it came along.
    pub fn find_certificate(&self, signer: &SignerInfo) -> Option<&EmbeddedCertificate> {
        self.certificates
            .iter()
            .find(|certificate| signer.holder.is(certificate))
    }

    /// Verifies a signature over the content that came along.
    pub fn verify(&self, signer: &SignerInfo, key: &PublicKey) -> Result<(), CmsError> {
        let content = self.content.as_deref().unwrap_or_default();
        signer.verify(self.content_type, content, key)
    }
}

/// The SEQUENCEs in a set; other choices (attribute certificates, OCSP responses) are passed over.
fn values<'a>(content: &'a [u8], what: &'static str) -> Result<Vec<&'a [u8]>, CmsError> {
    let mut reader = Reader::new(content);
    let mut found = Vec::new();
    while !reader.is_empty() {
        let element = reader.element(WHAT)?;
        if found.len() >= MAX_CERTIFICATES {
            return Err(CmsError::TooMany(what));
        }
        if element.tag == tag::SEQUENCE {
            found.push(element.whole);
        }
    }
    Ok(found)
}

impl SignerInfo {
    fn read(mut fields: Reader<'_>) -> Result<Self, CmsError> {
        const WHAT: &str = "SignerInfo";
        integer_u64(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        let holder = KeyHolder::read(&fields.element(WHAT)?)?;
        let digest = DigestAlgorithm::read(&fields.tagged(tag::SEQUENCE, WHAT)?)?;
        let signed = fields.optional(tag::context_constructed(0), WHAT)?;
        let method = SignatureMethod::read(fields.tagged(tag::SEQUENCE, WHAT)?, digest)?;
        let signature = fields.element(WHAT)?;
        if signature.tag & !0x20 != tag::OCTET_STRING {
            return Err(Malformed::new(WHAT).into());
        }
        let signature = implicit_octets(signature.tag, signature.content)?.into_owned();
        fields.optional(tag::context_constructed(1), WHAT)?;
        fields.finish(WHAT)?;
        let signed_attributes = signed.map(|content| {
            let mut writer = crate::asn1::Writer::with_capacity(content.len() + 8);
            writer.tlv(tag::SET, content);
            writer.finish()
        });
        Ok(Self {
            holder,
            digest,
            method,
            signed_attributes,
            attributes: read_set(signed.unwrap_or_default())?,
            signature,
        })
    }

    /// Whose signature it is.
    pub fn holder(&self) -> &KeyHolder {
        &self.holder
    }

    /// The hash that was used.
    pub fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// The signed attributes.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The signed attribute of a type.
    pub fn attribute(&self, kind: ObjectIdentifier) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.kind == kind)
    }

    /// Verifies the signature, and that it is over this content: RFC 5652 sections 5.4 and 5.6. Whose key it is, and
    /// whether SHA-1 is taken, is for the caller to say.
    pub fn verify(
        &self,
        kind: ObjectIdentifier,
        content: &[u8],
        key: &PublicKey,
    ) -> Result<(), CmsError> {
        let Some(attributes) = &self.signed_attributes else {
            // without attributes only plain data may be signed, lest attributes be taken for content
            if kind != content_type::DATA {
                return Err(CmsError::ContentType);
            }
            return self.method.verify(key, content, &self.signature);
        };
        let named = self
            .attribute(oid::CONTENT_TYPE)
            .map(|found| &*found.values);
        let mut writer = crate::asn1::Writer::new();
        writer.oid(&kind);
        if named != Some(&[writer.finish()]) {
            return Err(CmsError::ContentType);
        }
        let digest = self
            .attribute(oid::MESSAGE_DIGEST)
            .and_then(Attribute::as_octets);
        if digest != Some(&*self.digest.digest(content)) {
            return Err(CmsError::Digest);
        }
        self.method.verify(key, attributes, &self.signature)
    }
}
