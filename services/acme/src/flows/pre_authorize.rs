//! newAuthz: RFC 8555 §7.4.1. A name is proven before anything is ordered.

use std::net::IpAddr;

use serde::Deserialize;

use super::authenticate::Payload;
use super::identifiers;
use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::identifier::RawIdentifier;
use crate::domain::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::server::Server;
use crate::shared::Limit;

#[derive(Debug, Deserialize)]
struct NewAuthorization {
    identifier: RawIdentifier,
}

/// Makes an authorization that later orders of the account will find.
#[tracing::instrument(name = "acme.pre_authorize", skip_all, fields(account_id = %account.id))]
pub async fn pre_authorize(
    server: &Server,
    account: &Account,
    payload: &Payload,
    client: IpAddr,
) -> Result<Authorization, Failure> {
    let policy = server.load_policy(&account.directory).await?;
    if policy.reuse_within.is_none() {
        // no order would ever find it
        let why = "the policy does not let authorizations serve later orders";
        return Err(Problem::malformed(why).with_status(404).into());
    }
    let wanted: NewAuthorization = payload.parse()?;
    // a wildcard cannot be said in an authorization
    let identifier = identifiers::check(vec![wanted.identifier], false)?;
    let Some(identifier) = identifier.first() else {
        return Err(Problem::malformed("identifier is missing").into());
    };
    let name = identifier.value();
    let limits = &server.limits;
    limits
        .check(Limit::FailedValidation(account.id.as_str(), &name))
        .await?;
    limits.take(Limit::NewOrder(account.id.as_str())).await?;
    limits.take(Limit::NewOrderFrom(client)).await?;
    let now = server.now();
    let made = Authorization::new(
        &account.id,
        None,
        identifier,
        &policy.challenges,
        now + server.order_lifetime(),
    );
    if made.challenges.is_empty() {
        let why = format!("{identifier}: the policy offers no challenge that could prove it");
        return Err(Problem::new(ProblemKind::RejectedIdentifier, why).into());
    }
    server.store.insert_authorization(&made, now).await?;
    Ok(made)
}
