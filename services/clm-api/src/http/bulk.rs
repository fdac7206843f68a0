//! `/v1/bulk-acts`: acts on all certificates that a filter lets through, or that are named one by one.

use actix_web::{HttpRequest, HttpResponse, get, http::header, post, web};
use ers_pki::profile::Period;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    headers::idempotency_key,
    queries::{page_size, with_filter},
};
use crate::{
    domain::{
        bulk::{BulkAct, BulkFailure, BulkKind, BulkMaker, BulkWish},
        page::PageRequest,
    },
    flows::Flows,
};

const USUAL_WITHIN: Period = Period::hours(24);

with_filter! {
    /// What is looked for; all of it must hold.
    #[derive(Default, ToSchema)]
    #[schema(as = CertificateFilter)]
    FilterBody {}
}

/// Which certificates: `ids` or a `filter`.
macro_rules! selecting {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $more:ident: $kind:ty,)* }) => {
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$of])*
        pub(super) struct $name {
            /// Serials or fingerprints, hex, at most 10000; or else a filter.
            #[serde(default)]
            ids: Vec<String>,
            /// All that are in the inventory by now and that it lets through; something must be looked for.
            #[serde(default)]
            filter: FilterBody,
            $($(#[$doc])* $more: $kind,)*
        }
    };
}

selecting! {
    /// Certificates that are to be revoked; of those that are found, the valid ones unless another state is looked for.
    #[schema(example = json!({"filter": {"tags": "env=test"}, "reason": "cessationOfOperation"}))]
    BulkRevocation {
        /// RFC 5280 name; absent: `unspecified`.
        #[serde(default)]
        reason: String,
    }
}

selecting! {
    /// Certificates whose clients are to be told to renew now; of those that are found, the valid ones.
    #[schema(example = json!({"filter": {"issuer": "default-sub-ca"}, "within": "12h"}))]
    BulkRenewal {
        /// The time over which clients spread themselves; absent: `24h`.
        within: Option<String>,
        /// `https` URL where people can read why.
        explanation_url: Option<String>,
    }
}

selecting! {
    /// Certificates beside which something is to be written.
    #[schema(example = json!({"filter": {"search": "shop.example"}, "owner": "shop@example.org", "set_tags": ["env=prod"]}))]
    BulkChange {
        /// A person's name or mail address; empty: nobody; absent: as it is.
        owner: Option<String>,
        /// `name` or `name=value`, beside those that are there, in the place of those of the same name.
        #[serde(default)]
        set_tags: Vec<String>,
        /// Names of tags.
        #[serde(default)]
        remove_tags: Vec<String>,
    }
}

/// An act on many certificates.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkAct)]
pub(super) struct BulkActBody {
    #[schema(example = "17")]
    id: String,
    /// `revoke`, `renew` or `change`.
    #[schema(example = "revoke")]
    kind: &'static str,
    /// `running`, `done` or `cancelled`.
    #[schema(example = "running")]
    state: &'static str,
    /// What is wanted: `ids` or `filter`, and `act`.
    #[schema(value_type = Object)]
    wish: serde_json::Value,
    /// Certificates that there were when it began.
    total: u64,
    /// Certificates that it was done to.
    done: u64,
    /// Certificates that were so already.
    unchanged: u64,
    /// Certificates that it could not be done to.
    failed: u64,
    created_by: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

/// An act with what could not be done.
#[derive(Serialize, ToSchema)]
pub(super) struct WholeBulkAct {
    #[serde(flatten)]
    act: BulkActBody,
    /// The first 1000.
    failures: Vec<BulkFailureBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BulkFailure)]
pub(super) struct BulkFailureBody {
    /// Fingerprint, or the id that was given.
    certificate: String,
    /// Why.
    reason: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct BulkActList {
    bulk_acts: Vec<BulkActBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    total: u64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BulkQuery {
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

/// Revoke many certificates
#[utoipa::path(
    tag = "bulk acts",
    security(("bearer" = []), ("cookie" = [])),
    request_body = BulkRevocation,
    responses(
        (status = 202, description = "Begun", body = BulkActBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The key was used for another act", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/bulk-acts/revocations")]
pub(super) async fn revoke_many(
    caller: Caller,
    flows: web::Data<Flows>,
    wish: web::Json<BulkRevocation>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wish = wish.into_inner();
    let act = BulkKind::Revoke {
        reason: wish.reason,
    };
    begin(&caller, &flows, &request, (wish.ids, wish.filter, act)).await
}

/// Have the clients of many certificates told to renew now
#[utoipa::path(
    tag = "bulk acts",
    security(("bearer" = []), ("cookie" = [])),
    request_body = BulkRenewal,
    responses(
        (status = 202, description = "Begun", body = BulkActBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The key was used for another act", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/bulk-acts/renewals")]
pub(super) async fn renew_many(
    caller: Caller,
    flows: web::Data<Flows>,
    wish: web::Json<BulkRenewal>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wish = wish.into_inner();
    let within: Option<Period> = wish
        .within
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("within", error))?;
    let act = BulkKind::Renew {
        within_seconds: within.unwrap_or(USUAL_WITHIN).duration().whole_seconds(),
        explanation_url: wish.explanation_url,
    };
    begin(&caller, &flows, &request, (wish.ids, wish.filter, act)).await
}

/// Change owner and tags of many certificates
#[utoipa::path(
    tag = "bulk acts",
    security(("bearer" = []), ("cookie" = [])),
    request_body = BulkChange,
    responses(
        (status = 202, description = "Begun", body = BulkActBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The key was used for another act", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/bulk-acts/changes")]
pub(super) async fn change_many(
    caller: Caller,
    flows: web::Data<Flows>,
    wish: web::Json<BulkChange>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wish = wish.into_inner();
    let act = BulkKind::Change {
        owner: wish.owner,
        set_tags: wish.set_tags,
        remove_tags: wish.remove_tags,
    };
    begin(&caller, &flows, &request, (wish.ids, wish.filter, act)).await
}

async fn begin(
    caller: &Caller,
    flows: &Flows,
    request: &HttpRequest,
    (ids, filter, act): (Vec<String>, FilterBody, BulkKind),
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(request)?;
    let actor = caller.actor();
    let maker = BulkMaker {
        actor: actor.name,
        address: actor.address,
        requester: caller.requester()?,
        reach: caller.reach(),
    };
    let wish = BulkWish {
        ids,
        filter: filter.filter_text(),
        act,
    };
    let begun = flows
        .begin_bulk_act(wish, maker, key.as_deref())
        .await
        .map_err(problem)?;
    let place = format!("/clm-api/v1/bulk-acts/{}", begun.id);
    Ok(HttpResponse::Accepted()
        .insert_header((header::LOCATION, place))
        .json(BulkActBody::from(begun)))
}

/// Acts on many certificates, newest first
///
/// Who sees the certificates of all realms sees all of them; others see their own.
#[utoipa::path(
    tag = "bulk acts",
    params(BulkQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = BulkActList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/bulk-acts")]
pub(super) async fn list_bulk_acts(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<BulkQuery>,
) -> Result<web::Json<BulkActList>, Problem> {
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let found = flows
        .list_bulk_acts(&caller.actor(), &caller.reach(), &page)
        .await
        .map_err(problem)?;
    Ok(web::Json(BulkActList {
        bulk_acts: found.rows.into_iter().map(BulkActBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// How far an act has come, and what could not be done
#[utoipa::path(
    tag = "bulk acts",
    params(("id" = String, Path, description = "Its number")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "As it stands", body = WholeBulkAct),
        (status = 400, description = "Not a number", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such act, or somebody else's", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/bulk-acts/{id}")]
pub(super) async fn show_bulk_act(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<web::Json<WholeBulkAct>, Problem> {
    let (act, failures) = flows
        .show_bulk_act(number(&id)?, &caller.actor(), &caller.reach())
        .await
        .map_err(problem)?;
    Ok(web::Json(WholeBulkAct {
        act: act.into(),
        failures: failures.into_iter().map(BulkFailureBody::from).collect(),
    }))
}

/// End an act on many certificates; what is done stays done
#[utoipa::path(
    tag = "bulk acts",
    params(("id" = String, Path, description = "Its number")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "It does not go on", body = BulkActBody),
        (status = 400, description = "Not a number", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such act, or somebody else's", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has ended", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/bulk-acts/{id}/cancellation")]
pub(super) async fn cancel_bulk_act(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<web::Json<BulkActBody>, Problem> {
    let act = flows
        .cancel_bulk_act(number(&id)?, &caller.actor(), &caller.reach())
        .await
        .map_err(problem)?;
    Ok(web::Json(act.into()))
}

fn number(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| wrong("id", "must be a number"))
}

impl From<BulkAct> for BulkActBody {
    fn from(act: BulkAct) -> Self {
        Self {
            id: act.id.to_string(),
            kind: act.wish.act.as_str(),
            state: act.state.as_str(),
            wish: serde_json::json!(act.wish),
            total: act.total,
            done: act.progress.done,
            unchanged: act.progress.unchanged,
            failed: act.progress.failed,
            created_by: act.maker.actor,
            created_at: time_text(act.created_at_ms),
            finished_at: act.finished_at_ms.map(time_text),
        }
    }
}

impl From<BulkFailure> for BulkFailureBody {
    fn from(failure: BulkFailure) -> Self {
        Self {
            certificate: failure.certificate,
            reason: failure.reason,
        }
    }
}
