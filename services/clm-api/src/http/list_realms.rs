//! `GET /v1/realms`.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Administrator,
    bodies::{ProblemBody, RealmBody},
};
use crate::flows::Flows;

#[derive(Serialize, ToSchema)]
pub(super) struct RealmList {
    realms: Vec<RealmBody>,
}

/// All realms
#[utoipa::path(
    tag = "realms",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Realms by name", body = RealmList),
        (status = 401, description = "Not logged in", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/realms")]
pub(super) async fn list_realms(
    _administrator: Administrator,
    flows: web::Data<Flows>,
) -> Result<web::Json<RealmList>, Problem> {
    let realms = flows.list_realms().await.map_err(problem)?;
    Ok(web::Json(RealmList {
        realms: realms.into_iter().map(RealmBody::from).collect(),
    }))
}
