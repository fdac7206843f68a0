//! `GET /v1/session`: who the caller is.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::ProblemBody,
};
use crate::domain::Permission;

/// Who calls.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    /// Name of the administrator.
    #[schema(example = "alice")]
    administrator: String,
    /// `ca-administrator`, `ra`, `auditor`, `operator`.
    roles: Vec<String>,
    /// CAs that they administer; empty: all.
    authorities: Vec<String>,
    /// What the roles give, in the words of `x-permission`.
    #[schema(example = json!(["read-authorities", "publish-crls"]))]
    permissions: Vec<String>,
}

/// Who am I?
#[utoipa::path(
    tag = "session",
    responses(
        (status = 200, description = "Whom the client certificate shows", body = Session),
        (status = 403, description = "Nobody", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/session")]
pub(super) async fn show_session(allowed: Allowed<needs::ToBeKnown>) -> web::Json<Session> {
    let administrator = allowed.administrator();
    web::Json(Session {
        administrator: administrator.name.to_string(),
        roles: administrator
            .roles
            .iter()
            .map(ToString::to_string)
            .collect(),
        authorities: administrator
            .authorities
            .iter()
            .map(ToString::to_string)
            .collect(),
        permissions: Permission::ALL
            .into_iter()
            .filter(|permission| administrator.may(*permission))
            .map(|permission| permission.as_str().to_owned())
            .collect(),
    })
}
