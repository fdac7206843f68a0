//! Account update and deactivation: RFC 8555 §7.3.2, §7.3.6.

use serde::Deserialize;

use super::authenticate::{Payload, in_good_standing};
use crate::domain::account::{Account, Contacts};
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::server::Server;

#[derive(Debug, Deserialize)]
struct Update {
    contact: Option<Vec<String>>,
    status: Option<String>,
}

/// Changes what may be changed; what else the payload holds is ignored, as the RFC says.
#[tracing::instrument(name = "acme.update_account", skip_all, fields(account_id = %account.id))]
pub async fn update_account(
    server: &Server,
    account: Account,
    payload: &Payload,
) -> Result<Account, Failure> {
    if payload.is_empty() {
        return Ok(account);
    }
    let update: Update = payload.parse()?;
    match update.status.as_deref() {
        None | Some("valid") => {}
        Some("deactivated") => {
            if server
                .store
                .deactivate_account(&account.id, server.now())
                .await?
            {
                tracing::info!(target: "audit", account_id = %account.id, "acme account deactivated");
            }
            return load(server, account).await;
        }
        Some(_) => {
            return Err(Problem::malformed(
                "an account's status can only be changed to deactivated",
            )
            .into());
        }
    }
    let Some(contact) = update.contact else {
        return Ok(account);
    };
    let contacts = Contacts::new(contact)?;
    if contacts == account.contacts
        || server
            .store
            .update_contacts(&account.id, &contacts, server.now())
            .await?
    {
        return Ok(Account {
            contacts,
            ..account
        });
    }
    // not changed because it was ended meanwhile
    let account = load(server, account).await?;
    in_good_standing(&account)?;
    Ok(account)
}

async fn load(server: &Server, account: Account) -> Result<Account, Failure> {
    Ok(server
        .store
        .find_account(&account.id)
        .await?
        .unwrap_or(account))
}
