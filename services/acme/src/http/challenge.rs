//! Challenges: RFC 8555 §7.5.1.

use std::time::Duration;

use actix_web::HttpResponse;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view;
use crate::domain::challenge::ChallengeState;
use crate::domain::id::ChallengeId;
use crate::domain::problem::Problem;
use crate::flows::answer_challenge::answer_challenge;
use crate::flows::authenticate::by_account;

const POLL_AFTER: Duration = Duration::from_secs(1);

/// POST chall/{id}.
pub async fn answer(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    let id = incoming.id(ChallengeId::parse)?;
    let (challenge, authorization) = answer_challenge(server, &account, &id, &payload).await?;
    let up = server
        .urls
        .authorization(&account.directory, &authorization.id);
    let retry_after = (challenge.state == ChallengeState::Processing).then_some(POLL_AFTER);
    Ok(Reply::ok(view::challenge(
        &challenge,
        &account.directory,
        &server.urls,
    ))
    .link("up", &up)
    .retry_after(retry_after)
    .build())
}
