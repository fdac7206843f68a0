//! What every answer carries: a nonce (RFC 8555 §6.5.1), the way to the directory (§7.1), no-store.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, LINK};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use ers_runtime::error::chain;

use crate::domain::directory::Directory;
use crate::domain::problem::ProblemKind;
use crate::server::Server;

/// The header of nonces.
pub const REPLAY_NONCE: HeaderName = HeaderName::from_static("replay-nonce");

/// Adds them.
pub async fn add(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let Some(server) = response.request().app_data::<web::Data<Server>>().cloned() else {
        return Ok(response);
    };
    let directory = response
        .request()
        .match_info()
        .get("policy")
        .and_then(Directory::parse)
        .unwrap_or_default();
    if let Some(kind) = response.response().extensions().get::<ProblemKind>() {
        server.metrics.problem(*kind);
    }
    let is_directory = response.request().path().ends_with("/directory");
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !is_directory {
        let link = format!(
            "<{}>;rel=\"index\"",
            server.urls.resource(&directory, "directory")
        );
        if let Ok(link) = HeaderValue::try_from(link) {
            headers.append(LINK, link);
        }
    }
    if !headers.contains_key(REPLAY_NONCE) {
        match server.issue_nonce().await {
            Ok(nonce) => {
                if let Ok(nonce) = HeaderValue::try_from(nonce) {
                    headers.insert(REPLAY_NONCE, nonce);
                }
            }
            Err(error) => tracing::warn!(error = chain(&error), "answer without a nonce"),
        }
    }
    Ok(response)
}
