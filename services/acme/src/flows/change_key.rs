//! keyChange: RFC 8555 §7.3.5. The outer JWS is by the old key, the inner one by the new key.

use serde::Deserialize;
use serde_json::Value;

use super::authenticate::Payload;
use crate::domain::account::Account;
use crate::domain::directory::Directory;
use crate::domain::jwk::Jwk;
use crate::domain::jws::{Jws, Signatory};
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::server::Server;
use crate::store::KeyChange;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    account: String,
    old_key: Value,
}

/// Gives the account the key of the inner JWS.
#[tracing::instrument(name = "acme.change_key", skip_all, fields(account_id = %account.id))]
pub async fn change_key(
    server: &Server,
    account: Account,
    payload: &Payload,
    url: &str,
) -> Result<Account, Failure> {
    let new_key = read(server, &account, payload, url)?;
    if new_key == account.key {
        return Err(Problem::malformed("the new key is the key that the account has").into());
    }
    match server
        .store
        .change_account_key(&account.id, &account.key, &new_key, server.now())
        .await?
    {
        KeyChange::Changed => {
            tracing::info!(
                target: "audit", account_id = %account.id, old_key = account.key.thumbprint(),
                new_key = new_key.thumbprint(), "acme account key changed"
            );
            Ok(Account {
                key: new_key,
                ..account
            })
        }
        KeyChange::Taken => Err(conflict(server, &account.directory, &new_key).await?.into()),
        KeyChange::Lost => Err(Problem::unauthorized("the account was changed meanwhile").into()),
    }
}

fn read(server: &Server, account: &Account, payload: &Payload, url: &str) -> Result<Jwk, Problem> {
    let inner = Jws::from_json(&payload.parse::<Value>()?)?;
    let Signatory::Key(new_key) = &inner.header().signatory else {
        return Err(Problem::malformed(
            "the inner request must carry the new key as jwk",
        ));
    };
    if inner.header().nonce.is_some() {
        return Err(Problem::malformed("the inner request must have no nonce"));
    }
    if inner.header().url != url {
        return Err(Problem::malformed(
            "the inner request has another url than the outer one",
        ));
    }
    inner.verify(inner.algorithm()?, new_key)?;
    let change: Change = serde_json::from_slice(inner.payload())
        .map_err(|error| Problem::malformed(format!("read inner payload: {error}")))?;
    if change.account != server.urls.account(&account.directory, &account.id) {
        return Err(Problem::malformed(
            "the inner request is for another account",
        ));
    }
    let old_key = Jwk::from_json(&change.old_key)
        .map_err(|error| Problem::malformed(format!("oldKey: {error}")))?;
    if old_key != account.key {
        return Err(Problem::malformed("oldKey is not the key of the account"));
    }
    Ok(new_key.clone())
}

/// RFC 8555 §7.3.5: 409, and where the account is that has the key.
async fn conflict(server: &Server, directory: &Directory, key: &Jwk) -> Result<Problem, Failure> {
    let problem = Problem::malformed("the new key belongs to another account").with_status(409);
    Ok(
        match server.store.find_account_by_key(directory, key).await? {
            Some(other) => problem.with_location(server.urls.account(directory, &other.id)),
            None => problem,
        },
    )
}
