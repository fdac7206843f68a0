//! `Sealing`.

use std::sync::Arc;

use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use crate::flows::seal::{self, Expected, MacOutcome};
use crate::state::State;

/// Serves `Sealing`.
pub(crate) struct SealingService(pub(crate) Arc<State>);

#[tonic::async_trait]
impl wire::sealing_server::Sealing for SealingService {
    async fn seal(
        &self,
        request: Request<wire::SealRequest>,
    ) -> Result<Response<wire::SealResponse>, Status> {
        let caller = caller(&request)?;
        let wire::SealRequest { context, secret } = request.into_inner();
        let secret = Zeroizing::new(secret);
        let sealed = seal::seal(&self.0, caller.name(), &context, &secret).map_err(status)?;
        Ok(Response::new(wire::SealResponse { sealed }))
    }

    async fn unseal(
        &self,
        request: Request<wire::UnsealRequest>,
    ) -> Result<Response<wire::UnsealResponse>, Status> {
        let caller = caller(&request)?;
        let wire::UnsealRequest { context, sealed } = request.into_inner();
        self.0.vault.know(&sealed).await;
        let secret = seal::unseal(&self.0, caller.name(), &context, &sealed).map_err(status)?;
        Ok(Response::new(wire::UnsealResponse {
            secret: secret.to_vec(),
        }))
    }

    async fn verify_mac(
        &self,
        request: Request<wire::VerifyMacRequest>,
    ) -> Result<Response<wire::VerifyMacResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let code = seal::Code {
            context: &request.context,
            sealed_key: &request.sealed_key,
            algorithm: &request.mac_algorithm,
            data: &request.data,
            mac: &request.mac,
        };
        self.0.vault.know(code.sealed_key).await;
        let valid = seal::verify_mac(&self.0, caller.name(), code).map_err(status)?;
        Ok(Response::new(wire::VerifyMacResponse { valid }))
    }

    async fn compute_password_mac(
        &self,
        request: Request<wire::ComputePasswordMacRequest>,
    ) -> Result<Response<wire::ComputePasswordMacResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let code = seal::PasswordCode {
            context: request.context,
            sealed_secret: request.sealed_secret,
            algorithm: request.algorithm,
            data: request.data,
        };
        self.0.vault.know(&code.sealed_secret).await;
        match seal::password_mac(&self.0, caller.name(), code, None)
            .await
            .map_err(status)?
        {
            MacOutcome::Mac(mac) => Ok(Response::new(wire::ComputePasswordMacResponse { mac })),
            MacOutcome::Valid(_) | MacOutcome::Wrong => Err(Status::internal("internal error")),
        }
    }

    async fn verify_password_mac(
        &self,
        request: Request<wire::VerifyPasswordMacRequest>,
    ) -> Result<Response<wire::VerifyPasswordMacResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let code = seal::PasswordCode {
            context: request.context,
            sealed_secret: request.sealed_secret,
            algorithm: request.algorithm,
            data: request.data,
        };
        self.0.vault.know(&code.sealed_secret).await;
        let expected = Expected {
            mac: request.mac,
            answer_algorithm: request.answer_algorithm,
        };
        let outcome = seal::password_mac(&self.0, caller.name(), code, Some(expected))
            .await
            .map_err(status)?;
        let answer = match outcome {
            MacOutcome::Valid(key) => wire::VerifyPasswordMacResponse {
                valid: true,
                answer_key: key.map(|key| key.to_vec()).unwrap_or_default(),
            },
            MacOutcome::Mac(_) | MacOutcome::Wrong => wire::VerifyPasswordMacResponse::default(),
        };
        Ok(Response::new(answer))
    }

    async fn derive_password_key(
        &self,
        request: Request<wire::DerivePasswordKeyRequest>,
    ) -> Result<Response<wire::DerivePasswordKeyResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let wanted = seal::PasswordKey {
            context: request.context,
            sealed_secret: request.sealed_secret,
            salt: request.salt,
            iterations: request.iterations,
        };
        self.0.vault.know(&wanted.sealed_secret).await;
        let key = seal::password_key(&self.0, caller.name(), wanted)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DerivePasswordKeyResponse {
            key: key.to_vec(),
        }))
    }
}
