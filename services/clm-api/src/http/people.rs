//! `/v1/people`: local accounts.

use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::{StatusCode, header},
    patch, post, put, web,
};
use ers_pki::pem;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    headers::{etag, expected_version, precondition_failed},
    queries::PlainQuery,
};
use crate::{
    domain::{account::Account, id::Username, page::Page},
    flows::{AccountChange, Flows, NewAccount},
};

/// A local account.
#[derive(Serialize, ToSchema)]
#[schema(as = Person)]
pub(super) struct PersonBody {
    #[schema(example = "anna")]
    username: String,
    display_name: String,
    email: String,
    /// Nobody logs in with it.
    closed: bool,
    /// A code is asked for at each login.
    second_factor: bool,
    /// SHA-256 of the client certificate that logs in, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_login_at: Option<String>,
    version: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PersonList {
    people: Vec<PersonBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "anna", "display_name": "Anna Example", "email": "anna@example.com"}))]
pub(super) struct NewPerson {
    /// 1 to 64 of a-z 0-9 . _ @ -
    #[schema(max_length = 64)]
    username: String,
    /// Absent: one is made and shown this once.
    #[schema(format = Password)]
    password: Option<String>,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    email: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MadePerson {
    #[serde(flatten)]
    person: PersonBody,
    /// The password that was made; shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "Anna Beispiel", "closed": false}))]
pub(super) struct PersonChanges {
    display_name: Option<String>,
    email: Option<String>,
    /// Nobody logs in with it; its sessions end.
    closed: Option<bool>,
    /// PEM; the client certificate that logs in. Empty: none any more.
    certificate: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// At least 12 characters.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
}

/// Local accounts
#[utoipa::path(
    tag = "people",
    params(PlainQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page, by username", body = PersonList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/people")]
pub(super) async fn list_people(
    _caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<PlainQuery>,
) -> Result<web::Json<PersonList>, Problem> {
    let (search, page) = query.read()?;
    let mut people = flows.list_people().await.map_err(problem)?;
    people.retain(|one| search.is_in(&[one.username.as_str(), &one.display_name, &one.email]));
    let found = Page::of_list(people, &page, |one| one.username.to_string());
    Ok(web::Json(PersonList {
        people: found.rows.into_iter().map(PersonBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Make a local account
///
/// It may do nothing until it is given a role.
#[utoipa::path(
    tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    request_body = NewPerson,
    responses(
        (status = 201, description = "Made", body = MadePerson),
        (status = 400, description = "Malformed, or the password too weak", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is one of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/people")]
pub(super) async fn add_person(
    caller: Caller,
    flows: web::Data<Flows>,
    new: web::Json<NewPerson>,
) -> Result<HttpResponse, Problem> {
    caller.demand_everywhere()?;
    let new = new.into_inner();
    let new = NewAccount {
        username: read(&new.username)?,
        password: new.password.map(Zeroizing::new),
        display_name: new.display_name,
        email: new.email,
    };
    let (account, made) = flows
        .add_person(new, &caller.actor())
        .await
        .map_err(problem)?;
    let place = format!("/clm-api/v1/people/{}", account.username);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, place))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(etag(account.version))
        .json(MadePerson {
            person: PersonBody::from(account),
            password: made.map(|password| password.to_string()),
        }))
}

/// A local account
#[utoipa::path(
    tag = "people",
    params(("username" = String, Path, description = "Login name", example = "administrator")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The account; its ETag is for If-Match", body = PersonBody),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/people/{username}")]
pub(super) async fn show_person(
    _caller: Caller,
    flows: web::Data<Flows>,
    username: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = flows.show_person(&read(&username)?).await;
    Ok(shown(found.map_err(problem)?))
}

/// Change, close or open a local account
#[utoipa::path(
    tag = "people",
    params(("username" = String, Path, description = "Login name", example = "anna")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = PersonChanges,
    responses(
        (status = 200, description = "The account as it is now", body = PersonBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be administrator any more, or the certificate is somebody else's", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/people/{username}")]
pub(super) async fn change_person(
    caller: Caller,
    flows: web::Data<Flows>,
    username: web::Path<String>,
    request: HttpRequest,
    changes: web::Json<PersonChanges>,
) -> Result<HttpResponse, Problem> {
    let username = read(&username)?;
    demand_above(&caller, &flows, &username).await?;
    let expected = expected_version(&request)?;
    let changes = changes.into_inner();
    let certificate = match changes.certificate.as_deref() {
        None => None,
        Some("") => Some(Vec::new()),
        Some(text) => {
            Some(pem::decode(text, &["CERTIFICATE"]).map_err(|error| wrong("certificate", error))?)
        }
    };
    let change = AccountChange {
        display_name: changes.display_name,
        email: changes.email,
        closed: changes.closed,
        certificate,
        expected,
    };
    let account = flows
        .change_person(&username, &change, &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(shown(account))
}

/// Remove a local account with all its roles
#[utoipa::path(
    tag = "people",
    params(("username" = String, Path, description = "Login name", example = "anna")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be administrator any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/people/{username}")]
pub(super) async fn remove_person(
    caller: Caller,
    flows: web::Data<Flows>,
    username: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let username = read(&username)?;
    demand_above(&caller, &flows, &username).await?;
    flows
        .remove_person(&username, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Set somebody's password and open the account
#[utoipa::path(
    tag = "people",
    params(("username" = String, Path, description = "Login name", example = "anna")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = NewPassword,
    responses(
        (status = 204, description = "Set; the sessions of the account end"),
        (status = 400, description = "Malformed, or too weak", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/people/{username}/password")]
pub(super) async fn set_password(
    caller: Caller,
    flows: web::Data<Flows>,
    username: web::Path<String>,
    new: web::Json<NewPassword>,
) -> Result<HttpResponse, Problem> {
    let username = read(&username)?;
    demand_above(&caller, &flows, &username).await?;
    let password = Zeroizing::new(new.into_inner().password);
    flows
        .set_password(&username, &password, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take somebody's second factor away, when their device is lost
#[utoipa::path(
    tag = "people",
    params(("username" = String, Path, description = "Login name", example = "anna")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Taken away"),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/people/{username}/second-factor")]
pub(super) async fn reset_second_factor(
    caller: Caller,
    flows: web::Data<Flows>,
    username: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let username = read(&username)?;
    demand_above(&caller, &flows, &username).await?;
    flows
        .reset_second_factor(&username, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who takes over an account has what it may do: nobody does that to one that may do more than they.
async fn demand_above(caller: &Caller, flows: &Flows, username: &Username) -> Result<(), Problem> {
    caller.demand_everywhere()?;
    let person = username
        .as_str()
        .parse()
        .map_err(|error| wrong("username", error))?;
    let theirs = flows
        .grants_of_person(&person, &[])
        .await
        .map_err(problem)?;
    if theirs.each().iter().all(|grant| caller.grants.cover(grant)) {
        return Ok(());
    }
    Err(Problem::of(
        StatusCode::FORBIDDEN,
        "that account may do more than you may",
    ))
}

fn shown(account: Account) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag(account.version))
        .json(PersonBody::from(account))
}

fn read(username: &str) -> Result<Username, Problem> {
    username.parse().map_err(|error| wrong("username", error))
}

impl From<Account> for PersonBody {
    fn from(account: Account) -> Self {
        Self {
            username: account.username.to_string(),
            display_name: account.display_name,
            email: account.email,
            closed: account.closed,
            second_factor: account.totp_confirmed,
            certificate: account.certificate,
            created_at: time_text(account.created_at_ms),
            last_login_at: account.last_login_at_ms.map(time_text),
            version: account.version,
        }
    }
}
