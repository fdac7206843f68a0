//! newOrder: RFC 8555 §7.4.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::authenticate::Payload;
use super::load::Loaded;
use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::id::OrderId;
use crate::domain::identifier::{Identifier, IdentifierError, RawIdentifier};
use crate::domain::order::{Order, OrderState};
use crate::domain::problem::{Problem, ProblemKind, Subproblem};
use crate::failure::Failure;
use crate::server::Server;
use crate::shared::Limit;

const MOST_IDENTIFIERS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewOrder {
    identifiers: Vec<RawIdentifier>,
    not_before: Option<String>,
    not_after: Option<String>,
}

/// Makes an order with an authorization for each of its names.
#[tracing::instrument(name = "acme.create_order", skip_all, fields(account_id = %account.id, order_id))]
pub async fn create_order(
    server: &Server,
    account: &Account,
    payload: &Payload,
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
    let policy = server.load_policy(&account.directory).await?;
    let identifiers = identifiers(wanted.identifiers, policy.wildcards_allowed)?;
    for identifier in &identifiers {
        server
            .limits
            .check(Limit::FailedValidation(
                account.id.as_str(),
                &identifier.base().value(),
            ))
            .await?;
    }
    server
        .limits
        .take(Limit::NewOrder(account.id.as_str()))
        .await?;
    let now = server.now();
    let order = Order {
        id: OrderId::random(),
        account_id: account.id.clone(),
        directory: account.directory.clone(),
        policy: policy.name,
        state: OrderState::Pending,
        identifiers,
        not_before,
        not_after,
        created_at: now,
        expires_at: now + server.order_lifetime(),
        error: None,
        csr: None,
    };
    tracing::Span::current().record("order_id", order.id.as_str());
    let authorizations: Vec<Authorization> = order
        .identifiers
        .iter()
        .map(|identifier| Authorization::new(&account.id, &order.id, identifier, order.expires_at))
        .collect();
    server.store.insert_order(&order, &authorizations).await?;
    server.metrics.order("created");
    Ok(Loaded {
        order,
        authorizations,
        retry_after: None,
    })
}

/// Checks all names, and says of each one what is wrong with it; a name given twice counts once.
fn identifiers(
    wanted: Vec<RawIdentifier>,
    wildcards_allowed: bool,
) -> Result<Vec<Identifier>, Problem> {
    if wanted.is_empty() || wanted.len() > MOST_IDENTIFIERS {
        return Err(Problem::malformed(format!(
            "an order has 1 to {MOST_IDENTIFIERS} identifiers"
        )));
    }
    let count = wanted.len();
    let mut identifiers = Vec::with_capacity(count);
    let mut refused = Vec::new();
    for raw in wanted {
        match Identifier::try_from(raw.clone()) {
            Ok(identifier) if identifier.is_wildcard() && !wildcards_allowed => {
                refused.push(Subproblem {
                    kind: ProblemKind::RejectedIdentifier,
                    detail: format!("{identifier}: wildcards are not allowed by the policy"),
                    identifier,
                })
            }
            Ok(identifier) if identifiers.contains(&identifier) => {}
            Ok(identifier) => identifiers.push(identifier),
            Err(error) if count == 1 => return Err(Problem::new(kind(&error), error.to_string())),
            Err(error) => {
                // a name that cannot be written cannot stand in a subproblem
                let position = identifiers.len() + refused.len() + 1;
                return Err(Problem::new(
                    kind(&error),
                    format!("identifier {position}: {error}"),
                ));
            }
        }
    }
    match Problem::of_identifiers(refused, count) {
        Some(problem) => Err(problem),
        None => Ok(identifiers),
    }
}

fn kind(error: &IdentifierError) -> ProblemKind {
    match error {
        IdentifierError::UnknownKind(_) => ProblemKind::UnsupportedIdentifier,
        IdentifierError::BadName { .. } => ProblemKind::RejectedIdentifier,
        IdentifierError::BadAddress(_) => ProblemKind::Malformed,
    }
}

fn time(text: Option<String>, field: &str) -> Result<Option<OffsetDateTime>, Problem> {
    text.map(|text| OffsetDateTime::parse(&text, &Rfc3339))
        .transpose()
        .map_err(|_| Problem::malformed(format!("{field} is not a time of RFC 3339")))
}
