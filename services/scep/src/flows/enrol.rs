//! PKCSReq and RenewalReq, RFC 8894 sections 3.3.1 and 4.3: who asks is known by a challenge or by a certificate; CLM
//! decides. A transaction is kept, so that a repetition on any replica gets the same answer.

use aws_lc_rs::digest::{SHA256, digest};
use ers_pki::cms::KeyHolder;
use ers_pki::cms::certificates_only;
use ers_pki::csr::Csr;
use ers_proto::clm::v1::RefusalReason;

use super::operate::Asked;
use crate::clients::clm::{Authenticated, Credential, Enrollment, Outcome, Question};
use crate::domain::answer::{Answer, FailInfo};
use crate::domain::message::MessageType;
use crate::domain::request::read_csr;
use crate::failure::Failure;
use crate::server::Server;
use crate::store::Transaction;

/// Asks for a certificate.
pub async fn run(server: &Server, asked: &Asked) -> Result<Answer, Failure> {
    // 1. The request
    let csr = match read_csr(
        &asked.content,
        asked.message.signer.spki_der(),
        asked.policy.legacy_algorithms,
    ) {
        Ok(csr) => csr,
        Err(refusal) => return Ok(Answer::Failure(refusal)),
    };
    let is_renewal = match check(asked, &csr) {
        Ok(is_renewal) => is_renewal,
        Err(answer) => return Ok(answer),
    };
    // 2. It may have been asked before
    let wanted = describe(server, asked);
    let before = server
        .store
        .find_transaction(&wanted.id, server.now())
        .await?;
    if let Some(before) = &before {
        if is_same(before, &wanted) {
            return go_on(server, asked, &csr, before, is_renewal).await;
        }
        let text = if before.signer_key != wanted.signer_key {
            "the transactionID is another client's"
        } else if is_open(server, before).await? {
            "another request of this transactionID is under way"
        } else {
            ""
        };
        if !text.is_empty() {
            return Ok(Answer::refused(FailInfo::BadRequest, text));
        }
    }
    // 3. Who asks
    let identity = match authenticate(server, asked, &csr, is_renewal).await? {
        Ok(identity) => identity,
        Err(answer) => {
            // of two copies of a message with a one-time challenge the second one is denied: it has its answer
            let begun = server
                .store
                .find_transaction(&wanted.id, server.now())
                .await?;
            return match begun.filter(|begun| is_same(begun, &wanted)) {
                Some(begun) => go_on(server, asked, &csr, &begun, is_renewal).await,
                None => Ok(answer),
            };
        }
    };
    // 4. What is known of it is kept before anything is asked
    let begun = server
        .store
        .begin_transaction(wanted.clone(), before.as_ref(), server.now())
        .await?;
    if !is_same(&begun, &wanted) {
        let text = "another request of this transactionID is under way";
        return Ok(Answer::refused(FailInfo::BadRequest, text));
    }
    // 5. CLM decides
    let enrollment = enrollment(server, asked, &csr, &begun, identity, is_renewal).await?;
    let outcome = server.clm.enroll(enrollment).await?;
    Ok(told(outcome))
}

/// Whether the message renews; or why it is refused.
fn check(asked: &Asked, csr: &Csr) -> Result<bool, Answer> {
    let signer = &asked.message.signer;
    let refused = |text| Err(Answer::refused(FailInfo::BadRequest, text));
    if signer.is_self_issued() {
        if asked.message.kind == MessageType::RenewalReq {
            return refused("a RenewalReq is signed by the certificate that it follows");
        }
        if asked.message.key != *csr.public_key() {
            return refused(
                "a request that is signed by its own certificate is signed with its own key",
            );
        }
        return Ok(false);
    }
    if asked.message.kind == MessageType::RenewalReq && !asked.policy.renewal_allowed {
        return refused("the policy allows no renewal");
    }
    Ok(true)
}

/// What is kept of the transaction.
fn describe(server: &Server, asked: &Asked) -> Transaction {
    let hash = |octets: &[u8]| hex::encode(digest(&SHA256, octets));
    let transaction_id = asked.message.envelope.transaction_id.as_str();
    Transaction {
        id: hash(format!("{}\0{transaction_id}", asked.policy.name).as_bytes()),
        policy: asked.policy.name.clone(),
        transaction_id: transaction_id.to_owned(),
        request_id: format!("scep:{:032x}", rand::random::<u128>()),
        request_digest: hash(&asked.content),
        signer_key: hash(asked.message.signer.spki_der()),
        expires_at: server.now() + server.transaction_lifetime(),
    }
}

/// The same request by the same key.
fn is_same(one: &Transaction, other: &Transaction) -> bool {
    one.request_digest == other.request_digest && one.signer_key == other.signer_key
}

/// Whether CLM or a person has not decided yet. That is asked when somebody wants to know, and written down for nobody.
async fn is_open(server: &Server, transaction: &Transaction) -> Result<bool, Failure> {
    let outcome = server.clm.find_outcome(&transaction.request_id).await?;
    Ok(matches!(outcome, None | Some(Outcome::Waiting { .. })))
}

/// A repetition: the outcome that there is, or the one that a broken-off request gets now.
async fn go_on(
    server: &Server,
    asked: &Asked,
    csr: &Csr,
    transaction: &Transaction,
    is_renewal: bool,
) -> Result<Answer, Failure> {
    if let Some(outcome) = server.clm.find_outcome(&transaction.request_id).await? {
        return Ok(told(outcome));
    }
    // CLM never heard of it: the process ended in between, and who asks was known then
    let identity = match authenticate(server, asked, csr, is_renewal).await? {
        Ok(identity) => identity,
        Err(answer) => return Ok(answer),
    };
    let enrollment = enrollment(server, asked, csr, transaction, identity, is_renewal).await?;
    let outcome = server.clm.enroll(enrollment).await?;
    Ok(told(outcome))
}

/// Who asks: by the challenge when the message is signed by its own certificate, else by the certificate.
async fn authenticate(
    server: &Server,
    asked: &Asked,
    csr: &Csr,
    by_certificate: bool,
) -> Result<Result<Authenticated, Answer>, Failure> {
    let credential = if by_certificate {
        Credential::Certificate(asked.message.signer.der().to_vec())
    } else {
        Credential::Challenge(csr.challenge_password().unwrap_or_default().to_owned())
    };
    let question = Question {
        policy: &asked.policy.name,
        address: asked.address.to_string(),
        credential,
        chain: asked.message.chain.clone(),
        csr: csr.der().to_vec(),
        transaction_id: asked.message.envelope.transaction_id.as_str(),
    };
    match server.clm.authenticate(question).await {
        Ok(Ok(identity)) => Ok(Ok(identity)),
        Ok(Err(denied)) => Ok(Err(Answer::refused(FailInfo::BadRequest, denied.detail))),
        Err(error) => match error.invalid() {
            Some(detail) => Ok(Err(Answer::refused(FailInfo::BadRequest, detail))),
            None => Err(error.into()),
        },
    }
}

async fn enrollment(
    server: &Server,
    asked: &Asked,
    csr: &Csr,
    transaction: &Transaction,
    identity: Authenticated,
    by_certificate: bool,
) -> Result<Enrollment, Failure> {
    let follows = by_certificate
        && match asked.message.kind {
            MessageType::RenewalReq => true,
            _ if identity.renewal_only => true,
            // old clients renew by PKCSReq; a certificate of a CA that is only trusted is followed by none
            _ => {
                asked.policy.renewal_allowed
                    && !identity.is_registration_authority
                    && is_ours(server, asked).await?
            }
        };
    let enrollment = Enrollment {
        request_id: transaction.request_id.clone(),
        policy: asked.policy.name.clone(),
        requester: identity.requester,
        end_entity: identity.end_entity,
        renews: if follows {
            asked.message.signer.der().to_vec()
        } else {
            Vec::new()
        },
        authenticated_by: identity.method,
        ..Enrollment::default()
    };
    // CLM does not take SHA-1: possession of the key was proven here
    Ok(if csr.is_signed_with_sha1() {
        Enrollment {
            public_key: csr.public_key().spki_der().to_vec(),
            subject: csr.subject().to_der().to_vec(),
            names: csr.names().iter().map(ToString::to_string).collect(),
            ..enrollment
        }
    } else {
        Enrollment {
            csr: csr.der().to_vec(),
            ..enrollment
        }
    })
}

/// Whether the signer's certificate is in the inventory.
async fn is_ours(server: &Server, asked: &Asked) -> Result<bool, Failure> {
    let KeyHolder::IssuerAndSerial { issuer, serial } = asked.message.signer.holder() else {
        return Ok(false);
    };
    let digits = hex::encode(serial);
    let found = server
        .clm
        .find_certificate(&issuer, digits.trim_start_matches('0'))
        .await?;
    Ok(found.is_some_and(|known| known.certificate == asked.message.signer.der()))
}

/// An outcome in the words of SCEP.
pub fn told(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Issued { certificate, chain } => {
            let all = std::iter::once(&certificate).chain(&chain);
            Answer::Success(certificates_only(all.map(Vec::as_slice)))
        }
        Outcome::Waiting { .. } => Answer::Pending,
        Outcome::Refused { reason, detail } => Answer::refused(
            match reason {
                RefusalReason::BadKey => FailInfo::BadAlg,
                _ => FailInfo::BadRequest,
            },
            detail,
        ),
    }
}
