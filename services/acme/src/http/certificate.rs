//! Certificates: RFC 8555 §7.4.2.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use crate::domain::id::OrderId;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::load::load_certificate;

/// POST-as-GET cert/{id}.
pub async fn download(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    payload.must_be_empty()?;
    let pem = load_certificate(server, &account, &incoming.id(OrderId::parse)?).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pem-certificate-chain")
        .body(pem))
}
