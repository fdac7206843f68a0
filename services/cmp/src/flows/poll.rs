//! pollReq, RFC 9810 section 5.3.22: has a person decided?

use std::time::Duration;

use ers_pki::cmp::{Body, Failure as Bit, PollAnswer, StatusInfo};

use super::answer::{Done, Received};
use super::enroll::settle;
use super::protect::Reply;
use super::respond::{Part, respond};
use super::transact::{Opened, finish, go_on};
use crate::clients::clm::Outcome;
use crate::domain::transaction::{Item, ItemState, State, Transaction};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

const REASON: &str = "a person has to decide";

/// Answers a pollReq.
pub async fn poll(server: &Server, received: &Received<'_>, ids: &[i64]) -> Result<Done, Failure> {
    let mut transaction = match go_on(server, received).await? {
        Opened::Answered(der) => {
            return Ok(Done::again(ers_pki::cmp::BodyKind::PollRep, der));
        }
        Opened::Now(transaction) => *transaction,
    };
    if transaction.state != State::Waiting {
        let text = "nothing of this transaction is being waited for";
        return Err(Refusal::new(Bit::BadRequest, text).into());
    }
    let is_known = |id: &i64| transaction.items.iter().any(|item| item.cert_req_id == *id);
    if !ids.iter().all(is_known) {
        let text = "certReqId is none of this transaction";
        return Err(Refusal::new(Bit::BadRequest, text).into());
    }
    let mut parts = Vec::new();
    let mut longest = Duration::ZERO;
    let mut items = transaction.items.clone();
    for item in &mut items {
        let part = look(server, &transaction, item).await?;
        if let Part::Waiting { retry_after } = &part {
            longest = longest.max(*retry_after);
        }
        parts.push(part);
    }
    transaction.are_items_changed = true;
    transaction.items = items;
    let waits = |id: &i64| {
        let found = transaction
            .items
            .iter()
            .find(|item| item.cert_req_id == *id);
        found.is_some_and(|item| item.state == ItemState::Waiting)
    };
    let reply = if ids.iter().any(waits) {
        let answers = ids.iter().filter(|id| waits(id)).map(|id| PollAnswer {
            cert_req_id: *id,
            check_after_seconds: longest.as_secs().max(1),
            reason: vec![REASON.to_owned()],
        });
        Reply::new(Body::PollResponse(answers.collect()))
    } else {
        respond(server, received, &mut transaction, parts)?
    };
    finish(server, received, transaction, reply, "pollReq").await
}

async fn look(
    server: &Server,
    transaction: &Transaction,
    item: &mut Item,
) -> Result<Part, Failure> {
    let (kind, requester) = (transaction.kind, &transaction.requester);
    match server.clm.find_outcome(&item.request_id).await? {
        Some(outcome) => settle(server, kind, requester, item, outcome).await,
        // refused before CLM heard of it
        None if item.state == ItemState::Refused => {
            let refusal = Refusal::new(Bit::BadRequest, "refused before");
            let status: StatusInfo = refusal.status();
            Ok(Part::Refused(status))
        }
        None => {
            let outcome = Outcome::Waiting {
                retry_after: Duration::from_secs(5),
            };
            settle(server, kind, requester, item, outcome).await
        }
    }
}
