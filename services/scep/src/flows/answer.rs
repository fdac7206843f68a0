//! Writing CertRep, RFC 8894 section 3.3.2: encrypted for who asked, signed by the registration authority.

use ers_pki::cms::{NewRecipient, NewSignature, content_type, prepare, seal};
use ers_pki::key::SignatureAlgorithm;
use ers_signer_client::{Purpose, SignCall};

use crate::domain::answer::Answer;
use crate::domain::message::{Envelope, Verified};
use crate::failure::Failure;
use crate::server::Server;
use crate::store::Authority;

const NONCE_OCTETS: usize = 16;

/// A CertRep, DER. `asked` is the message when there is something to be encrypted.
pub async fn write(
    server: &Server,
    authority: &Authority,
    request_id: &str,
    envelope: &Envelope,
    answer: &Answer,
    asked: Option<&Verified>,
) -> Result<Vec<u8>, Failure> {
    let content = match (answer, asked) {
        (Answer::Success(content), Some(asked)) => Some(encrypt(content, asked)?),
        _ => None,
    };
    let mut nonce = [0; NONCE_OCTETS];
    rand::Rng::fill(&mut rand::rng(), &mut nonce[..]);
    let new = NewSignature {
        signer: &authority.certificate,
        algorithm: algorithm(envelope),
        content_type: content_type::DATA,
        content: content.as_deref(),
        attributes: answer.attributes(envelope, &nonce),
        certificates: vec![authority.certificate.der()],
    };
    sign(server, authority, request_id, new).await
}

/// Has a message signed by the registration authority.
pub async fn sign(
    server: &Server,
    authority: &Authority,
    request_id: &str,
    new: NewSignature<'_>,
) -> Result<Vec<u8>, Failure> {
    let prepared = prepare(new);
    let signed = server
        .signer
        .sign(SignCall {
            request_id,
            key_id: &authority.key_id,
            purpose: Purpose::Cms,
            signature_algorithm: prepared.signature_algorithm(),
            to_be_signed: prepared.to_be_signed(),
            context: Vec::new(),
            public_key: None,
        })
        .await?;
    Ok(prepared.assemble(&signed.signature)?)
}

/// SHA-512 for those who use it; who still uses SHA-1 gets SHA-256.
fn algorithm(envelope: &Envelope) -> SignatureAlgorithm {
    use ers_pki::cms::DigestAlgorithm as Digest;
    match envelope.digest {
        Digest::Sha1 | Digest::Sha256 => SignatureAlgorithm::Sha256WithRsa,
        Digest::Sha384 => SignatureAlgorithm::Sha384WithRsa,
        Digest::Sha512 => SignatureAlgorithm::Sha512WithRsa,
    }
}

/// For the key that signed, in the way in which the client encrypts itself.
fn encrypt(content: &[u8], asked: &Verified) -> Result<Vec<u8>, Failure> {
    let recipient = NewRecipient::Key {
        holder: asked.signer.holder(),
        key: &asked.key,
        transport: asked.transport,
    };
    let cipher = asked.content.cipher();
    Ok(seal(content_type::DATA, content, cipher, &[recipient])?)
}
