//! `/v1/profiles`: certificate profiles.

use actix_web::{get, web};
use ers_proto::cara::v1::{self as wire, profiles_server::Profiles as _};
use ers_runtime::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::ProblemBody,
    problems::refused,
};
use crate::grpc::Service;

/// A certificate profile.
#[derive(Serialize, ToSchema)]
pub(super) struct Profile {
    #[schema(example = "tls-server")]
    name: String,
    description: String,
    /// What certificates under it say; its form stands in docs/issuance.md.
    #[schema(value_type = Object)]
    definition: serde_json::Value,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ProfileList {
    profiles: Vec<Profile>,
}

/// Certificate profiles
#[utoipa::path(
    tag = "profiles",
    extensions(("x-permission" = json!("read-profiles"))),
    responses(
        (status = 200, description = "All profiles", body = ProfileList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/profiles")]
pub(super) async fn list_profiles(
    allowed: Allowed<needs::ReadProfiles>,
    service: web::Data<Service>,
) -> Result<web::Json<ProfileList>, Problem> {
    let answer = service
        .list(allowed.call(wire::ListProfilesRequest {}))
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(ProfileList {
        profiles: answer
            .profiles
            .into_iter()
            .map(|profile| Profile {
                name: profile.name,
                description: profile.description,
                definition: serde_json::from_str(&profile.definition).unwrap_or_default(),
            })
            .collect(),
    }))
}
