//! newOrder: RFC 8555 §7.4.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::create_order::create_order;

/// POST new-order.
pub async fn create(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    let loaded = create_order(server, &account, &payload, incoming.client).await?;
    let url = server.urls.order(&account.directory, &loaded.order.id);
    Ok(Reply::created(true, &url, view::order(&loaded, &server.urls)).build())
}
