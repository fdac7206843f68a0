//! `ers client`: what asks for certificates by itself, and its access tokens. Over REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    cli::{Client, ClientToken, ClientTokenMake, Global},
    clm,
    failure::Outcome,
    output::{self, Told},
    rest::{Rest, segment},
};

const MEMBERS: &[(&str, &str)] = &[
    ("name", "name"),
    ("realm", "realm"),
    ("default policy", "default_policy"),
    ("description", "description"),
];
const TOKEN: &[(&str, &str)] = &[
    ("id", "id"),
    ("client", "client"),
    ("realm", "realm"),
    ("permissions", "permissions"),
    ("until", "expires_at"),
    ("last used", "last_used_at"),
    ("description", "description"),
];
const MADE: &[(&str, &str)] = &[
    ("id", "id"),
    ("client", "client"),
    ("until", "expires_at"),
    ("token, shown this once", "token"),
];

pub async fn run(global: &Global, command: Client) -> Outcome<()> {
    let rest = clm::rest(global)?;
    let told = match command {
        Client::List { realm, search } => {
            let query = [
                ("realm", realm.as_str()),
                ("search", &search),
                ("page_size", "1000"),
            ];
            Told::rows(rest.ask_all("clients", &query, "clients").await?, MEMBERS)
        }
        Client::Show { name } => Told::one(rest.ask(&at(&name), &[]).await?, MEMBERS),
        Client::Add {
            name,
            realm,
            default_policy,
            description,
        } => {
            let body = json!({
                "name": name,
                "realm": realm,
                "default_policy": default_policy,
                "description": description,
            });
            Told::one(rest.act(Method::POST, "clients", &body).await?, MEMBERS)
        }
        Client::Change {
            name,
            default_policy,
            description,
        } => {
            let body = json!({"default_policy": default_policy, "description": description});
            Told::one(rest.act(Method::PATCH, &at(&name), &body).await?, MEMBERS)
        }
        Client::Remove { name } => {
            rest.act(Method::DELETE, &at(&name), &Value::Null).await?;
            return output::line(&format!("client {name} removed"));
        }
        Client::Token(command) => return token(global, &rest, command).await,
    };
    output::show(global.output, &told)
}

async fn token(global: &Global, rest: &Rest, command: ClientToken) -> Outcome<()> {
    let told = match command {
        ClientToken::List { client } => {
            let path = format!("{}/tokens", at(&client));
            Told::rows(rest.ask_all(&path, &[], "tokens").await?, TOKEN)
        }
        ClientToken::Make(options) => make(rest, options).await?,
        ClientToken::Revoke { client, id } => {
            let path = format!("{}/tokens/{}", at(&client), segment(&id));
            rest.act(Method::DELETE, &path, &Value::Null).await?;
            return output::line(&format!("access token {id} lets in nobody any more"));
        }
    };
    output::show(global.output, &told)
}

async fn make(rest: &Rest, options: ClientTokenMake) -> Outcome<Told> {
    let path = format!("{}/tokens", at(&options.client));
    let body = json!({
        "permissions": options.permissions,
        "realm": options.realm,
        "validity": options.validity,
        "description": options.description,
    });
    Ok(Told::one(rest.act(Method::POST, &path, &body).await?, MADE))
}

fn at(name: &str) -> String {
    format!("clients/{}", segment(name))
}
