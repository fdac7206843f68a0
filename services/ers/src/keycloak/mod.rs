//! What the init job keeps in Keycloak: the realm with its roles, groups and clients, as a file says them. Keycloak imports
//! the same file when it starts first; this is for what is added later, and for secrets and addresses that change. What
//! administrators made or changed themselves stays.

mod admin;
mod wanted;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use ers_runtime::config::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    admin::{Admin, NotIn},
    wanted::{Wanted, due, name_of},
};
use crate::failure::{Attempt as _, Failure, Outcome};

/// Between two questions whether it answers.
const BETWEEN: Duration = Duration::from_secs(2);

/// A Keycloak, and what its realm is to have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeycloakConfig {
    /// Its address with its path, e.g. `http://keycloak:8080/auth`.
    url: String,
    /// The realm as Keycloak exports it (JSON). `${NAME}` in its texts stands for the environment variable.
    realm_file: PathBuf,
    /// An administrator of the realm `master`.
    username: Secret,
    /// Their password.
    password: Secret,
}

/// Makes what the realm lacks.
///
/// An administrator who is refused is told and no failure when the realm is there: people replace the first administrator,
/// as Keycloak asks them to, and what this job renews elsewhere must not depend on them.
pub async fn keep(config: &KeycloakConfig, wait: Duration, tell: impl Fn(&str)) -> Outcome<()> {
    let wanted = Wanted::read(&config.realm_file)?;
    let name = wanted.name()?;
    let admin = match log_in(config, wait, &tell).await? {
        Ok(admin) => admin.of(&name),
        Err(refused) if Admin::has_realm(&config.url, &name).await? => {
            tell(&format!("realm {name} stays as it is: {refused}"));
            return Ok(());
        }
        Err(refused) => {
            return Err(Failure::new(format!("make realm {name}: {refused}")).or(
                "keycloak.username and keycloak.password name an administrator of the realm master",
            ));
        }
    };
    if admin.find("").await?.is_none() {
        admin.create_realm(&wanted.realm).await?;
        tell(&format!("realm {name}"));
        return Ok(());
    }
    for role in wanted.roles() {
        keep_role(&admin, role, &tell).await?;
    }
    for group in wanted.groups() {
        keep_group(&admin, group, &tell).await?;
    }
    for client in wanted.clients() {
        keep_client(&admin, client, &tell).await?;
    }
    Ok(())
}

/// An administrator's session, once Keycloak answers.
async fn log_in(
    config: &KeycloakConfig,
    wait: Duration,
    tell: &impl Fn(&str),
) -> Outcome<Result<Admin, String>> {
    let username = config
        .username
        .resolve()
        .attempt("read keycloak.username")?;
    let password = config
        .password
        .resolve()
        .attempt("read keycloak.password")?;
    let started = Instant::now();
    let mut told = false;
    loop {
        match Admin::log_in(&config.url, &username, &password).await {
            Ok(admin) => return Ok(Ok(admin)),
            Err(NotIn::Refused(why)) => return Ok(Err(why)),
            Err(NotIn::Unreachable(failure)) if started.elapsed() >= wait => return Err(failure),
            Err(NotIn::Unreachable(_)) => {}
        }
        if !told {
            tell("waiting for Keycloak");
            told = true;
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

async fn keep_role(admin: &Admin, role: &Value, tell: &impl Fn(&str)) -> Outcome<()> {
    let name = name_of(role, "name")?;
    if admin.find_named("roles", name).await?.is_none() {
        admin.create("roles", role).await?;
        tell(&format!("role {name} in Keycloak"));
    }
    Ok(())
}

/// A group, and that it has its roles: who was broken off in between goes on here.
async fn keep_group(admin: &Admin, group: &Value, tell: &impl Fn(&str)) -> Outcome<()> {
    let name = name_of(group, "name")?;
    let at = |groups: Vec<Value>| {
        groups
            .into_iter()
            .find(|found| found.get("name").and_then(Value::as_str) == Some(name))
    };
    let found = match at(admin.list("groups", "max=1000").await?) {
        Some(found) => found,
        None => {
            admin.create("groups", &json!({ "name": name })).await?;
            tell(&format!("group {name} in Keycloak"));
            at(admin.list("groups", "max=1000").await?)
                .ok_or_else(|| Failure::new(format!("find group {name} in Keycloak")))?
        }
    };
    let mappings = format!("groups/{}/role-mappings/realm", name_of(&found, "id")?);
    let held = admin.list(&mappings, "").await?;
    for role in wanted::texts(group, "realmRoles") {
        if held
            .iter()
            .any(|held| held.get("name").and_then(Value::as_str) == Some(role))
        {
            continue;
        }
        if let Some(role) = admin.find_named("roles", role).await? {
            admin.create(&mappings, &json!([role])).await?;
        }
    }
    Ok(())
}

async fn keep_client(admin: &Admin, client: &Value, tell: &impl Fn(&str)) -> Outcome<()> {
    let name = name_of(client, "clientId")?;
    let mut found = admin.list_clients(name).await?;
    match found.pop() {
        None => {
            admin.create("clients", client).await?;
            tell(&format!("client {name} in Keycloak"));
        }
        Some(there) => {
            if let Some(changed) = due(&there, client) {
                let place = format!("clients/{}", name_of(&there, "id")?);
                admin.replace(&place, &changed).await?;
                tell(&format!("client {name} in Keycloak: secret and addresses"));
            }
        }
    }
    Ok(())
}
