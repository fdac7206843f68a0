//! PKIOperation, RFC 8894 section 4.3: a message is verified, opened, and answered.

use std::net::IpAddr;
use std::sync::Arc;

use ers_runtime::clock::to_ms;
use ers_signer_client::{DecryptCall, SignerError};
use zeroize::Zeroizing;

use super::registration_authority::{self, Authoritative};
use super::{answer, enrol, look_up, poll};
use crate::clients::clm::Policy;
use crate::domain::answer::{Answer, FailInfo, Refusal};
use crate::domain::message::{Message, MessageType, Verified};
use crate::failure::Failure;
use crate::server::Server;

/// A message that was verified and opened.
pub struct Asked {
    /// The policy that it came under.
    pub policy: Arc<Policy>,
    /// The message.
    pub message: Verified,
    /// Its inside.
    pub content: Zeroizing<Vec<u8>>,
    /// Whose message it is.
    pub address: IpAddr,
}

/// Answers a message with another one, DER.
#[tracing::instrument(name = "scep.operate", skip_all, fields(policy))]
pub async fn run(
    server: &Server,
    policy: &str,
    address: IpAddr,
    octets: &[u8],
) -> Result<Vec<u8>, Failure> {
    let began = to_ms(server.now());
    let policy = server.load_policy(policy).await?;
    // 1. The outside: what has no transactionID cannot be answered
    let message = Message::read(octets)
        .ok()
        .flatten()
        .ok_or(Failure::BadRequest("it is no message of SCEP"))?;
    let authorities = registration_authority::load(server, &policy).await?;
    let authority = authorities
        .current()
        .ok_or_else(|| Failure::NoAuthority(policy.issuer.clone()))?;
    let (envelope, kind) = (message.envelope.clone(), message.kind);
    let request_id = format!("scep:{:032x}", rand::random::<u128>());
    // 2. Verified, opened, answered
    let (answer, asked) = match open(server, &policy, &authorities, message, &request_id).await? {
        Err(refusal) => (Answer::Failure(refusal), None),
        Ok((message, content)) => {
            let asked = Asked {
                policy,
                message,
                content,
                address,
            };
            let answer = match asked.message.kind {
                MessageType::PkcsReq | MessageType::RenewalReq => enrol::run(server, &asked).await,
                MessageType::CertPoll => poll::run(server, &asked).await,
                MessageType::GetCert => look_up::certificate(server, &asked).await,
                MessageType::GetCrl => look_up::crl(server, &asked).await,
            };
            (answer?, Some(asked))
        }
    };
    // 3. Told
    let asked = asked.as_ref().map(|asked| &asked.message);
    let written = answer::write(server, authority, &request_id, &envelope, &answer, asked).await?;
    let transaction_id = envelope.transaction_id.as_str();
    let message_type = kind.map_or("unknown", MessageType::as_str);
    match &answer {
        Answer::Failure(refusal) => tracing::warn!(
            target: "audit",
            transaction_id, message_type, %address, error = %refusal, "SCEP message refused"
        ),
        _ => tracing::info!(
            target: "audit",
            transaction_id, message_type, %address, status = answer.outcome(), "SCEP message answered"
        ),
    }
    if let Some(kind) = kind {
        let elapsed = to_ms(server.now()) - began;
        let seconds = u32::try_from(elapsed).map_or(0.0, |ms| f64::from(ms) / 1000.0);
        server.metrics.message(kind, &answer, seconds);
    }
    Ok(written)
}

type Opened = Result<(Verified, Zeroizing<Vec<u8>>), Refusal>;

/// Verifies the signature first, so that only who can sign has anything opened; then opens the inside. A content key
/// that does not open is random (the signer does not say), and a content that does not open with it is one and the
/// same refusal, like a content that does not read (RFC 8894 section 7.8, RFC 3218).
async fn open(
    server: &Server,
    policy: &Policy,
    authorities: &Authoritative,
    message: Message,
    request_id: &str,
) -> Result<Opened, Failure> {
    let message = match message.verify(policy.legacy_algorithms) {
        Ok(message) => message,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(authority) = authorities.find(&message.recipient) else {
        let text = "the message is encrypted for another certificate; ask GetCACert again";
        return Ok(Err(Refusal::new(FailInfo::BadMessageCheck, text)));
    };
    let call = DecryptCall {
        request_id,
        key_id: &authority.key_id,
        transport: message.transport,
        ciphertext: &message.encrypted_key,
        expected_length: message.content.cipher().key_octets(),
    };
    let content_key = match server.signer.decrypt(call).await {
        Ok(content_key) => content_key,
        // lengths that no key of ours has
        Err(SignerError::Invalid { .. }) => return Ok(Err(Refusal::unreadable())),
        Err(error) => return Err(error.into()),
    };
    Ok(match message.content.decrypt(&content_key) {
        Ok(content) => Ok((message, content)),
        Err(_) => Err(Refusal::unreadable()),
    })
}
