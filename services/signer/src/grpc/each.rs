//! Many questions over one stream, each answered as the call of its own would be.

use std::{future::Future, sync::Arc};

use ers_calls::{Answers, answer_each};
use ers_proto::signer::v1 as wire;
use ers_runtime::grpc::{Caller, caller, turn};
use prost::Message;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span};

use crate::state::State;

/// Questions of one stream at the same time; the token's queue refuses sooner.
const AT_ONCE: usize = 4096;
/// Longer ones are asked by calls of their own: so many wait in a stream.
const LONGEST: usize = 256 * 1024;

/// A question in a stream.
pub(super) trait Question: Message + Default + 'static {
    /// What is asked.
    type Request: Default + Send;
    /// What a call of its own would answer.
    type Response: Send;
    /// Either of these, with the number of the question.
    type Answer: Send + 'static;

    /// Its number, what is asked, and the trace that it belongs to.
    fn take(self) -> (u64, Self::Request, String);

    /// The answer to the question of that number.
    fn answer(number: u64, outcome: Result<Self::Response, wire::CallFailure>) -> Self::Answer;
}

/// Answers each question by `call`, in a span that `span` makes, until `stop`.
pub(super) fn each<Q, C, F>(
    request: Request<Streaming<Q>>,
    state: &Arc<State>,
    stop: &CancellationToken,
    span: fn() -> Span,
    call: C,
) -> Result<Response<Answers<Q::Answer>>, Status>
where
    Q: Question,
    C: Fn(Arc<State>, Caller, Q::Request) -> F + Send + 'static,
    F: Future<Output = Result<Q::Response, Status>> + Send + 'static,
{
    let (caller, state) = (caller(&request)?, Arc::clone(state));
    let handle = move |question: Q| {
        let length = question.encoded_len();
        let (number, asked, traceparent) = question.take();
        let span = span();
        ers_calls::trace::follow(&span, &traceparent);
        let called =
            (length <= LONGEST).then(|| Box::pin(call(Arc::clone(&state), caller.clone(), asked)));
        async move {
            let outcome = match called {
                Some(called) => called.await,
                None => Err(Status::invalid_argument(format!(
                    "request: is longer than {LONGEST} octets: a call of its own is for that"
                ))),
            };
            Q::answer(number, outcome.map_err(|status| failure(&status)))
        }
        .instrument(span)
    };
    let turn = turn(&request, stop);
    let answers = answer_each(request.into_inner(), AT_ONCE, turn, handle);
    Ok(Response::new(answers))
}

fn failure(status: &Status) -> wire::CallFailure {
    wire::CallFailure {
        code: status.code().into(),
        message: status.message().to_owned(),
    }
}

macro_rules! questions {
    ($($question:ident: $request:ident -> $response:ident, $answer:ident, $module:ident::$done:ident;)+) => {
        $(impl Question for wire::$question {
            type Request = wire::$request;
            type Response = wire::$response;
            type Answer = wire::$answer;

            fn take(self) -> (u64, Self::Request, String) {
                (self.number, self.request.unwrap_or_default(), self.traceparent)
            }

            fn answer(number: u64, outcome: Result<Self::Response, wire::CallFailure>) -> Self::Answer {
                use wire::$module::Outcome;
                wire::$answer {
                    number,
                    outcome: Some(outcome.map_or_else(Outcome::Failure, Outcome::$done)),
                }
            }
        })+
    };
}

questions! {
    SignQuestion: SignRequest -> SignResponse, SignAnswer, sign_answer::Signed;
    DecryptQuestion: DecryptRequest -> DecryptResponse, DecryptAnswer, decrypt_answer::Decrypted;
    VerifyPasswordMacQuestion: VerifyPasswordMacRequest -> VerifyPasswordMacResponse,
        VerifyPasswordMacAnswer, verify_password_mac_answer::Verified;
}
