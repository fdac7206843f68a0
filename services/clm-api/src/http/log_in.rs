//! `POST /v1/session`: log in.

use actix_web::{HttpRequest, HttpResponse, http::header, post, web};
use ers_runtime::http::{Problem, problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    administrator::{COOKIE, address},
    bodies::{ProblemBody, time_text},
};
use crate::flows::{Flows, LogInError};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    #[schema(example = "administrator")]
    username: String,
    #[schema(format = Password)]
    password: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoggedIn {
    username: String,
    /// For `Authorization: Bearer`; the same as the cookie's value.
    token: String,
    #[schema(format = DateTime)]
    ends_at: String,
}

/// Log in
///
/// Gives a session cookie for browsers and the same as a bearer token for everybody else.
#[utoipa::path(
    tag = "session",
    request_body = Login,
    responses(
        (status = 200, description = "Logged in", body = LoggedIn),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Wrong username or password", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/session")]
pub(super) async fn log_in(
    flows: web::Data<Flows>,
    request: HttpRequest,
    login: web::Json<Login>,
) -> Result<HttpResponse, Problem> {
    let login = login.into_inner();
    let password = zeroize::Zeroizing::new(login.password);
    let (token, session) = flows
        .log_in(&login.username, &password, address(&request))
        .await
        .map_err(refusal)?;
    let max_age = session.ends_at_ms.saturating_sub(flows.clock.now_ms()) / 1000;
    let cookie = format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={max_age}",
        token.expose()
    );
    Ok(HttpResponse::Ok()
        .insert_header((header::SET_COOKIE, cookie))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(LoggedIn {
            username: session.username.to_string(),
            token: token.expose().to_owned(),
            ends_at: time_text(session.ends_at_ms),
        }))
}

fn refusal(error: LogInError) -> Problem {
    let locked_for = match &error {
        LogInError::Locked { seconds } => Some(*seconds),
        LogInError::Wrong | LogInError::Password(_) | LogInError::Store(_) => None,
    };
    let problem = problem(error);
    match locked_for {
        Some(seconds) => problem.retry_after(seconds),
        None => problem,
    }
}
