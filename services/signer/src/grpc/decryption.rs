//! `Decryption`.

use std::sync::Arc;

use ers_calls::{Answers, answer_each};
use ers_proto::signer::v1::{self as wire, decrypt_answer::Outcome};
use ers_runtime::error::status;
use ers_runtime::grpc::{caller, turn};
use ers_signer_client::KeyId;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;

use super::{AT_ONCE, failure};
use crate::flows::decrypt;
use crate::state::State;

/// Serves `Decryption`.
pub(crate) struct DecryptionService {
    /// What the flows work with.
    pub(crate) state: Arc<State>,
    /// Cancelled when no more is to be begun.
    pub(crate) stop: CancellationToken,
}

#[tonic::async_trait]
impl wire::decryption_server::Decryption for DecryptionService {
    async fn decrypt(
        &self,
        request: Request<wire::DecryptRequest>,
    ) -> Result<Response<wire::DecryptResponse>, Status> {
        let caller = caller(&request)?;
        let decrypted = decrypt_one(&self.state, caller.name(), request.into_inner()).await?;
        Ok(Response::new(decrypted))
    }

    type DecryptEachStream = Answers<wire::DecryptAnswer>;

    async fn decrypt_each(
        &self,
        request: Request<Streaming<wire::DecryptQuestion>>,
    ) -> Result<Response<Self::DecryptEachStream>, Status> {
        let (caller, state) = (caller(&request)?, Arc::clone(&self.state));
        let handle = move |question: wire::DecryptQuestion| {
            let (caller, state) = (caller.clone(), Arc::clone(&state));
            let span = tracing::info_span!(
                "rpc",
                otel.name = "rpc.ers.signer.v1.Decryption.DecryptEach"
            );
            ers_calls::trace::follow(&span, &question.traceparent);
            async move {
                let request = question.request.unwrap_or_default();
                let outcome = match decrypt_one(&state, caller.name(), request).await {
                    Ok(decrypted) => Outcome::Decrypted(decrypted),
                    Err(status) => Outcome::Failure(failure(&status)),
                };
                wire::DecryptAnswer {
                    number: question.number,
                    outcome: Some(outcome),
                }
            }
            .instrument(span)
        };
        let turn = turn(&request, &self.stop);
        let answers = answer_each(request.into_inner(), AT_ONCE, turn, handle);
        Ok(Response::new(answers))
    }
}

async fn decrypt_one(
    state: &Arc<State>,
    caller: &str,
    request: wire::DecryptRequest,
) -> Result<wire::DecryptResponse, Status> {
    let ask = decrypt::Ask {
        request_id: request.request_id,
        key_id: KeyId::new(request.key_id),
        algorithm: request.algorithm,
        ciphertext: request.ciphertext,
        expected_length: request.expected_length,
    };
    let plaintext = decrypt::run(state, caller, ask).await.map_err(status)?;
    Ok(wire::DecryptResponse {
        plaintext: plaintext.to_vec(),
    })
}
