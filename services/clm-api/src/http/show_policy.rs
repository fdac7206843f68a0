//! `GET /v1/policies/{name}`.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem, wrong};

use super::{
    Administrator,
    bodies::{PolicyBody, ProblemBody},
};
use crate::flows::Flows;

/// A policy in force
#[utoipa::path(
    tag = "policies",
    params(("name" = String, Path, description = "Name of the policy", example = "server")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The policy", body = PolicyBody),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Not logged in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such policy", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/policies/{name}")]
pub(super) async fn show_policy(
    _administrator: Administrator,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<web::Json<PolicyBody>, Problem> {
    let name = name.parse().map_err(|error| wrong("name", error))?;
    let policy = flows.show_policy(&name).map_err(problem)?;
    Ok(web::Json(PolicyBody::from(&*policy)))
}
