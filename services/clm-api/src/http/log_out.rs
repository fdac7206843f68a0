//! `DELETE /v1/session`: log out.

use actix_web::{HttpResponse, delete, http::header, web};

use ers_runtime::http::{Problem, problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, caller::COOKIE};
use crate::flows::Flows;

#[derive(Serialize, ToSchema)]
pub(super) struct LoggedOut {
    /// RP-initiated logout of OpenID Connect.
    provider_logout_url: String,
}

/// Log out
#[utoipa::path(
    tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Logged out here; the browser should go there to log out at the OpenID provider too", body = LoggedOut),
        (status = 204, description = "Logged out"),
    )
)]
#[delete("/v1/session")]
pub(super) async fn log_out(
    caller: Caller,
    flows: web::Data<Flows>,
) -> Result<HttpResponse, Problem> {
    let (session, token) = caller.session()?;
    flows.sessions.end(token).await.map_err(problem)?;
    tracing::info!(target: "audit", act = "session.end", actor = %session.identity.person, "logged out");
    let cookie = format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    if let Some(url) = flows.provider_logout_url(session).await {
        return Ok(HttpResponse::Ok()
            .insert_header((header::SET_COOKIE, cookie))
            .json(LoggedOut {
                provider_logout_url: url.to_string(),
            }));
    }
    Ok(HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, cookie))
        .finish())
}
