//! `cara.v1.Revoking`.

use ers_proto::cara::v1::{self as wire, revoking_server::Revoking};
use ers_runtime::{error::status, grpc::caller};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::flows::revoke;

#[tonic::async_trait]
impl Revoking for Service {
    async fn revoke(
        &self,
        request: Request<wire::RevokeRequest>,
    ) -> Result<Response<wire::RevokeResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let serial = convert::serial(&request.serial)?;
        let reason = convert::reason(&request.reason)?;
        if request.requester.is_empty() {
            return Err(convert::invalid("requester", "is required"));
        }
        let (record, already_revoked) =
            revoke::revoke(&self.core, &issuer, &serial, reason, &request.requester)
                .await
                .map_err(status)?;
        Ok(Response::new(wire::RevokeResponse {
            certificate: Some(convert::certificate(&record)),
            already_revoked,
        }))
    }
}
