//! `Keys`.

use std::sync::Arc;

use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use ers_signer_client::{KeyId, KeyLimits};
use tonic::{Request, Response, Status};

use crate::flows::{
    attach_replica, create_key, destroy_key, list_tokens, make_client_key, quarantine, read_keys,
};
use crate::state::State;

/// Serves `Keys`.
pub(crate) struct KeysService(pub(crate) Arc<State>);

#[tonic::async_trait]
impl wire::keys_server::Keys for KeysService {
    async fn create_key(
        &self,
        request: Request<wire::CreateKeyRequest>,
    ) -> Result<Response<wire::Key>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let limits = KeyLimits::try_from(request.limits.unwrap_or_default()).map_err(|_| {
            Status::invalid_argument("limits.longest_validity: create key: it is negative")
        })?;
        let ask = create_key::Ask {
            request_id: request.request_id,
            label: request.label,
            key_algorithm: request.key_algorithm,
            purposes: request.purposes,
            token: request.token,
            limits,
        };
        let key = create_key::run(&self.0, caller.name(), ask)
            .await
            .map_err(status)?;
        Ok(Response::new(key.into()))
    }

    async fn load_key(
        &self,
        request: Request<wire::LoadKeyRequest>,
    ) -> Result<Response<wire::Key>, Status> {
        let caller = caller(&request)?;
        let id = KeyId::new(request.into_inner().key_id);
        let key = read_keys::load(&self.0, caller.name(), id)
            .await
            .map_err(status)?;
        Ok(Response::new(key.into()))
    }

    async fn list_keys(
        &self,
        request: Request<wire::ListKeysRequest>,
    ) -> Result<Response<wire::ListKeysResponse>, Status> {
        let caller = caller(&request)?;
        let keys = read_keys::list(&self.0, caller.name())
            .await
            .map_err(status)?;
        let keys = keys.into_iter().map(wire::Key::from).collect();
        Ok(Response::new(wire::ListKeysResponse { keys }))
    }

    async fn destroy_key(
        &self,
        request: Request<wire::DestroyKeyRequest>,
    ) -> Result<Response<wire::DestroyKeyResponse>, Status> {
        let caller = caller(&request)?;
        let id = KeyId::new(request.into_inner().key_id);
        destroy_key::run(&self.0, caller.name(), id)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DestroyKeyResponse {}))
    }

    async fn attach_replica(
        &self,
        request: Request<wire::AttachReplicaRequest>,
    ) -> Result<Response<wire::Key>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let ask = attach_replica::Ask {
            key_id: KeyId::new(request.key_id),
            token: request.token,
            token_key_id: request.token_key_id,
        };
        let key = attach_replica::attach(&self.0, caller.name(), ask)
            .await
            .map_err(status)?;
        Ok(Response::new(key.into()))
    }

    async fn detach_replica(
        &self,
        request: Request<wire::DetachReplicaRequest>,
    ) -> Result<Response<wire::Key>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let id = KeyId::new(request.key_id);
        let key = attach_replica::detach(&self.0, caller.name(), id, &request.token)
            .await
            .map_err(status)?;
        Ok(Response::new(key.into()))
    }

    async fn lift_quarantine(
        &self,
        request: Request<wire::LiftQuarantineRequest>,
    ) -> Result<Response<wire::Key>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let id = KeyId::new(request.key_id);
        let key = quarantine::lift(&self.0, caller.name(), id, &request.reason)
            .await
            .map_err(status)?;
        Ok(Response::new(key.into()))
    }

    async fn make_client_key(
        &self,
        request: Request<wire::MakeClientKeyRequest>,
    ) -> Result<Response<wire::MakeClientKeyResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let made = make_client_key::run(
            &self.0,
            caller.name(),
            &request.request_id,
            &request.key_algorithm,
        )
        .await
        .map_err(status)?;
        Ok(Response::new(wire::MakeClientKeyResponse {
            public_key: made.public_key,
            private_key: made.private_key.to_vec(),
        }))
    }

    async fn list_tokens(
        &self,
        request: Request<wire::ListTokensRequest>,
    ) -> Result<Response<wire::ListTokensResponse>, Status> {
        let caller = caller(&request)?;
        let tokens = list_tokens::run(&self.0, caller.name())
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ListTokensResponse { tokens }))
    }
}
