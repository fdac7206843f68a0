//! `GET /v1/session`: who is logged in.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Administrator,
    bodies::{ProblemBody, time_text},
};

#[derive(Serialize, ToSchema)]
pub(super) struct SessionBody {
    #[schema(example = "administrator")]
    username: String,
    #[schema(format = DateTime)]
    ends_at: String,
}

/// Who is logged in
#[utoipa::path(
    tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        (status = 401, description = "Not logged in", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/session")]
pub(super) async fn show_session(administrator: Administrator) -> web::Json<SessionBody> {
    web::Json(SessionBody {
        username: administrator.username.to_string(),
        ends_at: time_text(administrator.ends_at_ms),
    })
}
