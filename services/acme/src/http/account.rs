//! Accounts: RFC 8555 §7.3.2, §7.3.6.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::id::AccountId;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::update_account::update_account;

/// POST acct/{id}.
pub async fn update(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    if incoming.id(AccountId::parse)? != account.id {
        return Err(Problem::unauthorized(
            "the request is not by the account that it is about",
        ));
    }
    let account = update_account(server, account, &payload).await?;
    let url = server.urls.account(&account.directory, &account.id);
    Ok(Reply::ok(view::account(&account, &server.urls))
        .at(&url)
        .build())
}
