//! `/v1/oidc`: logging in at the OpenID provider. What ties its answer to the browser is in a cookie of ten minutes, so
//! that any replica can take the browser back.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::{StatusCode, header},
    web,
};
use aws_lc_rs::constant_time;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    bodies::ProblemBody,
    caller::{address, cookie},
    log_in::session_cookie,
};
use crate::{clients::Oidc, flows::Flows};

const COOKIE: &str = "__Host-ers-login";
const SECONDS: u32 = 600;
const USUAL_PLACE: &str = "/clm-ui/";
const LONGEST_PLACE: usize = 1000;

#[derive(Serialize, ToSchema)]
pub(super) struct LoginMethods {
    /// With a local account's password.
    password: bool,
    /// At the OpenID provider: `GET /v1/oidc/login`.
    oidc: bool,
    /// Whether people are sent there before they are asked how.
    oidc_first: bool,
    /// With a local account's client certificate.
    certificate: bool,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LoginQuery {
    /// Path here that the browser goes to afterwards; absent: `/clm-ui/`.
    return_to: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CallbackQuery {
    /// For tokens.
    code: Option<String>,
    /// What the login began with.
    #[serde(default)]
    state: String,
    /// Why the provider does not let in.
    error: Option<String>,
}

/// The ways to log in that there are here
#[utoipa::path(
    tag = "session",
    responses((status = 200, description = "Ways", body = LoginMethods))
)]
#[get("/v1/login-methods")]
pub(super) async fn list_login_methods(flows: web::Data<Flows>) -> web::Json<LoginMethods> {
    web::Json(LoginMethods {
        password: true,
        oidc: flows.oidc.is_some(),
        oidc_first: flows.oidc.as_ref().is_some_and(Oidc::is_first),
        certificate: true,
    })
}

/// Go to the OpenID provider to log in
#[utoipa::path(
    tag = "session",
    params(LoginQuery),
    responses(
        (status = 303, description = "To the provider"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no provider here", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The provider is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/oidc/login")]
pub(super) async fn begin_log_in(
    flows: web::Data<Flows>,
    query: web::Query<LoginQuery>,
) -> Result<HttpResponse, Problem> {
    let place = query.return_to.as_deref().unwrap_or(USUAL_PLACE);
    if !is_own_path(place) {
        return Err(wrong("return_to", "must be a path here, like /clm-ui/"));
    }
    let begun = flows.begin_log_in().await.map_err(problem)?;
    let value = [&begun.state, &begun.nonce, &begun.verifier].map(|part| part.as_str());
    // Lax: the browser comes back from another site.
    let kept = format!(
        "{COOKIE}={}.{}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SECONDS}",
        value.join("."),
        hex::encode(place)
    );
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, begun.url.as_str()))
        .insert_header((header::SET_COOKIE, kept))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

/// Come back from the OpenID provider
#[utoipa::path(
    tag = "session",
    params(CallbackQuery),
    responses(
        (status = 303, description = "Logged in; to where the browser was, with a session cookie"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The provider does not vouch for them, or the login was not begun in this browser", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no provider here", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The provider is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/oidc/callback")]
pub(super) async fn finish_log_in(
    flows: web::Data<Flows>,
    request: HttpRequest,
    query: web::Query<CallbackQuery>,
) -> Result<HttpResponse, Problem> {
    let begun = cookie(&request, COOKIE)
        .and_then(Begun::read)
        .filter(|begun| begun.is_of(&query.state))
        .ok_or_else(|| refused("the login was not begun in this browser, or too long ago"))?;
    if let Some(error) = &query.error {
        let error: String = error
            .chars()
            .filter(char::is_ascii_graphic)
            .take(64)
            .collect();
        return Err(refused(&format!("the OpenID provider says {error}")));
    }
    let code = query
        .code
        .as_deref()
        .ok_or_else(|| wrong("code", "is required"))?;
    let (token, session) = flows
        .log_in_by_provider(code, begun.verifier, begun.nonce, address(&flows, &request))
        .await
        .map_err(problem)?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, begun.place))
        .append_header((header::SET_COOKIE, session_cookie(&flows, &token, &session)))
        .append_header((
            header::SET_COOKIE,
            format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"),
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

/// What a login began with.
struct Begun<'a> {
    state: &'a str,
    nonce: &'a str,
    verifier: &'a str,
    place: String,
}

impl<'a> Begun<'a> {
    fn read(value: &'a str) -> Option<Self> {
        let mut parts = value.split('.');
        let (state, nonce, verifier) = (parts.next()?, parts.next()?, parts.next()?);
        let place = String::from_utf8(hex::decode(parts.next()?).ok()?).ok()?;
        (parts.next().is_none() && is_own_path(&place)).then_some(Self {
            state,
            nonce,
            verifier,
            place,
        })
    }

    fn is_of(&self, state: &str) -> bool {
        constant_time::verify_slices_are_equal(self.state.as_bytes(), state.as_bytes()).is_ok()
    }
}

/// Whether a browser takes it for a path here; two slashes, or a backslash, would lead elsewhere.
fn is_own_path(place: &str) -> bool {
    place.len() <= LONGEST_PLACE
        && place.starts_with('/')
        && !place.starts_with("//")
        && place
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'\\')
}

fn refused(detail: &str) -> Problem {
    Problem::of(StatusCode::UNAUTHORIZED, format!("log in: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_nowhere_else() {
        assert!(is_own_path("/clm-ui/certificates?state=valid"));
        for wrong in [
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "",
            "/a\r\nb",
            "clm-ui",
        ] {
            assert!(!is_own_path(wrong), "{wrong}");
        }
    }
}
