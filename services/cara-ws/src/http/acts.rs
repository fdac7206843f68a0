//! `GET /v1/acts`: what administrators did.

use actix_web::{get, web};
use ers_proto::cara::v1::{self as wire, administrators_server::Administrators as _};
use ers_runtime::http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    allowed::{Allowed, needs},
    bodies::{ProblemBody, page_size, time_text},
    problems::refused,
};
use crate::grpc::Service;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActQuery {
    /// Only of that administrator, e.g. `administrator:alice`.
    administrator: Option<String>,
    /// Only of that kind, e.g. `create-authority`.
    act: Option<String>,
    /// At most so many; 100, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: Option<u32>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

/// What an administrator did.
#[derive(Serialize, ToSchema)]
pub(super) struct Act {
    number: u64,
    #[schema(format = DateTime)]
    at: String,
    #[schema(example = "administrator:alice")]
    administrator: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    address: String,
    #[schema(example = "create-authority")]
    act: String,
    #[schema(example = "issuing-2")]
    object: String,
    /// `done`, `refused`, or `begun`: its end is unknown.
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ActList {
    /// Newest first.
    acts: Vec<Act>,
    /// Empty: there are no more.
    next_page_token: String,
}

/// What administrators did
#[utoipa::path(
    tag = "acts",
    params(ActQuery),
    extensions(("x-permission" = json!("read-acts"))),
    responses(
        (status = 200, description = "A page of acts", body = ActList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/acts")]
pub(super) async fn list_acts(
    allowed: Allowed<needs::ReadActs>,
    service: web::Data<Service>,
    query: web::Query<ActQuery>,
) -> Result<web::Json<ActList>, Problem> {
    let query = query.into_inner();
    let answer = service
        .list_acts(allowed.call(wire::ListActsRequest {
            page_size: query.page_size.unwrap_or_default(),
            page_token: query.page_token.unwrap_or_default(),
            administrator: query.administrator.unwrap_or_default(),
            act: query.act.unwrap_or_default(),
        }))
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(ActList {
        acts: answer
            .acts
            .into_iter()
            .map(|act| Act {
                number: act.number,
                at: time_text(act.at),
                administrator: act.administrator,
                address: act.address,
                act: act.act,
                object: act.object,
                outcome: act.outcome,
                detail: act.detail,
            })
            .collect(),
        next_page_token: answer.next_page_token,
    }))
}
