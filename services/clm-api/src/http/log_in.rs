//! `POST /v1/session`: log in with a password, or with a client certificate.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    post, web,
};
use ers_runtime::http::{ClientCertificates, Problem, ingress, problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    bodies::{ProblemBody, time_text},
    caller::{COOKIE, address, is_of_ingress},
};
use crate::flows::{Flows, LogInError, Session, SessionToken, csrf_token};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    #[schema(example = "administrator")]
    username: String,
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
    /// Six digits, when the account has a second factor.
    #[schema(example = "123456", max_length = 6)]
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoggedIn {
    username: String,
    /// For `Authorization: Bearer`; the same as the cookie's value.
    token: String,
    #[schema(format = DateTime)]
    ends_at: String,
    /// For `X-CSRF-Token`, beside the cookie, where the browser does not send `Sec-Fetch-Site`.
    csrf_token: String,
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
        (status = 401, description = "Wrong username or password, or a code of the second factor is needed: `field` is `code` then", body = ProblemBody, content_type = "application/problem+json"),
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
        .log_in(
            &login.username,
            &password,
            login.code.as_deref(),
            address(&flows, &request),
        )
        .await
        .map_err(refusal)?;
    Ok(logged_in(&flows, &token, &session))
}

/// Log in with the client certificate of an account
#[utoipa::path(
    tag = "session",
    responses(
        (status = 200, description = "Logged in", body = LoggedIn),
        (status = 400, description = "The ingress handed on what is no certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No certificate was shown, or it is nobody's", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/session/certificate")]
pub(super) async fn log_in_by_certificate(
    flows: web::Data<Flows>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let shown = shown_certificate(&flows, &request)?.ok_or_else(|| {
        Problem::of(
            StatusCode::UNAUTHORIZED,
            "log in: show the client certificate of an account",
        )
    })?;
    let (token, session) = flows
        .log_in_by_certificate(&shown, address(&flows, &request))
        .await
        .map_err(|error| match error {
            LogInError::Wrong => Problem::of(
                StatusCode::UNAUTHORIZED,
                "log in: the client certificate is nobody's",
            ),
            error => refusal(error),
        })?;
    Ok(logged_in(&flows, &token, &session))
}

/// What the client showed in its TLS handshake, here or to the ingress; only from that one the headers are believed.
fn shown_certificate(flows: &Flows, request: &HttpRequest) -> Result<Option<Vec<u8>>, Problem> {
    if is_of_ingress(flows, request) {
        return ingress::client_certificate(request);
    }
    let shown = request.conn_data::<ClientCertificates>();
    Ok(shown.and_then(|shown| shown.0.first().map(|leaf| leaf.to_vec())))
}

fn logged_in(flows: &Flows, token: &SessionToken, session: &Session) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::SET_COOKIE, session_cookie(flows, token, session)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(LoggedIn::of(token, session))
}

impl LoggedIn {
    pub(super) fn of(token: &SessionToken, session: &Session) -> Self {
        Self {
            username: session.identity.person.to_string(),
            token: token.expose().to_owned(),
            ends_at: time_text(session.ends_at_ms),
            csrf_token: csrf_token(token.expose()),
        }
    }
}

/// The cookie that is a session, for browsers.
pub(super) fn session_cookie(flows: &Flows, token: &SessionToken, session: &Session) -> String {
    let max_age = session.ends_at_ms.saturating_sub(flows.clock.now_ms()) / 1000;
    format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={max_age}",
        token.expose()
    )
}

fn refusal(error: LogInError) -> Problem {
    let locked_for = match &error {
        LogInError::Locked { seconds } => Some(*seconds),
        LogInError::Wrong
        | LogInError::CodeNeeded
        | LogInError::WrongCode
        | LogInError::Password(_)
        | LogInError::SecondFactor(_)
        | LogInError::Session(_)
        | LogInError::Store(_) => None,
    };
    let problem = problem(error);
    match locked_for {
        Some(seconds) => problem.retry_after(seconds),
        None => problem,
    }
}
