//! `DELETE /v1/session`: log out.

use actix_web::{HttpResponse, delete, http::header, web};

use super::{Administrator, administrator::COOKIE, bodies::ProblemBody};
use crate::flows::Flows;

/// Log out
#[utoipa::path(
    tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Logged out"),
        (status = 401, description = "Not logged in", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/session")]
pub(super) async fn log_out(administrator: Administrator, flows: web::Data<Flows>) -> HttpResponse {
    flows.sessions.end(&administrator.token);
    tracing::info!(target: "audit", act = "session.end", actor = %administrator.username, "logged out");
    let cookie = format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, cookie))
        .finish()
}
