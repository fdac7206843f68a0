//! The first message of a transaction, and how each message is answered once: the same message gets the same answer from
//! any replica, another message under the same transactionID gets none.

use ers_pki::cmp::{Body, BodyKind, Failure as Bit};

use super::answer::{Done, Received};
use super::confirm::reject;
use super::protect::{Reply, protect};
use super::{challenge, enroll, revoke};
use crate::domain::transaction::{Item, State, Transaction, TransactionId, digest_of};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// Answers the first message of a transaction.
pub async fn begin(server: &Server, received: &Received<'_>) -> Result<Done, Failure> {
    let Some(kind) = received.message.body().kind() else {
        return Err(Refusal::new(Bit::BadRequest, "unknown body").into());
    };
    let mut transaction = match open(server, received, kind).await? {
        Opened::Answered(der) => {
            return Ok(Done::again(kind.response(), der));
        }
        Opened::Now(transaction) => *transaction,
    };
    let reply = match received.message.body() {
        Body::Revocation(details) => {
            transaction.state = State::Done;
            revoke::revoke(server, received, details).await?
        }
        Body::Request(_, requests) if challenge::is_wanted(requests) => {
            challenge::challenge(server, received, &mut transaction, requests).await?
        }
        _ => enroll::enroll(server, received, &mut transaction).await?,
    };
    finish(server, received, transaction, reply, kind.as_str()).await
}

/// What is known of a message.
pub enum Opened {
    /// It came before; this was the answer.
    Answered(Vec<u8>),
    /// It is to be answered, in this transaction.
    Now(Box<Transaction>),
}

async fn open(server: &Server, received: &Received<'_>, kind: BodyKind) -> Result<Opened, Failure> {
    let now = server.now();
    let sender = received.asker.sender();
    let mut begun = Transaction {
        id: TransactionId::new(&received.policy.name, &sender, received.transaction_id),
        policy: received.policy.name.clone(),
        sender,
        end_entity: received.asker.who.end_entity.clone(),
        requester: received.asker.who.requester.clone(),
        kind,
        state: State::Begun,
        version: 0,
        is_kept: false,
        are_items_changed: false,
        items: Vec::new(),
        request_digest: digest_of(received.message.der()),
        response: None,
        nonce: None,
        challenge: None,
        confirm_until: None,
        expires_at: now + server.transaction_lifetime(),
    };
    let Some(found) = begin_or_find(server, &mut begun).await? else {
        return Ok(Opened::Now(Box::new(begun)));
    };
    if found.request_digest != begun.request_digest {
        return Err(is_in_use().into());
    }
    // without an answer: whoever began it was cut off, or is still at it; asking CLM again makes no second certificate
    Ok(match found.response {
        Some(response) => Opened::Answered(response),
        None => Opened::Now(Box::new(found)),
    })
}

/// Another message has this transactionID.
pub fn is_in_use() -> Refusal {
    let text = "there is a transaction of this transactionID";
    Refusal::new(Bit::TransactionIdInUse, text)
}

/// The transaction of that id, if there is one. Requests for certificates are kept with their answer, in one write: to CLM
/// the same id is the same certificate, so that one of two messages under an id gets none. A revocation is kept before
/// anything is done, for two messages would be two.
async fn begin_or_find(
    server: &Server,
    begun: &mut Transaction,
) -> Result<Option<Transaction>, Failure> {
    if begun.kind == BodyKind::Rr {
        begun.is_kept = server.store.insert_transaction(begun, server.now()).await?;
        if begun.is_kept {
            return Ok(None);
        }
    }
    let found = server.store.find_transaction(&begun.id).await?;
    if found.is_none() && begun.kind == BodyKind::Rr {
        return Err(Failure::Inconsistent("find a transaction that is there"));
    }
    Ok(found)
}

/// Revokes what was issued for a message that is not answered, unless the one that was got the same.
async fn give_back(
    server: &Server,
    mut lost: Transaction,
    kept: Option<&Transaction>,
) -> Result<(), Failure> {
    let is_kept = |item: &Item| {
        kept.is_some_and(|kept| kept.items.iter().any(|other| other.state == item.state))
    };
    let requester = lost.requester.clone();
    for item in lost.items.iter_mut().filter(|item| !is_kept(item)) {
        reject(server, &requester, item).await?;
    }
    Ok(())
}

/// The transaction that a message goes on with.
pub async fn go_on(server: &Server, received: &Received<'_>) -> Result<Opened, Failure> {
    let sender = received.asker.sender();
    let id = TransactionId::new(&received.policy.name, &sender, received.transaction_id);
    let Some(found) = server.store.find_transaction(&id).await? else {
        let text = "there is no transaction of this transactionID";
        return Err(Refusal::new(Bit::BadRequest, text).into());
    };
    let digest = digest_of(received.message.der());
    if found.request_digest == digest
        && let Some(response) = found.response
    {
        return Ok(Opened::Answered(response));
    }
    if received.message.header().recipient_nonce != found.nonce {
        let text = "recipNonce is not the nonce of our last message";
        return Err(Refusal::new(Bit::BadRecipientNonce, text).into());
    }
    Ok(Opened::Now(Box::new(Transaction {
        request_digest: digest,
        ..found
    })))
}

/// Protects the answer and keeps it with the transaction. Of two replicas that answer the same message one wins, and both
/// give its answer.
pub async fn finish(
    server: &Server,
    received: &Received<'_>,
    mut transaction: Transaction,
    reply: Reply,
    flow: &'static str,
) -> Result<Done, Failure> {
    let kind = reply.body.kind().unwrap_or(BodyKind::Error);
    let header = Some(received.message.header());
    let protected = protect(server, header, Some(&received.asker.proof), reply).await?;
    transaction.response = Some(protected.der.clone());
    transaction.nonce = Some(protected.nonce.clone());
    let now = server.now();
    let won = if transaction.is_kept {
        let store = &server.store;
        store.update_transaction(&transaction, flow, now).await?
    } else {
        server.store.insert_transaction(&transaction, now).await?
    };
    if won {
        return Ok(Done {
            later: transaction.state == State::Waiting,
            ..Done::new(kind, protected)
        });
    }
    let found = server.store.find_transaction(&transaction.id).await?;
    match found {
        Some(found) if found.request_digest == transaction.request_digest => match found.response {
            Some(der) => Ok(Done::again(kind, der)),
            None => Err(Failure::Inconsistent("find the answer of another replica")),
        },
        found => {
            give_back(server, transaction, found.as_ref()).await?;
            let text = "another message of this transaction was answered meanwhile";
            Err(Refusal::new(Bit::TransactionIdInUse, text).into())
        }
    }
}
