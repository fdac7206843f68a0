//! `/v1/roles` and `/v1/permissions`: what there is to be allowed.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::ProblemBody,
    headers::{etag, expected_version, precondition_failed},
    queries::PlainQuery,
};
use crate::{
    domain::{id::RoleName, page::Page, permission::Permission, role::Role},
    flows::{Flows, RoleWish},
};

/// A role.
#[derive(Serialize, ToSchema)]
#[schema(as = Role)]
pub(super) struct RoleBody {
    #[schema(example = "approver")]
    name: String,
    description: String,
    /// As `GET /v1/permissions` lists them.
    #[schema(example = json!(["request:read", "request:decide"]))]
    permissions: Vec<&'static str>,
    /// It comes with the platform and cannot be changed.
    ready: bool,
    version: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RoleList {
    /// Those that come with the platform first.
    roles: Vec<RoleBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Looks after web servers", "permissions": ["certificate:read", "certificate:renew"]}))]
pub(super) struct RoleText {
    #[serde(default)]
    description: String,
    permissions: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PermissionList {
    #[schema(example = json!(["certificate:read"]))]
    permissions: Vec<&'static str>,
}

/// All permissions that roles can have
#[utoipa::path(
    tag = "roles",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "Permissions", body = PermissionList))
)]
#[get("/v1/permissions")]
pub(super) async fn list_permissions(_caller: Caller) -> web::Json<PermissionList> {
    web::Json(PermissionList {
        permissions: Permission::ALL.iter().map(|one| one.as_str()).collect(),
    })
}

/// Roles
#[utoipa::path(
    tag = "roles",
    params(PlainQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = RoleList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/roles")]
pub(super) async fn list_roles(
    _caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<PlainQuery>,
) -> Result<web::Json<RoleList>, Problem> {
    let (search, page) = query.read()?;
    let mut roles = flows.list_roles().await.map_err(problem)?;
    roles.retain(|role| search.is_in(&[role.name.as_str(), &role.description]));
    let found = Page::of_list(roles, &page, |role| {
        format!("{}:{}", u8::from(!role.ready), role.name)
    });
    Ok(web::Json(RoleList {
        roles: found.rows.into_iter().map(RoleBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// A role
#[utoipa::path(
    tag = "roles",
    params(("name" = String, Path, description = "Name of the role", example = "approver")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The role; its ETag is for If-Match", body = RoleBody),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/roles/{name}")]
pub(super) async fn show_role(
    _caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name: RoleName = name.parse().map_err(|error| wrong("name", error))?;
    let role = flows.show_role(&name).await.map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(role.version))
        .json(RoleBody::from(role)))
}

/// Make or change a role
///
/// Who makes it must have its permissions in all realms. With `If-Match` only that version is changed; with
/// `If-None-Match: *` only a new one is made.
#[utoipa::path(
    tag = "roles",
    params(("name" = String, Path, description = "Name of the role", example = "web-team")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = RoleText,
    responses(
        (status = 200, description = "Changed", body = RoleBody),
        (status = 201, description = "New", body = RoleBody),
        (status = 400, description = "Malformed, or no such permission", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Comes with the platform, or was changed at the same time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/roles/{name}")]
pub(super) async fn put_role(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    request: HttpRequest,
    text: web::Json<RoleText>,
) -> Result<HttpResponse, Problem> {
    caller.demand_everywhere()?;
    let text = text.into_inner();
    let expected = expected_version(&request)?;
    let wish = RoleWish {
        name: name.parse().map_err(|error| wrong("name", error))?,
        description: text.description,
        permissions: read_permissions(&text.permissions)?,
        expected,
    };
    let (role, is_new) = flows
        .put_role(&wish, &caller.grants, &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header(etag(role.version))
        .json(RoleBody::from(role)))
}

/// Remove a role, and take it from all who have it
#[utoipa::path(
    tag = "roles",
    params(("name" = String, Path, description = "Name of the role", example = "web-team")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Comes with the platform", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/roles/{name}")]
pub(super) async fn remove_role(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.demand_everywhere()?;
    let name: RoleName = name.parse().map_err(|error| wrong("name", error))?;
    flows
        .remove_role(&name, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Permissions by their names.
pub(super) fn read_permissions(texts: &[String]) -> Result<BTreeSet<Permission>, Problem> {
    texts
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| wrong("permissions", error))
}

impl From<Role> for RoleBody {
    fn from(role: Role) -> Self {
        Self {
            name: role.name.to_string(),
            description: role.description,
            permissions: role.permissions.iter().map(|one| one.as_str()).collect(),
            ready: role.ready,
            version: role.version,
        }
    }
}
