//! revokeCert: RFC 8555 §7.6.

use actix_web::HttpResponse;

use super::incoming::Incoming;
use crate::domain::problem::Problem;
use crate::flows;

/// POST revoke-cert.
pub async fn revoke(incoming: Incoming) -> Result<HttpResponse, Problem> {
    flows::revoke::revoke(&incoming.server, incoming.posted()).await?;
    Ok(HttpResponse::Ok().finish())
}
