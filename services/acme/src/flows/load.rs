//! What belongs to an account, brought up to date with what time and validations have done to it.

use std::time::Duration;

use ers_pki::certificate::Certificate;
use time::OffsetDateTime;

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
    /// Its authorizations; left out when the order is decided, since nothing depends on them any more.
    pub authorizations: Vec<Authorization>,
    /// When to ask again.
    pub retry_after: Option<Duration>,
}

impl Loaded {
    /// Ready as soon as all names are proven: that shows in the authorizations, and is not written down.
    pub fn settle_in_memory(&mut self, now: OffsetDateTime) {
        if self.order.settle(&self.authorizations, now) == Some(Settlement::Ready) {
            self.order.state = OrderState::Ready;
        }
    }
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
    let mut order = own_order(server, account, id).await?;
    if order.authorizations.is_empty() {
        // from the time before orders named them
        order.authorizations = server.store.list_authorizations_of(id).await?;
    }
    let is_open = matches!(order.state, OrderState::Pending | OrderState::Ready);
    let authorizations = match is_open {
        true => {
            server
                .store
                .list_authorizations(&order.authorizations)
                .await?
        }
        false => Vec::new(),
    };
    let mut loaded = Loaded {
        order,
        authorizations,
        retry_after: None,
    };
    if !is_open {
        return Ok(loaded);
    }
    let now = server.now();
    loaded.settle_in_memory(now);
    if let Some(Settlement::Invalid(problem)) = loaded.order.settle(&loaded.authorizations, now) {
        let from = [OrderState::Pending, OrderState::Ready];
        let changed = server.store.mark_invalid(id, &from, &problem, now).await?;
        tracing::debug!(changed, "order settled");
        // read again, whoever changed it
        let authorizations = std::mem::take(&mut loaded.order.authorizations);
        loaded.order = own_order(server, account, id).await?;
        loaded.order.authorizations = authorizations;
    }
    Ok(loaded)
}

/// The certificate of an order with its chain, and the other chains that lead to it.
#[derive(Debug, Clone)]
pub struct Chains {
    /// PEM: the certificate, then its chain without the root.
    pub usual: String,
    /// The same by way of a link certificate, named by its fingerprint.
    pub alternate: Vec<(String, String)>,
}

/// The certificate of an order of the account.
pub async fn load_certificate(
    server: &Server,
    account: &Account,
    id: &OrderId,
) -> Result<Chains, Failure> {
    let Some((owner, usual)) = server.store.find_chain(id).await? else {
        return Err(Problem::not_found("order").into());
    };
    if owner != account.id {
        return Err(Problem::unauthorized("the order belongs to another account").into());
    }
    let usual = usual.ok_or_else(|| Problem::not_found("certificate"))?;
    // a CA that has had one key only has one chain only
    let policy = server.load_policy(&account.directory).await.ok();
    let links = policy
        .map(|policy| policy.link_certificates.clone())
        .unwrap_or_default();
    let alternate = match links.is_empty() {
        true => Vec::new(),
        false => alternate_chains(&usual, &links),
    };
    Ok(Chains { usual, alternate })
}

/// RFC 8555 §7.4.2: what a root of the CA's has signed, an older or newer key of the root answers for as well where there
/// is a link certificate by it.
fn alternate_chains(usual: &str, links: &[Certificate]) -> Vec<(String, String)> {
    let Ok(chain) = Certificate::all_from_pem(usual) else {
        return Vec::new();
    };
    let below_root: Vec<&Certificate> = chain
        .iter()
        .take_while(|certificate| !certificate.is_self_issued())
        .collect();
    let Some(top) = below_root.last() else {
        return Vec::new();
    };
    links
        .iter()
        .filter(|link| !chain.contains(link) && top.verify_signed_by(link).is_ok())
        .map(|link| {
            let pem = below_root.iter().copied().chain([link]);
            let fingerprint = hex::encode(link.fingerprint());
            let name = fingerprint.chars().take(16).collect();
            (name, pem.map(Certificate::pem).collect())
        })
        .collect()
}

/// An authorization of the account.
pub async fn load_authorization(
    server: &Server,
    account: &Account,
    id: &AuthorizationId,
) -> Result<Authorization, Failure> {
    let found = server.store.find_authorization(id).await?;
    let authorization = found.ok_or_else(|| Problem::not_found("authorization"))?;
    own(account, authorization)
}

/// A challenge of the account with its authorization.
pub async fn load_challenge(
    server: &Server,
    account: &Account,
    id: &ChallengeId,
) -> Result<(Challenge, Authorization), Failure> {
    let found = server.store.find_authorization_of(id).await?;
    let authorization = own(
        account,
        found.ok_or_else(|| Problem::not_found("challenge"))?,
    )?;
    let challenge = authorization
        .challenges
        .iter()
        .find(|challenge| challenge.id == *id)
        .cloned()
        .ok_or_else(|| Problem::not_found("challenge"))?;
    Ok((challenge, authorization))
}

fn own(account: &Account, authorization: Authorization) -> Result<Authorization, Failure> {
    if authorization.account_id != account.id {
        return Err(Problem::unauthorized("the authorization belongs to another account").into());
    }
    Ok(authorization)
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
