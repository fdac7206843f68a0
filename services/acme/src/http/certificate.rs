//! Certificates: RFC 8555 §7.4.2.

use actix_web::HttpResponse;
use actix_web::http::header::LINK;

use super::incoming::Incoming;
use crate::domain::id::OrderId;
use crate::domain::problem::Problem;
use crate::flows::authenticate::by_account;
use crate::flows::load::load_certificate;

/// POST-as-GET cert/{id}, cert/{id}/{chain}.
pub async fn download(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let (account, payload) = by_account(server, incoming.posted()).await?;
    payload.must_be_empty()?;
    let id = incoming.id(OrderId::parse)?;
    let chains = load_certificate(server, &account, &id).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/pem-certificate-chain");
    let url = server.urls.certificate(&account.directory, &id);
    let chosen = incoming.chain.as_deref();
    if chosen.is_some() {
        answer.append_header((LINK, format!("<{url}>;rel=\"alternate\"")));
    }
    let mut body = chosen.is_none().then_some(chains.usual);
    for (name, pem) in chains.alternate {
        if chosen == Some(&name) {
            body = Some(pem);
        } else {
            answer.append_header((LINK, format!("<{url}/{name}>;rel=\"alternate\"")));
        }
    }
    let body = body.ok_or_else(|| Problem::not_found("chain"))?;
    Ok(answer.body(body))
}
