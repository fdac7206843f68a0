//! `GET /v1/policies` and `GET /v1/policies/{name}/versions`.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{PolicyBody, ProblemBody, time_text},
    queries::{RealmQuery, page_size},
};
use crate::{
    domain::{
        page::{Page, PageRequest},
        policy::PolicyVersion,
    },
    flows::Flows,
};

#[derive(Serialize, ToSchema)]
pub(super) struct PolicyList {
    policies: Vec<PolicyBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    #[param(maximum = 1000)]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

/// What a policy said, or says.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyVersion)]
pub(super) struct PolicyVersionBody {
    /// From 1; certificates name the version that allowed them.
    #[schema(example = 2)]
    version: u32,
    /// YAML.
    definition: String,
    /// Since when it was in force.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who put it in force.
    #[schema(example = "anna")]
    created_by: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PolicyVersionList {
    versions: Vec<PolicyVersionBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

/// Policies in force
///
/// `search` looks in name, description, issuer and profile.
#[utoipa::path(
    tag = "policies",
    params(RealmQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page, by name", body = PolicyList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/policies")]
pub(super) async fn list_policies(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<RealmQuery>,
) -> Result<web::Json<PolicyList>, Problem> {
    let (search, page) = query.read()?;
    let mut policies = flows.list_policies(query.realm()?.as_ref(), &caller.reach());
    policies.retain(|policy| {
        let rules = policy.definition.rules();
        search.is_in(&[
            rules.name.as_str(),
            &rules.description,
            rules.issuer.as_str(),
            rules.profile.as_str(),
        ])
    });
    let found = Page::of_list(policies, &page, |policy| {
        policy.definition.name().to_string()
    });
    Ok(web::Json(PolicyList {
        policies: found
            .rows
            .iter()
            .map(|policy| PolicyBody::from(&**policy))
            .collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// What a policy said, newest first
///
/// The first one is in force. A version never changes.
#[utoipa::path(
    tag = "policies",
    params(("name" = String, Path, description = "Name of the policy", example = "server"), VersionQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page, newest first", body = PolicyVersionList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such policy", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/policies/{name}/versions")]
pub(super) async fn list_policy_versions(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    query: web::Query<VersionQuery>,
) -> Result<web::Json<PolicyVersionList>, Problem> {
    let name = name.parse().map_err(|error| wrong("name", error))?;
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let found = flows
        .list_policy_versions(&name, &caller.reach(), &page)
        .await
        .map_err(problem)?;
    Ok(web::Json(PolicyVersionList {
        versions: found
            .rows
            .into_iter()
            .map(PolicyVersionBody::from)
            .collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

impl From<PolicyVersion> for PolicyVersionBody {
    fn from(of: PolicyVersion) -> Self {
        Self {
            version: of.version,
            definition: of.definition,
            created_at: time_text(of.created_at_ms),
            created_by: of.created_by,
        }
    }
}
