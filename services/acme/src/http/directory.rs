//! directory: RFC 8555 §7.1.1, RFC 9773 §4, draft-ietf-acme-profiles §3.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::incoming::Incoming;
use super::reply::Reply;
use crate::domain::policy::Policy;
use crate::domain::problem::Problem;
use crate::failure::Failure;

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
    if let Some(identities) = &policy.caa_identities {
        meta.insert("caaIdentities".to_owned(), json!(identities));
    }
    let profiles = profiles(&incoming, &policy).await?;
    if !profiles.is_empty() {
        meta.insert("profiles".to_owned(), Value::Object(profiles));
    }
    let url = |name| server.urls.resource(&incoming.directory, name);
    let mut directory = json!({
        "newNonce": url("new-nonce"),
        "newAccount": url("new-account"),
        "newOrder": url("new-order"),
        "revokeCert": url("revoke-cert"),
        "keyChange": url("key-change"),
        "renewalInfo": url("renewal-info"),
        "meta": meta,
    });
    if policy.reuse_within.is_some()
        && let Some(members) = directory.as_object_mut()
    {
        members.insert("newAuthz".to_owned(), Value::from(url("new-authz")));
    }
    Ok(Reply::ok(directory).build())
}

/// draft-ietf-acme-profiles §3: names and what people are told of them. Those that cannot be used are left out.
async fn profiles(incoming: &Incoming, policy: &Policy) -> Result<Map<String, Value>, Failure> {
    let mut profiles = Map::new();
    for name in &policy.profiles {
        if let Some(profile) = incoming.server.clm.find_policy(name).await? {
            let description = profile.description.clone();
            profiles.insert(name.clone(), Value::from(description));
        }
    }
    Ok(profiles)
}
