//! `GET /v1/policies`.

use actix_web::{get, web};
use ers_runtime::http::{Problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{PolicyBody, ProblemBody},
};
use crate::{domain::id::RealmName, flows::Flows};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PolicyQuery {
    /// Only those of this realm.
    realm: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PolicyList {
    policies: Vec<PolicyBody>,
}

/// Policies in force
#[utoipa::path(
    tag = "policies",
    params(PolicyQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Policies by name", body = PolicyList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/policies")]
pub(super) async fn list_policies(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<PolicyQuery>,
) -> Result<web::Json<PolicyList>, Problem> {
    let realm: Option<RealmName> = query
        .realm
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("realm", error))?;
    let policies = flows.list_policies(realm.as_ref(), &caller.reach());
    Ok(web::Json(PolicyList {
        policies: policies
            .iter()
            .map(|policy| PolicyBody::from(&**policy))
            .collect(),
    }))
}
