//! `/v1/end-entities`: whom certificates are for.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, patch, post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    headers::{etag, expected_version, precondition_failed},
    queries::page_size,
};
use crate::{
    domain::{
        end_entity::{EndEntity, EndEntityChange, EndEntityFilter},
        id::{EndEntityName, RealmName},
        page::PageRequest,
    },
    flows::{Flows, NewEndEntity, usual_realm},
};

/// Somebody or something that holds certificates.
#[derive(Serialize, ToSchema)]
#[schema(as = EndEntity)]
pub(super) struct EndEntityBody {
    #[schema(example = "default")]
    realm: String,
    #[schema(example = "printer-17")]
    name: String,
    /// `active` or `suspended`, which gets no certificates.
    #[schema(example = "active")]
    state: &'static str,
    /// Mail address that notices go to.
    #[schema(example = "printing@example.org")]
    contact: String,
    /// Who answers for it.
    #[schema(example = json!(["team:printing"]))]
    owners: Vec<String>,
    /// What else is known of it.
    #[schema(example = json!({"room": "3.14"}))]
    metadata: BTreeMap<String, String>,
    /// Whether it may ask and revoke for others.
    registration_authority: bool,
    /// Whether it has a password (EST).
    has_password: bool,
    /// Whether it has a shared secret (CMP).
    has_shared_secret: bool,
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EndEntityList {
    end_entities: Vec<EndEntityBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EndEntityQuery {
    /// Only those of this realm.
    realm: Option<String>,
    /// `active` or `suspended`.
    state: Option<String>,
    /// Only those of this owner, named whole.
    #[param(max_length = 255)]
    owner: Option<String>,
    /// Part of name, contact, owner or metadata; case does not matter.
    #[param(max_length = 255)]
    search: Option<String>,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    #[param(maximum = 1000)]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEndEntity, example = json!({"realm": "default", "name": "printer-17", "contact": "printing@example.org", "owners": ["team:printing"]}))]
pub(super) struct EndEntityWish {
    /// Absent: `default`.
    realm: Option<String>,
    /// 1 to 255 characters; stays.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 255)]
    contact: String,
    #[serde(default)]
    #[schema(max_items = 20)]
    owners: Vec<String>,
    /// At most 50 entries.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    registration_authority: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"state": "suspended", "owners": ["team:printing", "anna"]}))]
pub(super) struct EndEntityChanges {
    /// `active` or `suspended`.
    state: Option<String>,
    #[schema(max_length = 255)]
    contact: Option<String>,
    /// In the place of those before.
    #[schema(max_items = 20)]
    owners: Option<Vec<String>>,
    /// In the place of that before.
    metadata: Option<BTreeMap<String, String>>,
    registration_authority: Option<bool>,
}

/// End entities by realm and name
#[utoipa::path(
    tag = "end-entities",
    params(EndEntityQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = EndEntityList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/end-entities")]
pub(super) async fn list_end_entities(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<EndEntityQuery>,
) -> Result<web::Json<EndEntityList>, Problem> {
    let query = query.into_inner();
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let realm = query.realm.as_deref().map(str::parse).transpose();
    let filter = EndEntityFilter {
        realm: realm.map_err(|error| wrong("realm", error))?,
        active: query.state.as_deref().map(is_active).transpose()?,
        owner: EndEntityFilter::wanted(query.owner.unwrap_or_default())
            .map_err(|error| wrong("owner", error))?,
        search: EndEntityFilter::wanted(query.search.unwrap_or_default())
            .map_err(|error| wrong("search", error))?,
    };
    let found = flows
        .list_end_entities(&filter, &caller.reach(), &page)
        .await
        .map_err(problem)?;
    Ok(web::Json(EndEntityList {
        end_entities: found.rows.into_iter().map(EndEntityBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Make an end entity
#[utoipa::path(
    tag = "end-entities",
    security(("bearer" = []), ("cookie" = [])),
    request_body = EndEntityWish,
    responses(
        (status = 201, description = "Made; it has no credential yet", body = EndEntityBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such realm in use", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is one of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/end-entities")]
pub(super) async fn add_end_entity(
    caller: Caller,
    flows: web::Data<Flows>,
    wish: web::Json<EndEntityWish>,
) -> Result<HttpResponse, Problem> {
    let wish = wish.into_inner();
    let realm = wish.realm.unwrap_or_else(|| usual_realm().to_owned());
    let new = NewEndEntity {
        realm: realm.parse().map_err(|error| wrong("realm", error))?,
        name: wish.name.parse().map_err(|error| wrong("name", error))?,
        contact: wish.contact,
        registration_authority: wish.registration_authority,
        owners: wish.owners,
        metadata: wish.metadata,
    };
    caller.demand_realm(&new.realm)?;
    let made = flows
        .add_end_entity(&new, &caller.actor())
        .await
        .map_err(problem)?;
    let name = percent_encoded(made.name.as_str());
    let place = format!("/clm-api/v1/end-entities/{}/{name}", made.realm);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, place))
        .insert_header(etag(made.version))
        .json(EndEntityBody::from(made)))
}

/// An end entity
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "As it is; its ETag is for If-Match", body = EndEntityBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/end-entities/{realm}/{name}")]
pub(super) async fn show_end_entity(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    let found = flows.show_end_entity(&realm, &name).await;
    Ok(shown(found.map_err(problem)?))
}

/// Change, suspend or resume an end entity
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    request_body = EndEntityChanges,
    responses(
        (status = 200, description = "As it is now", body = EndEntityBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/end-entities/{realm}/{name}")]
pub(super) async fn change_end_entity(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
    request: HttpRequest,
    changes: web::Json<EndEntityChanges>,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    let expected = expected_version(&request)?;
    let changes = changes.into_inner();
    let change = EndEntityChange {
        active: changes.state.as_deref().map(is_active).transpose()?,
        contact: changes.contact,
        registration_authority: changes.registration_authority,
        owners: changes.owners,
        metadata: changes.metadata,
    };
    let changed = flows
        .change_end_entity(&realm, &name, &change, expected, &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(shown(changed))
}

/// Remove an end entity without active certificates
///
/// Its expired and revoked certificates stay in the inventory.
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Certificates of it are active", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/end-entities/{realm}/{name}")]
pub(super) async fn remove_end_entity(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    let expected = expected_version(&request)?;
    flows
        .remove_end_entity(&realm, &name, expected, &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which one a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Place {
    /// Its realm
    #[param(example = "default")]
    realm: String,
    /// Its name, percent-encoded
    #[param(example = "printer-17")]
    name: String,
}

/// Which one a path is about, when the caller may see its realm.
pub(super) fn named(caller: &Caller, place: &Place) -> Result<(RealmName, EndEntityName), Problem> {
    let realm = place.realm.parse().map_err(|error| wrong("realm", error))?;
    caller.demand_realm(&realm)?;
    let name = place.name.parse();
    Ok((realm, name.map_err(|error| wrong("name", error))?))
}

fn is_active(state: &str) -> Result<bool, Problem> {
    match state {
        "active" => Ok(true),
        "suspended" => Ok(false),
        _ => Err(wrong("state", "must be active or suspended")),
    }
}

fn shown(entity: EndEntity) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag(entity.version))
        .json(EndEntityBody::from(entity))
}

/// RFC 3986 section 2.1, as a segment of a path.
fn percent_encoded(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    for octet in segment.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            text.push(char::from(octet));
        } else {
            text.push_str(&format!("%{octet:02X}"));
        }
    }
    text
}

impl From<EndEntity> for EndEntityBody {
    fn from(entity: EndEntity) -> Self {
        Self {
            state: entity.state(),
            realm: entity.realm.to_string(),
            name: entity.name.to_string(),
            contact: entity.contact,
            owners: entity.owners,
            metadata: entity.metadata,
            registration_authority: entity.registration_authority,
            has_password: entity.password_hash.is_some(),
            has_shared_secret: entity.sealed_secret.is_some(),
            version: entity.version,
            created_at: time_text(entity.created_at_ms),
            updated_at: entity.updated_at_ms.map(time_text),
            updated_by: entity.updated_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::percent_encoded;

    #[test]
    fn any_name_is_one_segment_of_a_path() {
        assert_eq!(percent_encoded("CN=a/b c,ü"), "CN%3Da%2Fb%20c%2C%C3%BC");
        assert_eq!(percent_encoded("printer-17.x_~"), "printer-17.x_~");
    }
}
