//! `ers.cara.v1.Revoking` over CLM's REST, as far as people revoke one certificate.

use ers_proto::cara::v1::{self as proto, revoking_server::Revoking};
use futures::stream::BoxStream;
use reqwest::Method;
use serde_json::json;
use tonic::{Request, Response, Status};

use super::{Rest, not_here, segment, told};

impl Rest {
    async fn revoke_one(
        &self,
        wish: proto::RevokeRequest,
    ) -> Result<proto::RevokeResponse, Status> {
        if wish.invalidity_date.is_some() || wish.siblings {
            return not_here();
        }
        let path = format!("certificates/{}/revocation", segment(&wish.serial));
        let body = json!({"reason": wish.reason});
        let done = self.call(Method::POST, &path, &body).await?;
        Ok(proto::RevokeResponse {
            certificate: Some(proto::Certificate {
                issuer: told::text(&done, "issuer"),
                serial: told::text(&done, "serial"),
                revocation: Some(proto::Revocation {
                    reason: wish.reason,
                    ..proto::Revocation::default()
                }),
                ..proto::Certificate::default()
            }),
            already_revoked: told::yes(&done, "already_revoked"),
            siblings: Vec::new(),
        })
    }
}

macro_rules! answers {
    ($($missing:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl Revoking for Rest {
            type RevokeManyStream = BoxStream<'static, Result<proto::RevokeManyProgress, Status>>;

            async fn revoke(
                &self,
                request: Request<proto::RevokeRequest>,
            ) -> Result<Response<proto::RevokeResponse>, Status> {
                self.revoke_one(request.into_inner()).await.map(Response::new)
            }

            async fn revoke_many(
                &self,
                _: Request<proto::RevokeManyRequest>,
            ) -> Result<Response<Self::RevokeManyStream>, Status> {
                not_here()
            }

            $(async fn $missing(
                &self,
                _: Request<proto::$request>,
            ) -> Result<Response<proto::$response>, Status> {
                not_here()
            })*
        }
    };
}

answers! {
    release(ReleaseRequest) -> ReleaseResponse;
    revoke_by_proof(RevokeByProofRequest) -> RevokeResponse;
    block_key(BlockKeyRequest) -> BlockKeyResponse;
    unblock_key(UnblockKeyRequest) -> UnblockKeyResponse;
    publish_crls(PublishCrlsRequest) -> PublishCrlsResponse;
}
