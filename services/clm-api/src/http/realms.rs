//! `/v1/realms`: what separates.

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, patch, post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, RealmBody},
    headers::{etag, expected_version, precondition_failed},
    queries::PlainQuery,
};
use crate::{
    domain::{id::RealmName, page::Page, realm::Realm},
    flows::{Flows, RealmChange},
};

#[derive(Serialize, ToSchema)]
pub(super) struct RealmList {
    realms: Vec<RealmBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "shop", "title": "The shop", "description": "Its servers and mail"}))]
pub(super) struct NewRealm {
    /// 1 to 64 of a-z 0-9 -; stays.
    #[schema(max_length = 64)]
    name: String,
    /// What people call it; absent: its name.
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "The shop and its branches"}))]
pub(super) struct RealmChanges {
    /// What people call it.
    title: Option<String>,
    description: Option<String>,
    /// Out of use, which no certificate may be active for; or back into use.
    archived: Option<bool>,
}

/// Realms of which the caller sees any part
#[utoipa::path(
    tag = "realms",
    params(PlainQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page, by name", body = RealmList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/realms")]
pub(super) async fn list_realms(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<PlainQuery>,
) -> Result<web::Json<RealmList>, Problem> {
    let (search, page) = query.read()?;
    let mut realms = flows.list_realms(&caller.reach()).await.map_err(problem)?;
    realms.retain(|one| search.is_in(&[one.name.as_str(), &one.title, &one.description]));
    let found = Page::of_list(realms, &page, |one| one.name.to_string());
    Ok(web::Json(RealmList {
        realms: found.rows.into_iter().map(RealmBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Make a realm
#[utoipa::path(
    tag = "realms",
    security(("bearer" = []), ("cookie" = [])),
    request_body = NewRealm,
    responses(
        (status = 201, description = "Made", body = RealmBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is or was one of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/realms")]
pub(super) async fn create_realm(
    caller: Caller,
    flows: web::Data<Flows>,
    new: web::Json<NewRealm>,
) -> Result<HttpResponse, Problem> {
    caller.demand_everywhere()?;
    let name: RealmName = new.name.parse().map_err(|error| wrong("name", error))?;
    let made = flows
        .create_realm(&name, &new.title, &new.description, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/clm-api/v1/realms/{name}")))
        .insert_header(etag(made.version))
        .json(RealmBody::from(made)))
}

/// A realm
#[utoipa::path(
    tag = "realms",
    params(("name" = String, Path, description = "Name of the realm", example = "default")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The realm; its ETag is for If-Match", body = RealmBody),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such realm", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/realms/{name}")]
pub(super) async fn show_realm(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name: RealmName = name.parse().map_err(|error| wrong("name", error))?;
    let realm = flows
        .show_realm(&name, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(shown(realm))
}

/// Rename, describe, archive a realm, or take it back into use
#[utoipa::path(
    tag = "realms",
    params(("name" = String, Path, description = "Name of the realm", example = "default")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = RealmChanges,
    responses(
        (status = 200, description = "The realm as it is now", body = RealmBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such realm", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Has active certificates or undecided requests, or comes with the platform", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/realms/{name}")]
pub(super) async fn change_realm(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    request: HttpRequest,
    changes: web::Json<RealmChanges>,
) -> Result<HttpResponse, Problem> {
    let name: RealmName = name.parse().map_err(|error| wrong("name", error))?;
    caller.demand_realm(&name)?;
    let expected = expected_version(&request)?;
    let changes = changes.into_inner();
    let change = RealmChange {
        title: changes.title,
        description: changes.description,
        archived: changes.archived,
        expected,
    };
    let realm = flows
        .change_realm(&name, &change, &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(shown(realm))
}

/// Delete an archived realm
///
/// Its policies, end entities, clients, requests and roles go with it. What was issued in it stays in the inventory.
#[utoipa::path(
    tag = "realms",
    params(("name" = String, Path, description = "Name of the realm", example = "default")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such realm", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Not archived, or comes with the platform", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/realms/{name}")]
pub(super) async fn delete_realm(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.demand_everywhere()?;
    let name: RealmName = name.parse().map_err(|error| wrong("name", error))?;
    flows
        .delete_realm(&name, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(realm: Realm) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag(realm.version))
        .json(RealmBody::from(realm))
}
