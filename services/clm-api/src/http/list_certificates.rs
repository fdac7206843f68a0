//! `GET /v1/certificates`: the inventory.

use actix_web::{get, web};
use ers_pki::profile::Period;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{CertificateBody, ProblemBody},
    queries::page_size,
};
use crate::{
    domain::{inventory::Filter, page::PageRequest},
    flows::Flows,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CertificateQuery {
    /// Only those of this realm.
    realm: Option<String>,
    /// Part of subject, name or serial; case does not matter.
    search: Option<String>,
    /// `valid`, `revoked` or `expired`.
    state: Option<String>,
    /// Valid now and not any more after so long, e.g. `30d`.
    expires_within: Option<String>,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CertificateList {
    certificates: Vec<CertificateBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

/// The inventory, newest first
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
    let query = query.into_inner();
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let period: Option<Period> = query
        .expires_within
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("expires_within", error))?;
    let filter = Filter {
        realm: query
            .realm
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("realm", error))?,
        search: query.search.filter(|text| !text.is_empty()),
        state: query
            .state
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("state", error))?,
        expires_within: period.map(Period::duration),
    };
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
    }))
}
