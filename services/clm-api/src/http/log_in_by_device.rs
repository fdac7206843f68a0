//! `/v1/oidc/device` and `/v1/session/device`: logging in with a browser elsewhere (RFC 8628), for command lines. No
//! cookie is set: who asks is no browser.

use actix_web::{HttpRequest, HttpResponse, http::header, post, web};
use ers_runtime::http::{Problem, problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{bodies::ProblemBody, caller::address, log_in::LoggedIn};
use crate::flows::{DeviceLogin, Flows, ProviderLogInError};

/// What a person types, and where.
#[derive(Serialize, ToSchema)]
pub(super) struct DeviceAuthorization {
    /// For `POST /v1/session/device`, and nobody else.
    device_code: String,
    /// What is typed.
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
    /// Page of the OpenID provider.
    #[schema(example = "https://id.example.com/realms/ers/device")]
    verification_url: String,
    /// The same with the code in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_url_complete: Option<String>,
    /// Seconds after which the codes are worth nothing.
    expires_in: u64,
    /// Seconds between two questions, at least.
    interval: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceCode {
    /// As `POST /v1/oidc/device` gave it.
    #[schema(max_length = 2000)]
    device_code: String,
}

/// Nobody has typed the code yet.
#[derive(Serialize, ToSchema)]
pub(super) struct DevicePending {
    /// Seconds more between two questions from now on.
    slower_by: u32,
}

/// Begin to log in with a browser elsewhere
///
/// The device authorization of RFC 8628, done by CLM as client of the OpenID provider.
#[utoipa::path(
    tag = "session",
    responses(
        (status = 200, description = "What to type, and where", body = DeviceAuthorization),
        (status = 404, description = "There is no provider here, or it gives no device codes", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The provider is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/oidc/device")]
pub(super) async fn begin_device_log_in(
    flows: web::Data<Flows>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let address = address(&flows, &request);
    let begun = flows.begin_device_log_in(address.as_deref()).await;
    let begun = begun.map_err(refusal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(DeviceAuthorization {
            device_code: begun.device_code.to_string(),
            user_code: begun.user_code,
            verification_url: begun.verification_url,
            verification_url_complete: begun.verification_url_complete,
            expires_in: begun.lifetime.as_secs(),
            interval: begun.interval.as_secs(),
        }))
}

/// Log in once somebody has typed the code
///
/// To be asked again, no sooner than was said, until it is no longer 202.
#[utoipa::path(
    tag = "session",
    request_body = DeviceCode,
    responses(
        (status = 200, description = "Logged in", body = LoggedIn),
        (status = 202, description = "Nobody has typed the code yet", body = DevicePending),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "They were refused, or the code is over", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no provider here", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The provider is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/session/device")]
pub(super) async fn log_in_by_device(
    flows: web::Data<Flows>,
    request: HttpRequest,
    code: web::Json<DeviceCode>,
) -> Result<HttpResponse, Problem> {
    let code = zeroize::Zeroizing::new(code.into_inner().device_code);
    let address = address(&flows, &request);
    let outcome = flows.log_in_by_device(&code, address).await;
    Ok(match outcome.map_err(refusal)? {
        DeviceLogin::In(session) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(LoggedIn::of(&session.0, &session.1)),
        DeviceLogin::Pending { slower_by } => {
            HttpResponse::Accepted().json(DevicePending { slower_by })
        }
    })
}

fn refusal(error: ProviderLogInError) -> Problem {
    let seconds = match &error {
        ProviderLogInError::TooMany { seconds } => Some(*seconds),
        _ => None,
    };
    let problem = problem(error);
    match seconds {
        Some(seconds) => problem.retry_after(seconds),
        None => problem,
    }
}
