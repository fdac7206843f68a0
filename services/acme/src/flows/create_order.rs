//! newOrder: RFC 8555 §7.4, with profiles (draft-ietf-acme-profiles) and replacement (RFC 9773 §5).

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::authenticate::Payload;
use super::identifiers;
use super::load::Loaded;
use super::replace::{self, Replacement};
use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::id::OrderId;
use crate::domain::identifier::{Identifier, RawIdentifier};
use crate::domain::order::{Order, OrderState};
use crate::domain::policy::Policy;
use crate::domain::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::server::Server;
use crate::shared::Limit;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewOrder {
    identifiers: Vec<RawIdentifier>,
    not_before: Option<String>,
    not_after: Option<String>,
    profile: Option<String>,
    replaces: Option<String>,
}

/// Makes an order with an authorization for each of its names: one that was proven before where the policy allows it,
/// else a new one.
#[tracing::instrument(name = "acme.create_order", skip_all, fields(account_id = %account.id, order_id))]
pub async fn create_order(
    server: &Server,
    account: &Account,
    payload: &Payload,
    client: IpAddr,
) -> Result<Loaded, Failure> {
    let wanted: NewOrder = payload.parse()?;
    let (not_before, not_after) = (
        time(wanted.not_before, "notBefore")?,
        time(wanted.not_after, "notAfter")?,
    );
    if let (Some(begin), Some(end)) = (not_before, not_after)
        && end <= begin
    {
        return Err(Problem::malformed("notAfter is not after notBefore").into());
    }
    let directory = server.load_policy(&account.directory).await?;
    let policy = choose(server, &directory, wanted.profile.as_deref()).await?;
    let bound = account.external_account.is_some();
    if wanted.profile.is_some() && policy.external_account_required && !bound {
        let why = "this profile is for accounts with an external account binding only";
        return Err(Problem::new(ProblemKind::ExternalAccountRequired, why).into());
    }
    let identifiers = identifiers::check(wanted.identifiers, policy.wildcards_allowed)?;
    let replacement = match &wanted.replaces {
        Some(replaces) => Some(replace::find(server, account, replaces, &identifiers).await?),
        None => None,
    };
    within_limits(server, account, &identifiers, client, replacement.as_ref()).await?;
    let now = server.now();
    let mut order = Order {
        id: OrderId::random(),
        account_id: account.id.clone(),
        directory: account.directory.clone(),
        policy: policy.name.clone(),
        state: OrderState::Pending,
        identifiers,
        authorizations: Vec::new(),
        profile: wanted.profile,
        replaces: replacement.as_ref().map(|found| found.id.clone()),
        not_before,
        not_after,
        created_at: now,
        expires_at: now + server.order_lifetime(),
        error: None,
        csr: None,
    };
    tracing::Span::current().record("order_id", order.id.as_str());
    let (authorizations, new) = authorize(server, account, &order, &directory).await?;
    order.authorizations = authorizations
        .iter()
        .map(|found| found.id.clone())
        .collect();
    // an order cannot be fulfilled by what has ended
    let ends = authorizations.iter().map(|found| found.expires_at);
    order.expires_at = ends.min().unwrap_or(order.expires_at).min(order.expires_at);
    match &replacement {
        None => server.store.insert_order(&order, &new).await?,
        Some(Replacement { predecessor, .. }) => {
            let store = &server.store;
            if !store.insert_replacement(&order, &new, predecessor).await? {
                return Err(replace::already_replaced().into());
            }
        }
    }
    server.metrics.order("created");
    let mut loaded = Loaded {
        order,
        authorizations,
        retry_after: None,
    };
    loaded.settle_in_memory(now);
    Ok(loaded)
}

/// The policy of the profile that the client chose.
async fn choose(
    server: &Server,
    directory: &Arc<Policy>,
    profile: Option<&str>,
) -> Result<Arc<Policy>, Failure> {
    let Some(profile) = profile else {
        return Ok(Arc::clone(directory));
    };
    let found = match directory.profiles.iter().any(|known| known == profile) {
        true => server.clm.find_policy(profile).await?,
        false => None,
    };
    found.ok_or_else(|| {
        let profiles = directory.profiles.join(", ");
        let why = format!("there is no such profile; there are: {profiles}");
        Problem::new(ProblemKind::InvalidProfile, why).into()
    })
}

/// RFC 9773 §5: renewing when one is told to is not limited, so that limits do not stand in the way of a mass renewal.
async fn within_limits(
    server: &Server,
    account: &Account,
    identifiers: &[Identifier],
    client: IpAddr,
    replacement: Option<&Replacement>,
) -> Result<(), Failure> {
    let limits = &server.limits;
    for identifier in identifiers {
        let name = identifier.base().value();
        limits
            .check(Limit::FailedValidation(account.id.as_str(), &name))
            .await?;
    }
    if replacement.is_some_and(|replacement| replacement.is_due) {
        return Ok(());
    }
    let mut names: Vec<String> = identifiers.iter().map(Identifier::general_name).collect();
    names.sort_unstable();
    limits.take(Limit::NewOrder(account.id.as_str())).await?;
    limits.take(Limit::NewOrderFrom(client)).await?;
    limits.take(Limit::NewOrderFor(&names.join(" "))).await?;
    Ok(())
}

/// An authorization for each name of the order; and those of them that are new.
async fn authorize(
    server: &Server,
    account: &Account,
    order: &Order,
    directory: &Policy,
) -> Result<(Vec<Authorization>, Vec<Authorization>), Failure> {
    let proven = match directory.reuse_within {
        Some(within) => serving_again(server, account, order, directory, within).await?,
        None => Vec::new(),
    };
    let (mut all, mut new) = (Vec::new(), Vec::new());
    for identifier in &order.identifiers {
        let found = proven
            .iter()
            .find(|found| found.ordered_identifier() == *identifier);
        if let Some(found) = found {
            all.push(found.clone());
            continue;
        }
        let kinds = &directory.challenges;
        let made = Authorization::new(
            &account.id,
            Some(&order.id),
            identifier,
            kinds,
            order.expires_at,
        );
        if made.challenges.is_empty() {
            let why = format!("{identifier}: the policy offers no challenge that could prove it");
            return Err(Problem::new(ProblemKind::RejectedIdentifier, why).into());
        }
        all.push(made.clone());
        new.push(made);
    }
    Ok((all, new))
}

async fn serving_again(
    server: &Server,
    account: &Account,
    order: &Order,
    policy: &Policy,
    within: Duration,
) -> Result<Vec<Authorization>, Failure> {
    let thumbprint = account.key.thumbprint();
    let store = &server.store;
    let mut proven = store.list_proven(&account.id, &order.identifiers).await?;
    proven.retain(|found| {
        found.may_serve_again(thumbprint, &policy.challenges, within, order.created_at)
    });
    Ok(proven)
}

fn time(text: Option<String>, field: &str) -> Result<Option<OffsetDateTime>, Problem> {
    text.map(|text| OffsetDateTime::parse(&text, &Rfc3339))
        .transpose()
        .map_err(|_| Problem::malformed(format!("{field} is not a time of RFC 3339")))
}
