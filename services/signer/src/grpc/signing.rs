//! `Signing`.

use std::sync::Arc;

use ers_calls::Answers;
use ers_proto::signer::v1::{self as wire, sign_long_request::Part};
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use ers_signer_client::KeyId;
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::each::each;
use crate::flows::sign::{self, SignError};
use crate::flows::sign_long;
use crate::state::State;

/// Serves `Signing`.
pub(crate) struct SigningService {
    /// What the flows work with.
    pub(crate) state: Arc<State>,
    /// Cancelled when no more is to be begun.
    pub(crate) stop: CancellationToken,
}

#[tonic::async_trait]
impl wire::signing_server::Signing for SigningService {
    async fn sign(
        &self,
        request: Request<wire::SignRequest>,
    ) -> Result<Response<wire::SignResponse>, Status> {
        let caller = caller(&request)?;
        let signed = sign_one(&self.state, caller.name(), request.into_inner()).await?;
        Ok(Response::new(signed))
    }

    type SignEachStream = Answers<wire::SignAnswer>;

    async fn sign_each(
        &self,
        request: Request<Streaming<wire::SignQuestion>>,
    ) -> Result<Response<Self::SignEachStream>, Status> {
        let span = || tracing::info_span!("rpc", otel.name = "rpc.ers.signer.v1.Signing.SignEach");
        each(
            request,
            &self.state,
            &self.stop,
            span,
            |state, caller, request| async move { sign_one(&state, caller.name(), request).await },
        )
    }

    async fn sign_long(
        &self,
        request: Request<Streaming<wire::SignLongRequest>>,
    ) -> Result<Response<wire::SignResponse>, Status> {
        let caller = caller(&request)?.clone();
        let mut parts = request.into_inner();
        let first = parts.message().await?.and_then(|first| first.part);
        let Some(Part::Head(head)) = first else {
            return Err(status(SignError::Pieces(
                "the first message is not the head",
            )));
        };
        let ask = sign::Ask {
            request_id: head.request_id,
            key_id: KeyId::new(head.key_id),
            purpose: head.purpose,
            signature_algorithm: head.signature_algorithm,
            context: head.context,
        };
        let signed = sign_long::run(&self.state, caller.name(), ask, parts.map(piece_of)).await;
        signed
            .map(|signed| Response::new(answer_of(signed)))
            .map_err(status)
    }
}

/// What comes behind the head.
fn piece_of(request: Result<wire::SignLongRequest, Status>) -> Result<Vec<u8>, SignError> {
    match request.map(|request| request.part) {
        Ok(Some(Part::Piece(piece))) => Ok(piece),
        Ok(Some(Part::Head(_))) => Err(SignError::Pieces("there is a second head")),
        Ok(None) => Err(SignError::Pieces("a message has neither head nor piece")),
        Err(_) => Err(SignError::Pieces("the bytes broke off")),
    }
}

fn answer_of(signed: sign::Signature) -> wire::SignResponse {
    wire::SignResponse {
        signature: signed.signature,
        chain: signed.position.chain.to_string(),
        sequence: signed.position.sequence,
    }
}

async fn sign_one(
    state: &State,
    caller: &str,
    request: wire::SignRequest,
) -> Result<wire::SignResponse, Status> {
    let ask = sign::Ask {
        request_id: request.request_id,
        key_id: KeyId::new(request.key_id),
        purpose: request.purpose,
        signature_algorithm: request.signature_algorithm,
        context: request.context,
    };
    sign::run(state, caller, ask, request.to_be_signed)
        .await
        .map(answer_of)
        .map_err(status)
}
