//! `/v1/deliveries`: the log of what was told, and what is still on its way.

use actix_web::{HttpResponse, get, post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    queries::page_size,
};
use crate::{
    domain::page::PageRequest,
    flows::Flows,
    store::{Delivery, DeliveryFilter, DeliveryState},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryQuery {
    /// `pending`, `delivered` or `failed`.
    state: Option<String>,
    /// Of this subscription.
    subscription: Option<String>,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

/// A notice on its way, or there.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct DeliveryBody {
    id: i64,
    subscription: String,
    #[schema(example = "certificate.expiring")]
    event: String,
    channel: String,
    recipient: String,
    #[schema(example = "delivered")]
    state: String,
    attempts: u32,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    last_error: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// While it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// When it arrived or was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// What is told: as webhooks have it in `data`.
    #[schema(value_type = Object)]
    content: serde_json::Value,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryList {
    deliveries: Vec<DeliveryBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

/// What was told and is to be, newest first
#[utoipa::path(
    tag = "notifications",
    params(DeliveryQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = DeliveryList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/deliveries")]
pub(super) async fn list_deliveries(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<DeliveryQuery>,
) -> Result<web::Json<DeliveryList>, Problem> {
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let filter = DeliveryFilter {
        state: query
            .state
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("state", error))?,
        subscription: query
            .subscription
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("subscription", error))?,
        within: None,
    };
    let found = flows
        .list_deliveries(filter, &caller.reach(), &page)
        .await
        .map_err(problem)?;
    Ok(web::Json(DeliveryList {
        deliveries: found.rows.into_iter().map(DeliveryBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Send one again, now
#[utoipa::path(
    tag = "notifications",
    params(("id" = i64, Path, description = "Number of the delivery")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 202, description = "On its way"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that number that has not arrived", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/deliveries/{id}/retry")]
pub(super) async fn retry_delivery(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|error| wrong("id", error))?;
    flows
        .retry_delivery(id, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Accepted().finish())
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let (channel, recipient) = delivery.recipient.as_parts();
        let is_pending = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.id,
            subscription: delivery.subscription,
            event: delivery.event.as_str().to_owned(),
            channel: channel.to_owned(),
            recipient,
            state: delivery.state.as_str().to_owned(),
            attempts: delivery.attempts,
            last_error: delivery.last_error,
            created_at: time_text(delivery.created_at_ms),
            next_attempt_at: is_pending.then(|| time_text(delivery.next_attempt_at_ms)),
            finished_at: delivery.finished_at_ms.map(time_text),
            content: serde_json::json!(delivery.content),
        }
    }
}
