//! `Administration`.

use std::sync::Arc;

use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use secrecy::SecretString;
use tonic::{Request, Response, Status};

use super::journal::key_to_wire;
use crate::flows::administer;
use crate::state::State;

/// Serves `Administration`.
pub(crate) struct AdministrationService(pub(crate) Arc<State>);

#[tonic::async_trait]
impl wire::administration_server::Administration for AdministrationService {
    async fn change_master_password(
        &self,
        request: Request<wire::ChangeMasterPasswordRequest>,
    ) -> Result<Response<wire::ChangeMasterPasswordResponse>, Status> {
        let caller = caller(&request)?;
        let wire::ChangeMasterPasswordRequest {
            old_password,
            new_password,
        } = request.into_inner();
        let (old, new) = (
            SecretString::from(old_password),
            SecretString::from(new_password),
        );
        administer::change_master_password(&self.0, caller.name(), &old, &new)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ChangeMasterPasswordResponse {}))
    }

    async fn rotate_data_key(
        &self,
        request: Request<wire::RotateDataKeyRequest>,
    ) -> Result<Response<wire::RotateDataKeyResponse>, Status> {
        let caller = caller(&request)?;
        let wire::RotateDataKeyRequest {
            master_password,
            resume,
        } = request.into_inner();
        let password = SecretString::from(master_password);
        let rotated = administer::rotate_data_key(&self.0, caller.name(), &password, resume)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::RotateDataKeyResponse {
            generation: rotated.generation,
            resealed: rotated.resealed,
        }))
    }

    async fn rotate_checkpoint_key(
        &self,
        request: Request<wire::RotateCheckpointKeyRequest>,
    ) -> Result<Response<wire::CheckpointKey>, Status> {
        let caller = caller(&request)?;
        let key = administer::rotate_checkpoint_key(&self.0, caller.name())
            .await
            .map_err(status)?;
        Ok(Response::new(key_to_wire(&key)))
    }
}
