//! `GET /v1/requests`: requests that wait for a person, or failed.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{ProblemBody, RequestBody},
    queries::page_size,
};
use crate::{
    domain::{page::PageRequest, request::CertificateRequest},
    flows::Flows,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RequestQuery {
    /// `pending-approval`, `approved`, `issued`, `declined` or `failed`.
    state: Option<String>,
    /// `true`: only those that the caller has made.
    #[serde(default)]
    mine: bool,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RequestList {
    requests: Vec<RequestBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

/// Requests, newest first
#[utoipa::path(
    tag = "requests",
    params(RequestQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = RequestList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/requests")]
pub(super) async fn list_requests(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<RequestQuery>,
) -> Result<web::Json<RequestList>, Problem> {
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let state = query
        .state
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("state", error))?;
    let own = query.mine.then(|| caller.requester()).transpose()?;
    let found = flows
        .list_requests(state, own.as_ref(), &caller.reach(), &page)
        .await
        .map_err(problem)?;
    let with_keys = flows
        .with_fetchable_keys(&found.rows)
        .await
        .map_err(problem)?;
    let asker = caller.requester().ok();
    let told = |request: CertificateRequest| {
        let is_own = asker.as_ref() == Some(&request.summary.requester);
        let is_there = is_own && with_keys.contains(&request.id);
        RequestBody::from(request).with_key(is_there)
    };
    Ok(web::Json(RequestList {
        requests: found.rows.into_iter().map(told).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}
