//! Protecting an answer, RFC 9810 section 5.1.3: as the message that it answers, else with our own key.

use ers_pki::cmp::{Body, Header, InfoTypeAndValue, Party, Unprotected};
use ers_signer_client::{PasswordMacCall, Purpose, SignCall};

use super::own_certificate::{self, Role};
use crate::domain::asker::{MacProof, Proof};
use crate::failure::Failure;
use crate::server::Server;

/// What the secrets of end entities are sealed for.
pub const SHARED_SECRET: &str = "clm/shared-secret";
const NONCE_OCTETS: usize = 16;
/// Of the salts of answers.
pub const SALT_OCTETS: usize = 16;
/// The pvno of answers to senders of unknown or later versions.
const USUAL_VERSION: u64 = 2;

/// An answer to be protected.
#[derive(Debug)]
pub struct Reply {
    /// Its body.
    pub body: Body,
    /// What its header tells beside.
    pub general_info: Vec<InfoTypeAndValue>,
    /// Certificates beside it, DER.
    pub certificates: Vec<Vec<u8>>,
    /// The least pvno whose clients can read it.
    pub version: u64,
}

/// A protected answer.
#[derive(Debug)]
pub struct Protected {
    /// PKIMessage, DER.
    pub der: Vec<u8>,
    /// The nonce in it.
    pub nonce: Vec<u8>,
}

impl Reply {
    /// A body alone.
    pub fn new(body: Body) -> Self {
        Self {
            body,
            general_info: Vec::new(),
            certificates: Vec::new(),
            version: USUAL_VERSION,
        }
    }
}

/// Random octets.
pub fn random<const OCTETS: usize>() -> [u8; OCTETS] {
    let mut octets = [0; OCTETS];
    rand::Rng::fill(&mut rand::rng(), &mut octets[..]);
    octets
}

/// Protects the answer to a message, whose sender is proven or not.
pub async fn protect(
    server: &Server,
    request: Option<&Header>,
    proof: Option<&Proof>,
    reply: Reply,
) -> Result<Protected, Failure> {
    let nonce = random::<NONCE_OCTETS>().to_vec();
    let asked = request.map_or(USUAL_VERSION, |header| header.version);
    let recipient = request.map_or_else(Party::unnamed, |header| header.sender.clone());
    let header = Header {
        message_time: Some(server.now()),
        transaction_id: request.and_then(|header| header.transaction_id.clone()),
        sender_nonce: Some(nonce.clone()),
        recipient_nonce: request.and_then(|header| header.sender_nonce.clone()),
        general_info: reply.general_info,
        ..Header::new(
            asked.clamp(2, 3).max(reply.version),
            Party::unnamed(),
            recipient,
        )
    };
    let der = match proof {
        Some(Proof::Mac(proof)) => {
            // we are whom the sender meant
            let sender = request.map_or_else(Party::unnamed, |header| header.recipient.clone());
            let header = Header { sender, ..header };
            with_mac(server, header, &reply.body, &reply.certificates, proof).await?
        }
        _ => with_signature(server, header, &reply.body, &reply.certificates).await?,
    };
    Ok(Protected { der, nonce })
}

async fn with_mac(
    server: &Server,
    mut header: Header,
    body: &Body,
    certificates: &[Vec<u8>],
    proof: &MacProof,
) -> Result<Vec<u8>, Failure> {
    header.sender_kid = Some(proof.reference.clone());
    if let Some(answers) = &proof.answers {
        header.protection_algorithm = Some(answers.mac.to_der());
        let message = Unprotected::new(&header, body);
        let mac = (answers.mac).compute_with_key(&answers.key, &message.protected_part());
        return Ok(message.protect(&mac, certificates));
    }
    let algorithm = proof.mac.with_salt(&random::<SALT_OCTETS>()).to_der();
    header.protection_algorithm = Some(algorithm.clone());
    let message = Unprotected::new(&header, body);
    let call = PasswordMacCall {
        context: SHARED_SECRET,
        sealed_secret: &proof.sealed,
        algorithm: &algorithm,
        data: &message.protected_part(),
    };
    let mac = server.signer.compute_password_mac(call).await?;
    Ok(message.protect(&mac, certificates))
}

async fn with_signature(
    server: &Server,
    mut header: Header,
    body: &Body,
    certificates: &[Vec<u8>],
) -> Result<Vec<u8>, Failure> {
    let own = own_certificate::ensure(server, Role::Answers).await?;
    let algorithm = own.signature_algorithm();
    header.sender = Party::Directory(own.certificate.subject().clone());
    header.sender_kid = own.certificate.subject_key_identifier().map(<[u8]>::to_vec);
    header.protection_algorithm = Some(algorithm.to_der());
    let message = Unprotected::new(&header, body);
    let request_id = format!("cmp-answer-{}", hex::encode(random::<NONCE_OCTETS>()));
    let signed = server
        .signer
        .sign(SignCall {
            request_id: &request_id,
            key_id: &own.key.id,
            purpose: Purpose::Cmp,
            signature_algorithm: algorithm,
            to_be_signed: &message.protected_part(),
            context: Vec::new(),
            public_key: Some(&own.key.public_key),
        })
        .await?;
    // RFC 9483 section 3.3: the protecting certificate first, then its chain, then what else there is
    let mut all = own.certificates();
    for certificate in certificates {
        if !all.contains(certificate) {
            all.push(certificate.clone());
        }
    }
    Ok(message.protect(&signed.signature, &all))
}
