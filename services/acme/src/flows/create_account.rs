//! newAccount: RFC 8555 §7.3, with external account binding §7.3.4.

use std::net::IpAddr;

use ers_signer_client::MacCheck;
use serde::Deserialize;
use serde_json::Value;

use super::authenticate::{Posted, by_key, in_good_standing};
use crate::domain::account::{Account, AccountState, Contacts, ExternalAccount};
use crate::domain::external_account::Binding;
use crate::domain::id::AccountId;
use crate::domain::jwk::Jwk;
use crate::domain::policy::Policy;
use crate::domain::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::server::Server;
use crate::shared::Limit;
use crate::store::Inserted;

/// What external account keys are sealed with.
const SEALING_CONTEXT: &str = "acme/external-account";
const LONGEST_KEY_ID: usize = 128;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NewAccount {
    contact: Vec<String>,
    terms_of_service_agreed: bool,
    only_return_existing: bool,
    external_account_binding: Option<Value>,
}

/// The account of a key, made unless it is there; true: made now.
#[tracing::instrument(name = "acme.create_account", skip_all)]
pub async fn create_account(
    server: &Server,
    posted: Posted<'_>,
    client: IpAddr,
) -> Result<(Account, bool), Failure> {
    let (key, payload) = by_key(server, posted).await?;
    let wanted: NewAccount = payload.parse()?;
    if let Some(account) = server
        .store
        .find_account_by_key(posted.directory, &key)
        .await?
    {
        in_good_standing(&account)?;
        return Ok((account, false));
    }
    if wanted.only_return_existing {
        return Err(Problem::new(
            ProblemKind::AccountDoesNotExist,
            "there is no account for this key",
        )
        .into());
    }
    let policy = server.load_policy(posted.directory).await?;
    let contacts = Contacts::new(wanted.contact)?;
    agree(server, wanted.terms_of_service_agreed)?;
    server.limits.take(Limit::NewAccount(client)).await?;
    let external_account = match &wanted.external_account_binding {
        Some(binding) => Some(bind(server, &policy, posted.url, &key, binding, client).await?),
        None if policy.external_account_required => {
            let why = "this directory takes accounts with an external account binding only";
            return Err(Problem::new(ProblemKind::ExternalAccountRequired, why).into());
        }
        None => None,
    };
    let account = Account {
        id: AccountId::random(),
        directory: posted.directory.clone(),
        key,
        state: AccountState::Valid,
        contacts,
        terms_agreed: wanted.terms_of_service_agreed,
        external_account,
    };
    insert(server, account, client).await
}

fn agree(server: &Server, agreed: bool) -> Result<(), Problem> {
    match &server.config.terms_of_service {
        Some(terms) if !agreed => {
            let why = format!("the terms of service must be agreed to: {terms}");
            Err(Problem::new(ProblemKind::UserActionRequired, why)
                .with_link("terms-of-service", terms.to_string()))
        }
        _ => Ok(()),
    }
}

async fn insert(
    server: &Server,
    account: Account,
    client: IpAddr,
) -> Result<(Account, bool), Failure> {
    let key_id = account
        .external_account
        .as_ref()
        .map(|external| external.key_id.as_str());
    let binding = key_id.filter(|_| !server.config.external_accounts_reusable);
    match server
        .store
        .insert_account(&account, binding, server.now())
        .await?
    {
        Inserted::Created => {
            server.metrics.account();
            tracing::info!(
                target: "audit", account_id = %account.id, directory = %account.directory, external_account = key_id,
                %client, "acme account created"
            );
            Ok((account, true))
        }
        // the same client, twice at the same moment
        Inserted::KeyTaken => match server
            .store
            .find_account_by_key(&account.directory, &account.key)
            .await?
        {
            Some(account) => {
                in_good_standing(&account)?;
                Ok((account, false))
            }
            None => Err(Problem::new(ProblemKind::ServerInternal, "internal error").into()),
        },
        Inserted::BindingTaken => {
            refused(
                key_id.unwrap_or_default(),
                client,
                "it is bound to another account",
            );
            Err(Problem::unauthorized(
                "the external account key is bound to another account already",
            )
            .into())
        }
    }
}

async fn bind(
    server: &Server,
    policy: &Policy,
    url: &str,
    key: &Jwk,
    inner: &Value,
    client: IpAddr,
) -> Result<ExternalAccount, Failure> {
    let binding =
        Binding::read(inner, url, key).map_err(|error| Problem::malformed(error.to_string()))?;
    // one answer for all that is wrong with a key, so that nobody learns which keys there are
    let refuse = |why: &str| {
        refused(&binding.key_id, client, why);
        Failure::Problem(Problem::unauthorized(
            "the external account binding is refused: key unknown, expired, for another policy, or MAC wrong",
        ))
    };
    if binding.key_id.is_empty() || binding.key_id.len() > LONGEST_KEY_ID {
        return Err(refuse("no such key"));
    }
    let Some(external) = server
        .clm
        .find_external_account_key(&binding.key_id)
        .await?
    else {
        return Err(refuse("no such key"));
    };
    let check = MacCheck {
        context: SEALING_CONTEXT,
        sealed_key: &external.sealed_key,
        algorithm: binding.algorithm,
        data: &binding.signing_input,
        mac: &binding.mac,
    };
    if !server.signer.verify_mac(check).await? {
        return Err(refuse("wrong MAC"));
    }
    if !external.policy.is_empty() && external.policy != policy.name {
        return Err(refuse("the key is for another policy"));
    }
    if external.expires_at.is_some_and(|end| server.now() >= end) {
        return Err(refuse("the key has expired"));
    }
    Ok(ExternalAccount {
        key_id: binding.key_id,
        end_entity: external.end_entity,
    })
}

fn refused(key_id: &str, client: IpAddr, why: &str) {
    let key_id: String = key_id.chars().take(LONGEST_KEY_ID).collect();
    tracing::warn!(target: "audit", external_account = key_id, %client, why, "acme external account binding refused");
}
