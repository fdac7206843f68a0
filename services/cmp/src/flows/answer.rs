//! The way of every message: header, policy, protection, and then the flow of its body. Whatever happens, there is an
//! answer that tells the sender what it may know.

use std::time::Duration;

use ers_pki::cmp::{Body, BodyKind, Failure as Bit, Header, Message, StatusInfo, peek_header};
use ers_runtime::error::chain;
use futures::future::BoxFuture;

use super::protect::{Protected, Reply, protect};
use super::{authenticate, challenge, check_header, confirm, general, nested, poll, transact};
use crate::clients::clm::Policy;
use crate::domain::asker::Asker;
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// What came.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The policy that the URL names; empty: none.
    pub policy: &'a str,
    /// Of the client.
    pub address: &'a str,
    /// PKIMessage, DER.
    pub message: &'a [u8],
}

/// What goes.
#[derive(Debug)]
pub enum Answer {
    /// A PKIMessage, DER.
    Message(Vec<u8>),
    /// A PKIMessage, DER, that tells to ask again later.
    Later(Vec<u8>),
    /// What came was no PKIMessage; so says this one, DER.
    Malformed(Vec<u8>),
    /// Not even an answer can be made now.
    None,
}

/// A message whose sender is proven.
pub struct Received<'a> {
    /// The message.
    pub message: &'a Message,
    /// Its transactionID.
    pub transaction_id: &'a [u8],
    /// The policy.
    pub policy: &'a Policy,
    /// Who sent it.
    pub asker: &'a Asker,
    /// The challenges for the keys in it were answered rightly.
    pub is_challenge_met: bool,
}

/// Answers a message.
#[tracing::instrument(name = "cmp.answer", skip_all, fields(policy = call.policy, body))]
pub async fn answer(server: &Server, call: Call<'_>) -> Answer {
    match Message::from_der(call.message) {
        Ok(message) => match answer_message(server, call, &message, false).await {
            Some(done) if done.later => Answer::Later(done.der),
            Some(done) => Answer::Message(done.der),
            None => Answer::None,
        },
        Err(error) => {
            let refusal = Refusal::new(Bit::BadDataFormat, chain(&error));
            let header = peek_header(call.message);
            match refuse(server, call, header.as_ref(), None, refusal).await {
                Some(der) => Answer::Malformed(der),
                None => Answer::None,
            }
        }
    }
}

/// Answers a message that is well formed; `None`: not even an error can be protected. `is_inner`: it came in another one.
pub fn answer_message<'a>(
    server: &'a Server,
    call: Call<'a>,
    message: &'a Message,
    is_inner: bool,
) -> BoxFuture<'a, Option<Done>> {
    Box::pin(async move {
        let kind = message.body().kind();
        tracing::Span::current().record("body", kind.map_or("unsupported", BodyKind::as_str));
        let begun = server.now();
        let mut asker = None;
        let outcome = process(server, call, message, is_inner, &mut asker).await;
        let done = match outcome {
            Ok(done) => Some(done),
            Err(failure) => {
                let refusal = failure.into_refusal();
                let header = Some(message.header());
                let der = refuse(server, call, header, asker.as_ref(), refusal).await;
                der.map(|der| Done::again(BodyKind::Error, der))
            }
        };
        let seconds = Duration::try_from(server.now() - begun).unwrap_or_default();
        let answer = done.as_ref().map_or(BodyKind::Error, |done| done.kind);
        server.metrics.message(kind, answer, seconds.as_secs_f64());
        done
    })
}

/// An answer that was made.
pub struct Done {
    /// Its body.
    pub kind: BodyKind,
    /// PKIMessage, DER.
    pub der: Vec<u8>,
    /// It tells to ask again later.
    pub later: bool,
}

impl Done {
    /// Of a protected answer.
    pub fn new(kind: BodyKind, protected: Protected) -> Self {
        Self {
            kind,
            der: protected.der,
            later: kind == BodyKind::PollRep,
        }
    }

    /// Of an answer that was made before, and may tell to ask again later.
    pub fn again(kind: BodyKind, der: Vec<u8>) -> Self {
        Self {
            kind,
            der,
            later: true,
        }
    }
}

async fn process(
    server: &Server,
    call: Call<'_>,
    message: &Message,
    is_inner: bool,
    proven: &mut Option<Asker>,
) -> Result<Done, Failure> {
    let header = message.header();
    let tolerance = time::Duration::seconds(i64::from(server.config.clock_tolerance_seconds));
    // 1. The header
    let transaction_id = check_header::check(header, server.now(), tolerance)?;
    // 2. The policy: of the URL, else of certProfile, else the default
    let policy = load_policy(server, call.policy, header).await?;
    // 3. Who asks
    let asker = authenticate::authenticate(server, &policy, message, call).await?;
    let asker = &*proven.insert(asker);
    let received = Received {
        message,
        transaction_id,
        policy: &policy,
        asker,
        is_challenge_met: false,
    };
    // 4. What is asked
    match message.body() {
        Body::Request(..) | Body::Pkcs10(_) | Body::Revocation(_) => {
            transact::begin(server, &received).await
        }
        Body::ChallengeResponses(numbers) => challenge::respond(server, &received, numbers).await,
        Body::CertConfirm(statuses) => confirm::confirm(server, &received, statuses).await,
        Body::PollRequest(ids) => poll::poll(server, &received, ids).await,
        Body::General(asked) => general::answer(server, &received, asked).await,
        Body::Error { status, .. } => confirm::abandon(server, &received, status).await,
        Body::Nested(inner) if !is_inner => nested::answer(server, call, &received, inner).await,
        _ => {
            let text = "a message with this body is not served here";
            Err(Refusal::new(Bit::BadRequest, text).into())
        }
    }
}

async fn load_policy(
    server: &Server,
    named: &str,
    header: &Header,
) -> Result<std::sync::Arc<Policy>, Failure> {
    let profiles = header.cert_profiles();
    let name = match (named, profiles.as_slice()) {
        ("", [profile, ..]) => profile.as_str(),
        (named, _) => named,
    };
    match server.clm.find_policy(name).await? {
        Some(policy) => Ok(policy),
        None => {
            let text = match name {
                "" => "there is no default policy that allows CMP: name one in the URL".to_owned(),
                name => format!("there is no policy \"{name}\" that allows CMP"),
            };
            Err(Refusal::new(Bit::BadRequest, text).into())
        }
    }
}

/// An error message.
async fn refuse(
    server: &Server,
    call: Call<'_>,
    header: Option<&Header>,
    asker: Option<&Asker>,
    refusal: Refusal,
) -> Option<Vec<u8>> {
    let Refusal { failure, text } = &refusal;
    server.metrics.failure(*failure);
    tracing::warn!(
        target: "audit",
        policy = call.policy,
        address = call.address,
        requester = asker.map(|asker| asker.who.requester.as_str()),
        failure = failure.as_str(),
        text,
        "message refused"
    );
    let status: StatusInfo = refusal.status();
    let reply = Reply::new(Body::error(status));
    let proof = asker.map(|asker| &asker.proof);
    match protect(server, header, proof, reply).await {
        Ok(protected) => Some(protected.der),
        Err(error) => {
            tracing::error!(error = chain(&error), "error message not protected");
            None
        }
    }
}
