//! Orders: RFC 8555 §7.1.3, §7.4.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::id::OrderId;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::load::load_order;

/// POST-as-GET order/{id}.
pub async fn show(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    payload.must_be_empty()?;
    let id = incoming.id(OrderId::parse)?;
    let loaded = load_order(server, &account, &id).await?;
    let url = server.urls.order(&account.directory, &id);
    Ok(Reply::ok(view::order(&loaded, &server.urls))
        .at(&url)
        .retry_after(loaded.retry_after)
        .build())
}
