//! `GET /v1/certificates`: the inventory.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{CertificateBody, ProblemBody},
    queries::{page_size, with_filter},
};
use crate::{domain::page::PageRequest, flows::Flows, store::MOST_COUNTED};

with_filter! {
    #[derive(IntoParams)]
    #[into_params(parameter_in = Query)]
    CertificateQuery {
        /// Rows on a page: 50 when absent, at most 1000.
        #[serde(default, deserialize_with = "page_size")]
        page_size: u32,
        /// `next_page_token` of the page before.
        #[serde(default)]
        page_token: String,
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct CertificateList {
    certificates: Vec<CertificateBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages, counted up to 10000.
    total: u64,
    /// `false`: there may be more than the total.
    total_is_exact: bool,
}

/// The inventory
#[utoipa::path(
    tag = "certificates",
    params(CertificateQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = CertificateList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/certificates")]
pub(super) async fn list_certificates(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<CertificateQuery>,
) -> Result<web::Json<CertificateList>, Problem> {
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let filter = query
        .filter_text()
        .read()
        .map_err(|error| wrong(error.field, error))?;
    let found = flows
        .list_certificates(&filter, &caller.reach(), &page)
        .await
        .map_err(problem)?;
    let now_ms = flows.clock.now_ms();
    Ok(web::Json(CertificateList {
        certificates: found
            .rows
            .into_iter()
            .map(|entry| CertificateBody::of(entry, now_ms))
            .collect(),
        next_page_token: found.next,
        total: found.total,
        total_is_exact: found.total < MOST_COUNTED,
    }))
}
