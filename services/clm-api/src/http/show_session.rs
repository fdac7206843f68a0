//! `GET /v1/session`: who is logged in, and what they may do.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, bodies::time_text};
use crate::{
    domain::access::Grant,
    flows::{Flows, csrf_token},
};

#[derive(Serialize, ToSchema)]
pub(super) struct SessionBody {
    /// Name, as roles are given to it.
    #[schema(example = "administrator")]
    username: String,
    /// A local account, whose password and second factor can be changed here.
    local: bool,
    /// A code of a second factor is asked for at login; false where the OpenID provider sees to it.
    second_factor: bool,
    /// Groups that the OpenID provider says they are in.
    groups: Vec<String>,
    #[schema(format = DateTime)]
    ends_at: String,
    /// For `X-CSRF-Token`, beside the cookie, where the browser does not send `Sec-Fetch-Site`.
    csrf_token: String,
    grants: Vec<GrantBody>,
}

/// What somebody may do in a part of what there is.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
struct GrantBody {
    #[schema(example = json!(["certificate:read"]))]
    permissions: Vec<&'static str>,
    /// Absent: all realms.
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    /// Absent: all policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
}

/// Who is logged in, and what they may do
#[utoipa::path(
    tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The session", body = SessionBody))
)]
#[get("/v1/session")]
pub(super) async fn show_session(
    caller: Caller,
    flows: web::Data<Flows>,
) -> Result<web::Json<SessionBody>, Problem> {
    let (session, token) = caller.session()?;
    let identity = &session.identity;
    let second_factor = match &identity.username {
        Some(username) => flows.has_second_factor(username).await.map_err(problem)?,
        None => false,
    };
    Ok(web::Json(SessionBody {
        username: identity.person.to_string(),
        local: identity.username.is_some(),
        second_factor,
        groups: identity.groups.iter().map(ToString::to_string).collect(),
        ends_at: time_text(session.ends_at_ms),
        csrf_token: csrf_token(token),
        grants: caller.grants.each().iter().map(GrantBody::from).collect(),
    }))
}

impl From<&Grant> for GrantBody {
    fn from(grant: &Grant) -> Self {
        Self {
            permissions: grant.permissions.iter().map(|one| one.as_str()).collect(),
            realm: grant.realm.as_ref().map(ToString::to_string),
            policy: grant.policy.as_ref().map(ToString::to_string),
        }
    }
}
