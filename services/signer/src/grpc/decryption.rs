//! `Decryption`.

use std::sync::Arc;

use ers_calls::Answers;
use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use ers_signer_client::KeyId;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::each::each;
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
        let span = || {
            tracing::info_span!(
                "rpc",
                otel.name = "rpc.ers.signer.v1.Decryption.DecryptEach"
            )
        };
        each(
            request,
            &self.state,
            &self.stop,
            span,
            |state, caller, request| async move { decrypt_one(&state, caller.name(), request).await },
        )
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
