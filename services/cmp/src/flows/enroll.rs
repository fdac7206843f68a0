//! ir, cr, kur and p10cr: each request is asked for at CLM, and the answer tells of each what became of it.

use ers_pki::cmp::{Body, BodyKind, Failure as Bit, StatusInfo};
use ers_proto::clm::v1::RefusalReason;

use super::answer::Received;
use super::confirm;
use super::possession::Possession;
use super::protect::Reply;
use super::respond::{Part, respond};
use super::transact;
use super::wish::{self, PKCS10_ID, Wish};
use crate::clients::clm::{ClmError, Outcome};
use crate::domain::transaction::{Item, ItemState, Transaction, digest_of};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// Asks for all of a message.
pub async fn enroll(
    server: &Server,
    received: &Received<'_>,
    transaction: &mut Transaction,
) -> Result<Reply, Failure> {
    let mut parts = Vec::new();
    let mut items = Vec::new();
    match received.message.body() {
        Body::Pkcs10(csr) => {
            let wish = wish::of_pkcs10(received, csr);
            let (item, part) = ask(server, transaction, 0, PKCS10_ID, wish).await?;
            items.push(item);
            parts.push(part);
        }
        Body::Request(kind, requests) => {
            for (place, request) in requests.iter().enumerate() {
                let wish = wish::of_crmf(server, received, *kind, request).await;
                let (item, part) = ask(server, transaction, place, request.id(), wish).await?;
                items.push(item);
                parts.push(part);
            }
        }
        _ => return Err(Refusal::new(Bit::BadRequest, "nothing is asked for").into()),
    }
    transaction.items = items;
    transaction.are_items_changed = true;
    respond(server, received, transaction, parts)
}

/// Asks CLM for one certificate. What the sender did wrong is told in its response; what is wrong with us ends the whole
/// message, which may then be sent again.
async fn ask(
    server: &Server,
    transaction: &Transaction,
    place: usize,
    cert_req_id: i64,
    wish: Result<Wish, Failure>,
) -> Result<(Item, Part), Failure> {
    let mut item = Item {
        cert_req_id,
        request_id: transaction.id.request_id(place),
        state: ItemState::Refused,
        is_encrypted: false,
        subject: None,
        private_key: None,
        made_key: None,
    };
    let wish = match wish {
        Ok(wish) => wish,
        Err(Failure::Refusal(refusal)) => {
            let part = refused(server, transaction.kind, cert_req_id, &refusal);
            return Ok((item, part));
        }
        Err(failure) => return Err(failure),
    };
    item.is_encrypted = wish.possession == Possession::ByEncryptedCertificate;
    item.subject =
        (!wish.enrollment.subject.is_empty()).then(|| hex::encode(&wish.enrollment.subject));
    if let Some(key) = &wish.private_key {
        item.private_key = Some(hex::encode(key));
        item.made_key = Some(digest_of(&wish.enrollment.public_key));
    }
    let mut enrollment = wish.enrollment;
    enrollment.request_id.clone_from(&item.request_id);
    let outcome = match server.clm.enroll(enrollment).await {
        Err(ClmError::Invalid { detail, .. }) if detail.starts_with("request_id:") => {
            // a key that was made by an attempt that broke off, or another message of this transactionID that was faster
            let before = match &item.made_key {
                Some(_) => server.clm.find_outcome(&item.request_id).await?,
                None => None,
            };
            before.ok_or_else(transact::is_in_use)?
        }
        Err(ClmError::Invalid { detail, .. }) => {
            let refusal = Refusal::new(Bit::BadCertTemplate, detail);
            let part = refused(server, transaction.kind, cert_req_id, &refusal);
            return Ok((item, part));
        }
        outcome => outcome?,
    };
    let requester = &transaction.requester;
    let part = settle(server, transaction.kind, requester, &mut item, outcome).await?;
    Ok((item, part))
}

/// What a decision of CLM makes of a request; a certificate whose key was made here and lost is revoked.
pub async fn settle(
    server: &Server,
    kind: BodyKind,
    requester: &str,
    item: &mut Item,
    outcome: Outcome,
) -> Result<Part, Failure> {
    let part = decided(server, kind, item, outcome);
    let is_lost = item
        .certificate()
        .is_some_and(|certificate| item.is_key_lost(&certificate));
    if !is_lost {
        return Ok(part);
    }
    confirm::reject(server, requester, item).await?;
    let text =
        "the key that was made is lost, and its certificate revoked: begin another transaction";
    let refusal = Refusal::new(Bit::SystemFailure, text);
    Ok(refused(server, kind, item.cert_req_id, &refusal))
}

fn decided(server: &Server, kind: BodyKind, item: &mut Item, outcome: Outcome) -> Part {
    match outcome {
        Outcome::Issued { certificate, chain } => {
            item.state = ItemState::Issued {
                certificate: hex::encode(&certificate),
            };
            Part::Issued { chain }
        }
        Outcome::Waiting { retry_after } => {
            item.state = ItemState::Waiting;
            Part::Waiting { retry_after }
        }
        Outcome::Refused { reason, detail } => {
            item.state = ItemState::Refused;
            let refusal = Refusal::new(bit_of(reason), detail);
            refused(server, kind, item.cert_req_id, &refusal)
        }
    }
}

fn refused(server: &Server, kind: BodyKind, cert_req_id: i64, refusal: &Refusal) -> Part {
    server.metrics.failure(refusal.failure);
    tracing::warn!(
        target: "audit",
        body = kind.as_str(),
        cert_req_id,
        failure = refusal.failure.as_str(),
        text = refusal.text,
        "certificate refused"
    );
    let status: StatusInfo = refusal.status();
    Part::Refused(status)
}

fn bit_of(reason: RefusalReason) -> Bit {
    match reason {
        RefusalReason::BadKey => Bit::BadAlg,
        RefusalReason::BadName | RefusalReason::BadValidity => Bit::BadCertTemplate,
        RefusalReason::NotAllowed | RefusalReason::Declined => Bit::NotAuthorized,
        RefusalReason::Duplicate => Bit::DuplicateCertReq,
        RefusalReason::Unspecified | RefusalReason::BadRequest => Bit::BadRequest,
    }
}
