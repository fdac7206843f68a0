//! `PUT /v1/policies/{name}`: make or change a policy.

use actix_web::{HttpRequest, HttpResponse, put, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{PolicyBody, ProblemBody},
    headers::{etag, expected_version, precondition_failed},
};
use crate::{
    domain::{id::PolicyName, policy::PolicyDefinition},
    flows::{ApplyPolicyError, Flows, PolicyWish},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyText {
    /// YAML, as `ers policy show` prints it.
    definition: String,
}

/// Make or change a policy
///
/// Each change is a new version; applying the same again changes nothing. With `If-Match` only that version is changed;
/// with `If-None-Match: *` only a new policy is made.
#[utoipa::path(
    tag = "policies",
    params(("name" = String, Path, description = "Name of the policy, as in the definition", example = "server")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = PolicyText,
    responses(
        (status = 200, description = "Changed, or as it was", body = PolicyBody),
        (status = 201, description = "New", body = PolicyBody),
        (status = 400, description = "Not a policy; names the key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such realm", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Changed by somebody else at the same time, or the realm is archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/policies/{name}")]
pub(super) async fn apply_policy(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    request: HttpRequest,
    body: web::Json<PolicyText>,
) -> Result<HttpResponse, Problem> {
    let name: PolicyName = name.parse().map_err(|error| wrong("name", error))?;
    let named = PolicyDefinition::parse(&body.definition)
        .map_err(|error| problem(ApplyPolicyError::Definition(error)))?;
    if *named.name() != name {
        return Err(wrong(
            "name",
            format!("the definition is of policy {}", named.name()),
        ));
    }
    let expected = expected_version(&request)?;
    let wish = PolicyWish {
        reach: caller.reach(),
        expected: expected.map(|version| u32::try_from(version).unwrap_or(u32::MAX)),
    };
    let applied = flows
        .apply_policy(&body.definition, &wish, &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    let mut response = if applied.created {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header(etag(applied.policy.version))
        .json(PolicyBody::from(&*applied.policy)))
}
