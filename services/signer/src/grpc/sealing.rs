//! `Sealing`.

use std::sync::Arc;

use ers_calls::Answers;
use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use zeroize::Zeroizing;

use super::each::each;
use crate::flows::seal::{self, Expected, MacOutcome};
use crate::state::State;

/// Serves `Sealing`.
pub(crate) struct SealingService {
    /// What the flows work with.
    pub(crate) state: Arc<State>,
    /// Cancelled when no more is to be begun.
    pub(crate) stop: CancellationToken,
}

#[tonic::async_trait]
impl wire::sealing_server::Sealing for SealingService {
    async fn seal(
        &self,
        request: Request<wire::SealRequest>,
    ) -> Result<Response<wire::SealResponse>, Status> {
        let caller = caller(&request)?;
        let wire::SealRequest { context, secret } = request.into_inner();
        let secret = Zeroizing::new(secret);
        let sealed = seal::seal(&self.state, caller.name(), &context, &secret).map_err(status)?;
        Ok(Response::new(wire::SealResponse { sealed }))
    }

    async fn unseal(
        &self,
        request: Request<wire::UnsealRequest>,
    ) -> Result<Response<wire::UnsealResponse>, Status> {
        let caller = caller(&request)?;
        let wire::UnsealRequest { context, sealed } = request.into_inner();
        self.state.vault.know(&sealed).await;
        let secret = seal::unseal(&self.state, caller.name(), &context, &sealed).map_err(status)?;
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
        self.state.vault.know(code.sealed_key).await;
        let valid = seal::verify_mac(&self.state, caller.name(), code).map_err(status)?;
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
        self.state.vault.know(&code.sealed_secret).await;
        match seal::password_mac(&self.state, caller.name(), code, None)
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
        let verified = verify_one(&self.state, caller.name(), request.into_inner()).await?;
        Ok(Response::new(verified))
    }

    type VerifyPasswordMacEachStream = Answers<wire::VerifyPasswordMacAnswer>;

    async fn verify_password_mac_each(
        &self,
        request: Request<Streaming<wire::VerifyPasswordMacQuestion>>,
    ) -> Result<Response<Self::VerifyPasswordMacEachStream>, Status> {
        let span = || {
            tracing::info_span!(
                "rpc",
                otel.name = "rpc.ers.signer.v1.Sealing.VerifyPasswordMacEach"
            )
        };
        each(
            request,
            &self.state,
            &self.stop,
            span,
            |state, caller, request| async move { verify_one(&state, caller.name(), request).await },
        )
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
        self.state.vault.know(&wanted.sealed_secret).await;
        let key = seal::password_key(&self.state, caller.name(), wanted)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DerivePasswordKeyResponse {
            key: key.to_vec(),
        }))
    }
}

async fn verify_one(
    state: &Arc<State>,
    caller: &str,
    request: wire::VerifyPasswordMacRequest,
) -> Result<wire::VerifyPasswordMacResponse, Status> {
    let code = seal::PasswordCode {
        context: request.context,
        sealed_secret: request.sealed_secret,
        algorithm: request.algorithm,
        data: request.data,
    };
    state.vault.know(&code.sealed_secret).await;
    let expected = Expected {
        mac: request.mac,
        answer_algorithm: request.answer_algorithm,
    };
    let outcome = seal::password_mac(state, caller, code, Some(expected))
        .await
        .map_err(status)?;
    Ok(match outcome {
        MacOutcome::Valid(key) => wire::VerifyPasswordMacResponse {
            valid: true,
            answer_key: key.map(|key| key.to_vec()).unwrap_or_default(),
        },
        MacOutcome::Mac(_) | MacOutcome::Wrong => wire::VerifyPasswordMacResponse::default(),
    })
}
