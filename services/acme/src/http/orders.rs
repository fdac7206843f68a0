//! The orders of an account: RFC 8555 §7.1.2.1. Pages; the next one is told in a Link header.

use actix_web::HttpResponse;
use serde_json::json;

use super::incoming::Incoming;
use super::reply::Reply;
use crate::domain::id::{AccountId, OrderId};
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::flows::authenticate::by_account;

const PAGE: u64 = 100;

/// POST-as-GET acct/{id}/orders.
pub async fn list(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    payload.must_be_empty()?;
    if incoming.id(AccountId::parse)? != account.id {
        return Err(Problem::unauthorized(
            "the request is not by the account that it is about",
        ));
    }
    let after = match incoming.query.strip_prefix("after=") {
        Some(id) => Some(OrderId::parse(id).ok_or_else(|| Problem::not_found("page"))?),
        None => None,
    };
    let ids = server
        .store
        .list_orders(&account.id, after.as_ref(), PAGE)
        .await
        .map_err(Failure::from)?;
    let urls: Vec<String> = ids
        .iter()
        .map(|id| server.urls.order(&account.directory, id))
        .collect();
    let mut reply = Reply::ok(json!({ "orders": urls }));
    if ids.len() as u64 == PAGE
        && let Some(last) = ids.last()
    {
        let next = format!(
            "{}?after={last}",
            server.urls.orders(&account.directory, &account.id)
        );
        reply = reply.link("next", &next);
    }
    Ok(reply.build())
}
