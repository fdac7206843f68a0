//! `GET /v1/policies/{name}`.

use actix_web::{HttpResponse, get, web};
use ers_runtime::http::{Problem, problem, wrong};

use super::{
    Caller,
    bodies::{PolicyBody, ProblemBody},
    headers::etag,
};
use crate::flows::Flows;

/// A policy in force
#[utoipa::path(
    tag = "policies",
    params(("name" = String, Path, description = "Name of the policy", example = "server")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The policy; its ETag is for If-Match", body = PolicyBody),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such policy", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/policies/{name}")]
pub(super) async fn show_policy(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = name.parse().map_err(|error| wrong("name", error))?;
    let policy = flows.show_policy(&name, &caller.reach()).map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(policy.version))
        .json(PolicyBody::from(&*policy)))
}
