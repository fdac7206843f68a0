//! What belongs to an account, brought up to date with what time and validations have done to it.

use std::time::Duration;

use super::finalize::{self, Asked};
use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::challenge::Challenge;
use crate::domain::id::{AuthorizationId, ChallengeId, OrderId};
use crate::domain::order::{Order, OrderState, Settlement};
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::server::Server;

/// An order with what belongs to it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The order.
    pub order: Order,
    /// Its authorizations.
    pub authorizations: Vec<Authorization>,
    /// When to ask again.
    pub retry_after: Option<Duration>,
}

/// An order of the account as it stands now; one that waits for its certificate is asked after.
#[tracing::instrument(name = "acme.load_order", skip_all, fields(account_id = %account.id, order_id = %id))]
pub async fn load_order(
    server: &Server,
    account: &Account,
    id: &OrderId,
) -> Result<Loaded, Failure> {
    let loaded = settled_order(server, account, id).await?;
    finalize::proceed(server, account, loaded, Asked::Perhaps).await
}

/// An order of the account, ready or invalid if that is what it has become.
pub async fn settled_order(
    server: &Server,
    account: &Account,
    id: &OrderId,
) -> Result<Loaded, Failure> {
    let order = own_order(server, account, id).await?;
    let authorizations = server.store.list_authorizations(id).await?;
    let now = server.now();
    let changed = match order.settle(&authorizations, now) {
        None => {
            return Ok(Loaded {
                order,
                authorizations,
                retry_after: None,
            });
        }
        Some(Settlement::Ready) => server.store.mark_ready(id, now).await?,
        Some(Settlement::Invalid(problem)) => {
            server
                .store
                .mark_invalid(id, &[OrderState::Pending, OrderState::Ready], &problem, now)
                .await?
        }
    };
    tracing::debug!(changed, "order settled");
    // read again, whoever changed it
    let order = own_order(server, account, id).await?;
    Ok(Loaded {
        order,
        authorizations,
        retry_after: None,
    })
}

/// The certificate of an order of the account, PEM with its chain.
pub async fn load_certificate(
    server: &Server,
    account: &Account,
    id: &OrderId,
) -> Result<String, Failure> {
    own_order(server, account, id).await?;
    server
        .store
        .find_chain(id)
        .await?
        .ok_or_else(|| Problem::not_found("certificate").into())
}

/// An authorization of the account.
pub async fn load_authorization(
    server: &Server,
    account: &Account,
    id: &AuthorizationId,
) -> Result<Authorization, Failure> {
    let found = server.store.find_authorization(id).await?;
    let authorization = found.ok_or_else(|| Problem::not_found("authorization"))?;
    if authorization.account_id != account.id {
        return Err(Problem::unauthorized("the authorization belongs to another account").into());
    }
    Ok(authorization)
}

/// A challenge of the account with its authorization.
pub async fn load_challenge(
    server: &Server,
    account: &Account,
    id: &ChallengeId,
) -> Result<(Challenge, Authorization), Failure> {
    let challenge = server
        .store
        .find_challenge(id)
        .await?
        .ok_or_else(|| Problem::not_found("challenge"))?;
    let authorization = load_authorization(server, account, &challenge.authorization_id).await?;
    Ok((challenge, authorization))
}

async fn own_order(server: &Server, account: &Account, id: &OrderId) -> Result<Order, Failure> {
    let order = server
        .store
        .find_order(id)
        .await?
        .ok_or_else(|| Problem::not_found("order"))?;
    if order.account_id != account.id {
        return Err(Problem::unauthorized("the order belongs to another account").into());
    }
    Ok(order)
}
