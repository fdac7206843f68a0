//! directory: RFC 8555 §7.1.1.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::incoming::Incoming;
use super::reply::Reply;
use crate::domain::problem::Problem;

/// GET directory.
pub async fn show(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let server = &incoming.server;
    let policy = server.load_policy(&incoming.directory).await?;
    let mut meta = Map::new();
    meta.insert(
        "externalAccountRequired".to_owned(),
        Value::Bool(policy.external_account_required),
    );
    if let Some(terms) = &server.config.terms_of_service {
        meta.insert("termsOfService".to_owned(), Value::from(terms.as_str()));
    }
    if let Some(website) = &server.config.website {
        meta.insert("website".to_owned(), Value::from(website.as_str()));
    }
    let url = |name| server.urls.resource(&incoming.directory, name);
    Ok(Reply::ok(json!({
        "newNonce": url("new-nonce"),
        "newAccount": url("new-account"),
        "newOrder": url("new-order"),
        "revokeCert": url("revoke-cert"),
        "keyChange": url("key-change"),
        "meta": meta,
    }))
    .build())
}
