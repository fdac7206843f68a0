//! newAccount: RFC 8555 §7.3.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::problem::Problem;
use crate::flows::create_account::create_account;

/// POST new-account.
pub async fn create(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, is_new) = create_account(server, incoming.posted(), incoming.client).await?;
    let url = server.urls.account(&account.directory, &account.id);
    Ok(Reply::created(is_new, &url, view::account(&account, &server.urls)).build())
}
