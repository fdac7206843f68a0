//! newNonce: RFC 8555 §7.2.

use actix_web::{HttpResponse, HttpResponseBuilder};

use super::headers::REPLAY_NONCE;
use super::incoming::Incoming;
use crate::domain::problem::Problem;
use crate::failure::Failure;

/// GET new-nonce.
pub async fn get(incoming: Incoming) -> Result<HttpResponse, Problem> {
    with_nonce(&incoming, HttpResponse::NoContent()).await
}

/// HEAD new-nonce.
pub async fn head(incoming: Incoming) -> Result<HttpResponse, Problem> {
    with_nonce(&incoming, HttpResponse::Ok()).await
}

async fn with_nonce(
    incoming: &Incoming,
    mut answer: HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let nonce = incoming.server.issue_nonce().await.map_err(Failure::from)?;
    Ok(answer.insert_header((REPLAY_NONCE, nonce)).finish())
}
