//! Possession by challenge and response, RFC 9810 section 5.2.8.3.3: popdecc and popdecr come between a request and its
//! answer. Until the response is right CLM is asked for nothing.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use ers_pki::cmp::{Body, BodyKind, Challenge, Failure as Bit, Message, Party};
use ers_pki::crmf::{CertReqMsg, ProofOfPossession};
use ers_pki::key::PublicKey;
use ers_runtime::error::chain;
use zeroize::Zeroizing;

use super::answer::{Done, Received};
use super::enroll;
use super::own_certificate::{self, Role};
use super::possession::can_decrypt;
use super::protect::{Reply, random};
use super::transact::{Opened, finish, go_on};
use crate::domain::asker::Proof;
use crate::domain::transaction::{PendingChallenge, State, Transaction, digest_of};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

const NUMBER_OCTETS: usize = 16;
/// The pvno that EnvelopedData came with.
const WITH_ENVELOPED_DATA: u64 = 3;

/// Whether one of the keys is to be proven so.
pub fn is_wanted(requests: &[CertReqMsg]) -> bool {
    requests.iter().any(wants)
}

fn wants(request: &CertReqMsg) -> bool {
    request.proof() == Some(&ProofOfPossession::ChallengeResponse)
}

/// Challenges the keys of a message, in their order; the message is kept until the response comes.
pub async fn challenge(
    server: &Server,
    received: &Received<'_>,
    transaction: &mut Transaction,
    requests: &[CertReqMsg],
) -> Result<Reply, Failure> {
    let header = received.message.header();
    let sender = match &received.asker.proof {
        Proof::Mac(_) => header.recipient.clone(),
        Proof::Signature(_) => {
            let own = own_certificate::ensure(server, Role::Answers).await?;
            Party::Directory(own.certificate.subject().clone())
        }
    };
    let is_modern = header.version >= WITH_ENVELOPED_DATA;
    let mut version = header.version;
    let mut challenges = Vec::new();
    let mut digests = Vec::new();
    for request in requests.iter().filter(|request| wants(request)) {
        let number = number();
        let key = key_of(request)?;
        // a key that RSA cannot be done with has EnvelopedData only
        let is_modern = is_modern || !key.algorithm().is_rsa();
        let made = Challenge::new(&*number, &sender, &key, is_modern)
            .map_err(|error| Refusal::new(Bit::BadPop, chain(&error)))?;
        if is_modern {
            version = WITH_ENVELOPED_DATA;
        }
        digests.push(digest_of(&*number));
        challenges.push(made);
    }
    transaction.state = State::Challenged;
    transaction.are_items_changed = true;
    transaction.challenge = Some(PendingChallenge {
        message: hex::encode(received.message.der()),
        digests,
    });
    Ok(Reply {
        version,
        ..Reply::new(Body::Challenges(challenges))
    })
}

/// A positive INTEGER of that many octets.
fn number() -> Zeroizing<[u8; NUMBER_OCTETS]> {
    let mut octets = Zeroizing::new(random::<NUMBER_OCTETS>());
    if let Some(first) = octets.first_mut() {
        *first = (*first & 0x7f).max(1);
    }
    octets
}

fn key_of(request: &CertReqMsg) -> Result<PublicKey, Refusal> {
    let spki = request.template().public_key.as_deref().unwrap_or_default();
    let key =
        PublicKey::from_spki_der(spki).map_err(|error| Refusal::new(Bit::BadAlg, chain(&error)))?;
    if can_decrypt(key.algorithm()) {
        return Ok(key);
    }
    let text = "nothing can be encrypted for a key of this kind: prove it by a signature";
    Err(Refusal::new(Bit::BadPop, text))
}

/// Answers a popdecr: as the request that was challenged, or, when a number is wrong, once and for all by an error.
pub async fn respond(
    server: &Server,
    received: &Received<'_>,
    numbers: &[Vec<u8>],
) -> Result<Done, Failure> {
    let mut transaction = match go_on(server, received).await? {
        Opened::Answered(der) => return Ok(Done::again(BodyKind::Cp, der)),
        Opened::Now(transaction) => *transaction,
    };
    let Some(asked) = transaction.challenge.take() else {
        let text = "there is no challenge of this transaction to be answered";
        return Err(Refusal::new(Bit::BadRequest, text).into());
    };
    transaction.are_items_changed = true;
    let reply = if are_right(&asked.digests, numbers) {
        const UNREADABLE: Failure = Failure::Inconsistent("read a message that was challenged");
        let der = hex::decode(&asked.message).map_err(|_| UNREADABLE)?;
        let message = Message::from_der(&der).map_err(|_| UNREADABLE)?;
        let challenged = Received {
            message: &message,
            is_challenge_met: true,
            ..*received
        };
        enroll::enroll(server, &challenged, &mut transaction).await?
    } else {
        transaction.state = State::Done;
        let refusal = Refusal::new(Bit::BadPop, "the challenge is answered wrongly");
        server.metrics.failure(refusal.failure);
        tracing::warn!(target: "audit", policy = received.policy.name, requester = transaction.requester,
            transaction = %transaction.id, text = refusal.text, "proof of possession refused");
        Reply::new(Body::error(refusal.status()))
    };
    finish(server, received, transaction, reply, "popdecr").await
}

fn are_right(digests: &[String], numbers: &[Vec<u8>]) -> bool {
    let is_right = |(digest, number): (&String, &Vec<u8>)| {
        verify_slices_are_equal(digest.as_bytes(), digest_of(number).as_bytes()).is_ok()
    };
    digests.len() == numbers.len() && digests.iter().zip(numbers).all(is_right)
}
