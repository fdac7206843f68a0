//! nested, RFC 9810 section 5.1.3.4: a registration authority adds its protection to a message (RFC 9483 section 5.2.2.1) or
//! hands in many at once (section 5.2.2.2). Each inner message is answered as if it had come by itself.

use ers_pki::cmp::{Body, BodyKind, Failure as Bit, Message};
use ers_runtime::error::chain;

use super::answer::{Call, Done, Received, answer_message};
use super::protect::{Reply, protect};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// Answers a nested message.
pub async fn answer(
    server: &Server,
    call: Call<'_>,
    received: &Received<'_>,
    inner: &[Vec<u8>],
) -> Result<Done, Failure> {
    let who = &received.asker.who;
    if !who.is_registration_authority {
        let text = "only registration authorities hand in messages of others";
        return Err(Refusal::new(Bit::NotAuthorized, text).into());
    }
    let read = |der: &Vec<u8>| {
        Message::from_der(der).map_err(|error| Refusal::new(Bit::BadDataFormat, chain(&error)))
    };
    let messages = inner.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    tracing::info!(
        target: "audit",
        policy = received.policy.name,
        requester = who.requester,
        messages = messages.len(),
        "messages of others handed in"
    );
    if let [only] = messages.as_slice() {
        if only.header().transaction_id != received.message.header().transaction_id {
            let text = "a message and the one inside it must have the same transactionID";
            return Err(Refusal::new(Bit::BadRequest, text).into());
        }
        let kind = only
            .body()
            .kind()
            .map_or(BodyKind::Error, BodyKind::response);
        return match answer_message(server, call, only, true).await {
            Some(done) => Ok(Done { kind, ..done }),
            None => Err(Failure::Inconsistent("answer an inner message")),
        };
    }
    let mut answers = Vec::new();
    for message in &messages {
        match answer_message(server, call, message, true).await {
            Some(done) => answers.push(done.der),
            None => return Err(Failure::Inconsistent("answer an inner message")),
        }
    }
    let header = Some(received.message.header());
    let reply = Reply::new(Body::Nested(answers));
    let protected = protect(server, header, Some(&received.asker.proof), reply).await?;
    Ok(Done::new(BodyKind::Nested, protected))
}
