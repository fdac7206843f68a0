//! `DELETE /v1/session`: log out.

use actix_web::{HttpResponse, delete, http::header, web};

use ers_runtime::http::{Problem, problem};

use super::{Caller, caller::COOKIE};
use crate::flows::Flows;

/// Log out
#[utoipa::path(
    tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses(
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
    Ok(HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, cookie))
        .finish())
}
