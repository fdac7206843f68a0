//! newAuthz: RFC 8555 §7.4.1.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::pre_authorize::pre_authorize;

/// POST new-authz.
pub async fn create(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    let made = pre_authorize(server, &account, &payload, incoming.client).await?;
    let url = server.urls.authorization(&account.directory, &made.id);
    let view = view::authorization(&made, &account.directory, server.now(), &server.urls);
    Ok(Reply::created(true, &url, view).build())
}
