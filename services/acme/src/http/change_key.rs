//! keyChange: RFC 8555 §7.3.5.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::change_key::change_key;

/// POST key-change.
pub async fn change(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    let account = change_key(server, account, &payload, incoming.url()).await?;
    let url = server.urls.account(&account.directory, &account.id);
    Ok(Reply::ok(view::account(&account, &server.urls))
        .at(&url)
        .build())
}
