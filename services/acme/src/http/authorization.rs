//! Authorizations: RFC 8555 §7.5, deactivation §7.5.2.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::id::AuthorizationId;
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::flows::authenticate::by_account;
use crate::flows::load::load_authorization;

#[derive(Deserialize)]
struct Update {
    status: String,
}

/// POST authz/{id}.
pub async fn update(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    let id = incoming.id(AuthorizationId::parse)?;
    let mut authorization = load_authorization(server, &account, &id).await?;
    if !payload.is_empty() {
        if payload.parse::<Update>()?.status != "deactivated" {
            return Err(Problem::malformed(
                "an authorization's status can only be changed to deactivated",
            ));
        }
        server
            .store
            .deactivate_authorization(&id, server.now())
            .await
            .map_err(Failure::from)?;
        authorization = load_authorization(server, &account, &id).await?;
    }
    Ok(Reply::ok(view::authorization(
        &authorization,
        &account.directory,
        server.now(),
        &server.urls,
    ))
    .build())
}
