//! `Decryption`.

use std::sync::Arc;

use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use ers_signer_client::KeyId;
use tonic::{Request, Response, Status};

use crate::flows::decrypt;
use crate::state::State;

/// Serves `Decryption`.
pub(crate) struct DecryptionService(pub(crate) Arc<State>);

#[tonic::async_trait]
impl wire::decryption_server::Decryption for DecryptionService {
    async fn decrypt(
        &self,
        request: Request<wire::DecryptRequest>,
    ) -> Result<Response<wire::DecryptResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let ask = decrypt::Ask {
            request_id: request.request_id,
            key_id: KeyId::new(request.key_id),
            algorithm: request.algorithm,
            ciphertext: request.ciphertext,
            expected_length: request.expected_length,
        };
        let plaintext = decrypt::run(&self.0, caller.name(), ask)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DecryptResponse {
            plaintext: plaintext.to_vec(),
        }))
    }
}
