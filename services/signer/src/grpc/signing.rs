//! `Signing`.

use std::sync::Arc;

use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use ers_signer_client::KeyId;
use tonic::{Request, Response, Status};

use crate::flows::sign;
use crate::state::State;

/// Serves `Signing`.
pub(crate) struct SigningService(pub(crate) Arc<State>);

#[tonic::async_trait]
impl wire::signing_server::Signing for SigningService {
    async fn sign(
        &self,
        request: Request<wire::SignRequest>,
    ) -> Result<Response<wire::SignResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let ask = sign::Ask {
            request_id: request.request_id,
            key_id: KeyId::new(request.key_id),
            purpose: request.purpose,
            signature_algorithm: request.signature_algorithm,
            to_be_signed: request.to_be_signed,
            context: request.context,
        };
        let signed = sign::run(&self.0, caller.name(), ask)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::SignResponse {
            signature: signed.signature,
            chain: signed.position.chain.to_string(),
            sequence: signed.position.sequence,
        }))
    }
}
