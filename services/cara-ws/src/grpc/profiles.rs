//! `cara.v1.Profiles`.

use ers_proto::cara::v1::{self as wire, profiles_server::Profiles};
use ers_runtime::grpc::caller;
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service};

#[tonic::async_trait]
impl Profiles for Service {
    async fn list(
        &self,
        request: Request<wire::ListProfilesRequest>,
    ) -> Result<Response<wire::ListProfilesResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let mut profiles: Vec<_> = self
            .core
            .profiles
            .values()
            .map(|profile| wire::Profile {
                name: profile.name.clone(),
                description: profile.description.clone(),
                definition: serde_json::to_string(profile.as_ref()).unwrap_or_default(),
            })
            .collect();
        profiles.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Response::new(wire::ListProfilesResponse { profiles }))
    }
}
