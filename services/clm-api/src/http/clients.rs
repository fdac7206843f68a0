//! `/v1/clients`: automation and the platform's own services, and the access tokens of the former.

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, patch, post, web};
use ers_pki::profile::Period;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    headers::{etag, expected_version, precondition_failed},
    queries::RealmQuery,
    roles::read_permissions,
};
use crate::{
    domain::{access_token::AccessToken, id::RealmName, page::Page, realm::Client},
    flows::{ClientChange, Flows, NewToken},
};

/// A client.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub(super) struct ClientBody {
    #[schema(example = "build-server")]
    name: String,
    #[schema(example = "default")]
    realm: String,
    description: String,
    /// What it works under when it names no policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_policy: Option<String>,
    version: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ClientList {
    clients: Vec<ClientBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "build-server", "realm": "default", "default_policy": "server"}))]
pub(super) struct NewClient {
    /// 1 to 64 of a-z 0-9 -
    #[schema(max_length = 64)]
    name: String,
    realm: String,
    #[serde(default)]
    description: String,
    default_policy: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Builds and signs releases", "default_policy": "server"}))]
pub(super) struct ClientChanges {
    description: Option<String>,
    /// Empty: none any more.
    default_policy: Option<String>,
}

/// An access token, without its text.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessToken)]
pub(super) struct TokenBody {
    id: String,
    client: String,
    description: String,
    #[schema(example = json!(["request:create", "certificate:read"]))]
    permissions: Vec<&'static str>,
    /// Absent: all realms.
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// To the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenList {
    tokens: Vec<TokenBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "nightly build", "permissions": ["request:create", "certificate:read"], "realm": "default", "validity": "90d"}))]
pub(super) struct TokenWish {
    #[serde(default)]
    description: String,
    permissions: Vec<String>,
    /// Absent: all realms, which only who has the permissions in all realms can give.
    realm: Option<String>,
    /// Absent: 90 days; at most 366.
    validity: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    #[serde(flatten)]
    made: TokenBody,
    /// For `Authorization: Bearer`; shown this once.
    token: String,
}

/// Clients of realms that the caller may see
#[utoipa::path(
    tag = "clients",
    params(RealmQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page, by name", body = ClientList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/clients")]
pub(super) async fn list_clients(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<RealmQuery>,
) -> Result<web::Json<ClientList>, Problem> {
    let ((search, page), realm) = (query.read()?, query.realm()?);
    let mut all = flows.list_clients(&caller.reach()).await.map_err(problem)?;
    all.retain(|one| {
        realm.as_ref().is_none_or(|realm| one.realm == *realm)
            && search.is_in(&[&one.identity, &one.description])
    });
    let found = Page::of_list(all, &page, |one| one.identity.clone());
    Ok(web::Json(ClientList {
        clients: found.rows.into_iter().map(ClientBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Make a client
#[utoipa::path(
    tag = "clients",
    security(("bearer" = []), ("cookie" = [])),
    request_body = NewClient,
    responses(
        (status = 201, description = "Made", body = ClientBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such realm or policy", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is one of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/clients")]
pub(super) async fn add_client(
    caller: Caller,
    flows: web::Data<Flows>,
    new: web::Json<NewClient>,
) -> Result<HttpResponse, Problem> {
    let new = new.into_inner();
    let realm: RealmName = new.realm.parse().map_err(|error| wrong("realm", error))?;
    caller.demand_realm(&realm)?;
    let client = Client {
        identity: new.name,
        realm,
        description: new.description,
        default_policy: new
            .default_policy
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("default_policy", error))?,
        version: 1,
    };
    let client = flows
        .add_client(client, &caller.actor())
        .await
        .map_err(problem)?;
    let place = format!("/clm-api/v1/clients/{}", client.identity);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, place))
        .insert_header(etag(client.version))
        .json(ClientBody::from(client)))
}

/// A client
#[utoipa::path(
    tag = "clients",
    params(("name" = String, Path, description = "Name of the client", example = "acme")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The client; its ETag is for If-Match", body = ClientBody),
        (status = 404, description = "No such client", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/clients/{name}")]
pub(super) async fn show_client(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let client = flows
        .show_client(&name, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(shown(client))
}

/// Change a client's description or default policy
#[utoipa::path(
    tag = "clients",
    params(("name" = String, Path, description = "Name of the client", example = "build-server")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = ClientChanges,
    responses(
        (status = 200, description = "The client as it is now", body = ClientBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such client or policy", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Changed by somebody else at the same time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/clients/{name}")]
pub(super) async fn change_client(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    request: HttpRequest,
    changes: web::Json<ClientChanges>,
) -> Result<HttpResponse, Problem> {
    let expected = expected_version(&request)?;
    let changes = changes.into_inner();
    let default_policy = match changes.default_policy.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(policy) => {
            let policy = policy.parse();
            Some(Some(
                policy.map_err(|error| wrong("default_policy", error))?,
            ))
        }
    };
    let change = ClientChange {
        description: changes.description,
        default_policy,
        expected,
    };
    let client = flows
        .change_client(&name, change, &caller.reach(), &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(shown(client))
}

fn shown(client: Client) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag(client.version))
        .json(ClientBody::from(client))
}

/// Remove a client with its tokens
#[utoipa::path(
    tag = "clients",
    params(("name" = String, Path, description = "Name of the client", example = "build-server")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "No such client", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Comes with the platform", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/clients/{name}")]
pub(super) async fn remove_client(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    flows
        .remove_client(&name, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// The access tokens of a client, without their text
#[utoipa::path(
    tag = "clients",
    params(("name" = String, Path, description = "Name of the client", example = "acme")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Oldest first", body = TokenList),
        (status = 404, description = "No such client", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/clients/{name}/tokens")]
pub(super) async fn list_tokens(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<web::Json<TokenList>, Problem> {
    let tokens = flows
        .list_tokens(&name, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(web::Json(TokenList {
        tokens: tokens.into_iter().map(TokenBody::from).collect(),
    }))
}

/// Make an access token; it is shown this once
///
/// It allows no more than its maker may do there.
#[utoipa::path(
    tag = "clients",
    params(("name" = String, Path, description = "Name of the client", example = "build-server")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = TokenWish,
    responses(
        (status = 201, description = "Made", body = MadeToken),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such client", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/clients/{name}/tokens")]
pub(super) async fn make_token(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    wish: web::Json<TokenWish>,
) -> Result<HttpResponse, Problem> {
    let wish = wish.into_inner();
    let client = flows
        .show_client(&name, &caller.reach())
        .await
        .map_err(problem)?;
    let validity: Option<Period> = wish
        .validity
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("validity", error))?;
    let new = NewToken {
        description: wish.description,
        permissions: read_permissions(&wish.permissions)?,
        realm: wish
            .realm
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("realm", error))?,
        validity: validity.map(Period::duration),
    };
    let (made, token) = flows
        .make_token(&client, new, &caller.grants, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(MadeToken {
            made: TokenBody::from(made),
            token: token.to_string(),
        }))
}

/// Take an access token back
#[utoipa::path(
    tag = "clients",
    params(
        ("name" = String, Path, description = "Name of the client", example = "build-server"),
        ("id" = String, Path, description = "Id of the token")
    ),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "It lets in nobody any more"),
        (status = 404, description = "No such client or token", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/clients/{name}/tokens/{id}")]
pub(super) async fn revoke_token(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, id) = path.into_inner();
    flows
        .revoke_token(&name, &id, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<Client> for ClientBody {
    fn from(client: Client) -> Self {
        Self {
            name: client.identity,
            realm: client.realm.to_string(),
            description: client.description,
            default_policy: client.default_policy.map(|policy| policy.to_string()),
            version: client.version,
        }
    }
}

impl From<AccessToken> for TokenBody {
    fn from(token: AccessToken) -> Self {
        Self {
            id: token.id,
            client: token.client,
            description: token.description,
            permissions: token.permissions.iter().map(|one| one.as_str()).collect(),
            realm: token.realm.map(|realm| realm.to_string()),
            created_at: time_text(token.created_at_ms),
            created_by: token.created_by,
            expires_at: time_text(token.expires_at_ms),
            last_used_at: token.last_used_at_ms.map(time_text),
        }
    }
}
