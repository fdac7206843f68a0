//! SignedData, RFC 5652 section 5, around a signature that is made elsewhere: the signed attributes go out in DER, the
//! signature comes in.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::algorithm::write_signature_algorithm;
use super::attribute::write_set;
use super::degenerate::write_content_info;
use super::oid::{self, content_type};
use super::{Attribute, CmsError, DigestAlgorithm, KeyHolder};
use crate::asn1::{Writer, tag};
use crate::certificate::Certificate;
use crate::key::{PublicKey, SignatureAlgorithm};

/// What is to be signed, by whom.
#[derive(Debug, Clone)]
pub struct NewSignature<'a> {
    /// The signer's certificate.
    pub signer: &'a Certificate,
    /// How its key signs.
    pub algorithm: SignatureAlgorithm,
    /// The type of the content.
    pub content_type: ObjectIdentifier,
    /// The content; `None` signs nothing and carries nothing (SCEP's PENDING and FAILURE).
    pub content: Option<&'a [u8]>,
    /// Signed attributes beside content type and message digest.
    pub attributes: Vec<Attribute>,
    /// Certificates that go along, DER; the signer's is not added.
    pub certificates: Vec<&'a [u8]>,
}

/// A SignedData that waits for its signature.
#[derive(Debug, Clone)]
pub struct PreparedSignedData {
    /// The DER of the SET.
    attributes: Vec<u8>,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    digest: DigestAlgorithm,
    holder: KeyHolder,
    content_type: ObjectIdentifier,
    content: Option<Zeroizing<Vec<u8>>>,
    certificates: Vec<u8>,
}

/// The SignedData without its signature.
pub fn prepare(new: NewSignature<'_>) -> PreparedSignedData {
    let digest = DigestAlgorithm::of(new.algorithm);
    let mut kind = Writer::new();
    kind.oid(&new.content_type);
    let mut attributes = vec![
        Attribute::new(oid::CONTENT_TYPE, kind.finish()),
        Attribute::octet_string(
            oid::MESSAGE_DIGEST,
            &digest.digest(new.content.unwrap_or_default()),
        ),
    ];
    attributes.extend(new.attributes);
    PreparedSignedData {
        attributes: write_set(&attributes),
        key: new.signer.public_key().clone(),
        algorithm: new.algorithm,
        digest,
        holder: KeyHolder::of(new.signer),
        content_type: new.content_type,
        content: new.content.map(|content| Zeroizing::new(content.to_vec())),
        certificates: new.certificates.concat(),
    }
}

impl PreparedSignedData {
    /// Names the signer by its certificate's subject key identifier, if it has one, as CMP wants it (RFC 9483 section
    /// 4.1.6).
    #[must_use]
    pub fn by_key_identifier(mut self, signer: &Certificate) -> Self {
        if let Some(identifier) = signer.subject_key_identifier() {
            self.holder = KeyHolder::KeyIdentifier(identifier.to_vec());
        }
        self
    }

    /// What is to be signed: the DER of the signed attributes, as a SET.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.attributes
    }

    /// How.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The ContentInfo, DER but for the order of the certificates, once the signature has been verified.
    pub fn assemble(self, signature: &[u8]) -> Result<Vec<u8>, CmsError> {
        self.key
            .verify(self.algorithm, &self.attributes, signature)
            .map_err(|_| CmsError::Signature)?;
        let octets =
            self.content.as_ref().map_or(0, |content| content.len()) + self.certificates.len();
        let mut writer = Writer::with_capacity(octets + 2048);
        // RFC 5652 section 5.1: version 3 where the content is no plain data
        writer.integer(if self.content_type == content_type::DATA {
            1
        } else {
            3
        });
        writer.nest(tag::SET, |writer| self.digest.write(writer));
        writer.sequence(|writer| {
            writer.oid(&self.content_type);
            if let Some(content) = &self.content {
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.tlv(tag::OCTET_STRING, content);
                });
            }
        });
        if !self.certificates.is_empty() {
            writer.tlv(tag::context_constructed(0), &self.certificates);
        }
        writer.nest(tag::SET, |writer| {
            writer.sequence(|writer| self.write_signer(writer, signature));
        });
        Ok(write_content_info(
            &content_type::SIGNED_DATA,
            &writer.wrap(tag::SEQUENCE),
        ))
    }

    fn write_signer(&self, writer: &mut Writer, signature: &[u8]) {
        // RFC 5652 section 5.3
        writer.integer(match self.holder {
            KeyHolder::IssuerAndSerial { .. } => 1,
            KeyHolder::KeyIdentifier(_) => 3,
        });
        self.holder.write(writer);
        self.digest.write(writer);
        // signed as a SET, sent as [0] IMPLICIT
        let mut attributes = self.attributes.clone();
        if let Some(tag) = attributes.first_mut() {
            *tag = tag::context_constructed(0);
        }
        writer.raw(&attributes);
        write_signature_algorithm(writer, self.algorithm);
        writer.tlv(tag::OCTET_STRING, signature);
    }
}
