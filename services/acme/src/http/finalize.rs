//! finalize: RFC 8555 §7.4.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::id::OrderId;
use crate::domain::problem::Problem;
use crate::flows;
use crate::flows::authenticate::by_account;

/// POST order/{id}/finalize.
pub async fn finalize(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    let id = incoming.id(OrderId::parse)?;
    let loaded = flows::finalize::finalize(server, &account, &id, &payload).await?;
    let url = server.urls.order(&account.directory, &id);
    Ok(Reply::ok(view::order(&loaded, &server.urls))
        .at(&url)
        .retry_after(loaded.retry_after)
        .build())
}
