//! `/v1/approvals`: acts that wait for a second administrator.

use actix_web::{get, http::StatusCode, post, web};
use ers_proto::cara::v1::{self as wire, approvals_server::Approvals};
use ers_runtime::http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    allowed::{Allowed, needs},
    bodies::{ProblemBody, page_size, time_text},
    problems::refused,
};
use crate::{domain::GuardedAct, grpc::Service};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ApprovalQuery {
    /// Only those that still wait.
    #[serde(default)]
    waiting: bool,
    /// At most so many; 100, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: Option<u32>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

/// An act that waits, or waited, for a second administrator.
#[derive(Serialize, ToSchema)]
pub(super) struct Approval {
    #[schema(example = "4f0c1f2ad5f34c3a9a9c6f7d2f6b5b11")]
    id: String,
    #[schema(example = "create-authority")]
    act: String,
    /// CA, profile or administrator.
    #[schema(example = "issuing-2")]
    object: String,
    /// What was asked for.
    details: Vec<ApprovalDetail>,
    #[schema(example = "administrator:alice")]
    requester: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// It can be approved until then.
    #[schema(format = DateTime)]
    expires_at: String,
    /// `waiting`, `approved`, `refused` or `expired`.
    state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(example = "administrator:bob")]
    decided_by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    decided_at: String,
    /// Once approved: `done`, `refused`, or `begun`: its end is unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    outcome: String,
    /// Why it was refused.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// The CA that it is about; absent: it concerns all.
    #[serde(skip_serializing_if = "String::is_empty")]
    authority: String,
}

/// A field of what was asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct ApprovalDetail {
    #[schema(example = "key_algorithm")]
    name: String,
    #[schema(example = "P-384")]
    value: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ApprovalList {
    /// Newest first.
    approvals: Vec<Approval>,
    /// Empty: there are no more.
    next_page_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    /// At most 1000 characters.
    #[serde(default)]
    reason: String,
}

/// Acts that wait for a second administrator
#[utoipa::path(
    tag = "approvals",
    params(ApprovalQuery),
    extensions(("x-permission" = json!("read-approvals"))),
    responses(
        (status = 200, description = "A page of them", body = ApprovalList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/approvals")]
pub(super) async fn list_approvals(
    allowed: Allowed<needs::ReadApprovals>,
    service: web::Data<Service>,
    query: web::Query<ApprovalQuery>,
) -> Result<web::Json<ApprovalList>, Problem> {
    let query = query.into_inner();
    let request = wire::ListPendingActsRequest {
        waiting: query.waiting,
        page_size: query.page_size.unwrap_or_default(),
        page_token: query.page_token.unwrap_or_default(),
    };
    let answer = Approvals::list(&**service, allowed.call(request))
        .await
        .map_err(refused)?
        .into_inner();
    let theirs = |act: &wire::PendingAct| of_theirs(&allowed, act).is_ok();
    Ok(web::Json(ApprovalList {
        approvals: answer.acts.into_iter().filter(theirs).map(body).collect(),
        next_page_token: answer.next_page_token,
    }))
}

/// An act that waits, or waited
#[utoipa::path(
    tag = "approvals",
    params(("id" = String, Path, description = "Which")),
    extensions(("x-permission" = json!("read-approvals"))),
    responses(
        (status = 200, description = "What has become of it", body = Approval),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such act", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/approvals/{id}")]
pub(super) async fn show_approval(
    allowed: Allowed<needs::ReadApprovals>,
    service: web::Data<Service>,
    id: web::Path<String>,
) -> Result<web::Json<Approval>, Problem> {
    let found = find(&allowed, &service, &id).await?;
    Ok(web::Json(body(found)))
}

/// Approve an act
///
/// It is done at once, in the name of who asked; how it ended stands in the answer.
#[utoipa::path(
    tag = "approvals",
    params(("id" = String, Path, description = "Which")),
    extensions(("x-permission" = json!("approve-acts"))),
    responses(
        (status = 200, description = "Approved, and how it ended", body = Approval),
        (status = 403, description = "Not allowed, or you asked for it yourself", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such act", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Decided, or its time is over", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/approvals/{id}/approve")]
pub(super) async fn approve(
    allowed: Allowed<needs::ApproveActs>,
    service: web::Data<Service>,
    id: web::Path<String>,
) -> Result<web::Json<Approval>, Problem> {
    may_decide(&allowed, &find(&allowed, &service, &id).await?)?;
    let actor = allowed.actor();
    let work = service.approve_act(&id, &actor);
    let done = allowed.act(&service, "approve-act", &id, work).await?;
    Ok(web::Json(body(done)))
}

/// Refuse an act
///
/// Who asked may take it back so.
#[utoipa::path(
    tag = "approvals",
    params(("id" = String, Path, description = "Which")),
    extensions(("x-permission" = json!("approve-acts"))),
    request_body = Refusal,
    responses(
        (status = 200, description = "Refused", body = Approval),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such act", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Decided, or its time is over", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/approvals/{id}/refuse")]
pub(super) async fn refuse(
    allowed: Allowed<needs::ApproveActs>,
    service: web::Data<Service>,
    id: web::Path<String>,
    refusal: web::Json<Refusal>,
) -> Result<web::Json<Approval>, Problem> {
    may_decide(&allowed, &find(&allowed, &service, &id).await?)?;
    let actor = allowed.actor();
    let work = service.refuse_act(&id, &actor, &refusal.reason);
    let done = allowed.act(&service, "refuse-act", &id, work).await?;
    Ok(web::Json(body(done)))
}

async fn find<N>(
    allowed: &Allowed<N>,
    service: &Service,
    id: &str,
) -> Result<wire::PendingAct, Problem> {
    let request = wire::LoadPendingActRequest { id: id.to_owned() };
    let found = Approvals::load(service, allowed.call(request)).await;
    let found = found.map_err(refused)?.into_inner();
    of_theirs(allowed, &found)?;
    Ok(found)
}

/// Who administers some CAs only sees, and decides about, what concerns those.
fn of_theirs<N>(allowed: &Allowed<N>, act: &wire::PendingAct) -> Result<(), Problem> {
    if !act.authority.is_empty() {
        return allowed.with_authority(&act.authority);
    }
    if allowed.administrator().authorities.is_empty() {
        return Ok(());
    }
    Err(forbidden("it concerns CAs that you do not administer"))
}

/// Who could not do it cannot approve it either.
fn may_decide<N>(allowed: &Allowed<N>, act: &wire::PendingAct) -> Result<(), Problem> {
    let needed = GuardedAct::find(&act.act).map(GuardedAct::permission);
    match needed {
        Some(needed) if allowed.administrator().may(needed) => Ok(()),
        _ => Err(forbidden("you could not do that yourself")),
    }
}

fn forbidden(detail: &str) -> Problem {
    Problem::of(StatusCode::FORBIDDEN, detail)
}

fn body(act: wire::PendingAct) -> Approval {
    let details = act.details.into_iter().map(|detail| ApprovalDetail {
        name: detail.name,
        value: detail.value,
    });
    Approval {
        id: act.id,
        act: act.act,
        object: act.object,
        details: details.collect(),
        requester: act.requester,
        created_at: time_text(act.created_at),
        expires_at: time_text(act.expires_at),
        state: act.state,
        decided_by: act.decided_by,
        decided_at: match act.decided_at {
            None => String::new(),
            at => time_text(at),
        },
        outcome: act.outcome,
        detail: act.detail,
        authority: act.authority,
    }
}
