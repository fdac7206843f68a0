//! Cryptographic Message Syntax, RFC 5652: SignedData around a signature made elsewhere, EnvelopedData and
//! AuthEnvelopedData (RFC 5083) whose key is opened elsewhere, and messages that carry certificates or a CRL only.
//!
//! Reading takes BER as well as DER (indefinite lengths, strings in pieces), within limits; writing gives definite
//! lengths. What a message is for is told by the protocols: SCEP (RFC 8894), EST (RFC 7030), CMP (RFC 9810).

mod algorithm;
mod attribute;
mod ber;
mod cipher;
mod degenerate;
mod enveloped;
mod identifier;
mod key_agreement;
mod key_transport;
mod key_wrap;
mod oid;
mod seal;
mod sign;
mod signed;

use crate::asn1::{self, Malformed, Reader, tag};
use crate::key::KeyError;

pub use algorithm::DigestAlgorithm;
pub(crate) use algorithm::{is_sha1_with_rsa, verify_sha1_with_rsa};
pub use attribute::Attribute;
pub use cipher::ContentCipher;
pub use degenerate::{certificates_only, crl_only};
pub use enveloped::{
    DecryptError, EnvelopedData, KeyAgreementRecipient, PasswordRecipient, Recipient,
    SharedKeyRecipient,
};
pub use identifier::{EmbeddedCertificate, KeyHolder};
pub use key_transport::{KeyTransport, random_key};
pub use oid::content_type;
pub use seal::{NewRecipient, seal};
pub use sign::{NewSignature, PreparedSignedData, prepare};
pub use signed::{SignedData, SignerInfo};

/// Longest message that is read.
pub const MAX_CMS_BYTES: usize = 1024 * 1024;
/// Most recipients of one message.
pub const MAX_RECIPIENTS: usize = 32;
/// Most signers of one message.
pub const MAX_SIGNERS: usize = 8;
/// Most certificates, and most CRLs, in one message.
pub const MAX_CERTIFICATES: usize = 64;
/// Most attributes of one signer.
pub const MAX_ATTRIBUTES: usize = 64;
/// Deepest nesting of values in a message.
const DEEPEST: usize = 32;

/// Why a message cannot be read, verified or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    /// It is longer than 1 MiB.
    #[error("read CMS message: it is longer than {MAX_CMS_BYTES} octets")]
    TooLong,
    /// It is not what it should be.
    #[error("read CMS message")]
    Malformed(#[from] Malformed),
    /// It has too many of something.
    #[error("read CMS message: it has too many {0}")]
    TooMany(&'static str),
    /// It uses an algorithm that is not supported.
    #[error("read CMS message: {what} {algorithm} is not supported")]
    Algorithm {
        /// What the algorithm is for.
        what: &'static str,
        /// Its object identifier, dotted.
        algorithm: String,
    },
    /// The signer's key is not accepted.
    #[error("verify CMS signature")]
    Key(#[from] KeyError),
    /// The message digest of the signed attributes is not that of the content.
    #[error("verify CMS signature: the message digest is another one")]
    Digest,
    /// The content type of the signed attributes is not that of the content.
    #[error("verify CMS signature: the content type attribute is missing or another one")]
    ContentType,
    /// The signature is wrong.
    #[error("verify CMS signature: it does not fit")]
    Signature,
    /// The message cannot be encrypted to that recipient.
    #[error("encrypt CMS message: {0}")]
    Recipient(&'static str),
    /// The crypto library failed.
    #[error("use the crypto library: {0}")]
    Library(&'static str),
}

/// ContentInfo, RFC 5652 section 3: content type and the content, whole, with definite lengths.
pub fn content_info(octets: &[u8]) -> Result<(const_oid::ObjectIdentifier, Vec<u8>), CmsError> {
    const WHAT: &str = "ContentInfo";
    let der = definite(octets)?;
    asn1::parse_all(&der, WHAT, |fields| {
        let kind = fields.oid(WHAT)?;
        let mut content = Reader::new(fields.content(tag::context_constructed(0), WHAT)?);
        let element = content.element(WHAT)?;
        content.finish(WHAT)?;
        Ok((kind, element.whole.to_vec()))
    })
}

/// The SEQUENCEs that a SEQUENCE consists of, whole, DER: SCEP's IssuerAndSubject is one of two names.
pub fn sequences(der: &[u8]) -> Result<Vec<&[u8]>, CmsError> {
    const WHAT: &str = "SEQUENCE OF";
    asn1::parse_all(der, WHAT, |fields| {
        let mut found = Vec::new();
        while !fields.is_empty() {
            if found.len() >= MAX_ATTRIBUTES {
                return Err(CmsError::TooMany("values"));
            }
            found.push(fields.tagged(tag::SEQUENCE, WHAT)?.whole);
        }
        Ok(found)
    })
}

/// Definite lengths, nesting and number of values within limits.
fn definite(octets: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, CmsError> {
    if octets.len() > MAX_CMS_BYTES {
        return Err(CmsError::TooLong);
    }
    let der = ber::definite(octets)?;
    asn1::check_nesting(&der, DEEPEST, "ContentInfo")?;
    Ok(der)
}

#[cfg(test)]
mod tests;
