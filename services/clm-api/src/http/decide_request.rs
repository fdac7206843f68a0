//! `POST /v1/requests/{id}/decision`: approve or decline.

use actix_web::{post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, RequestBody},
};
use crate::flows::Flows;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    /// Yes or no.
    pub(super) approve: bool,
    /// Why.
    #[serde(default)]
    pub(super) comment: String,
}

/// Approve or decline a request
///
/// Approved, its certificate is issued at once.
#[utoipa::path(
    tag = "requests",
    params(("id" = String, Path, description = "Id of the request")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "The request as it stands now", body = RequestBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Decided before", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Approved, but CARA is out of reach; may be repeated", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/requests/{id}/decision")]
pub(super) async fn decide_request(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    decision: web::Json<DecisionBody>,
) -> Result<web::Json<RequestBody>, Problem> {
    let id = id.parse().map_err(|error| wrong("id", error))?;
    let actor = caller.actor();
    let decided = flows
        .decide_request(
            &id,
            decision.approve,
            &decision.comment,
            &caller.reach(),
            &actor,
        )
        .await
        .map_err(problem)?;
    Ok(web::Json(RequestBody::from(decided)))
}
