//! `ers recovery`: keys that the platform keeps, wanted back under dual control. Over REST: only people do this.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::read_password;
use crate::{
    cli::{Global, Recovery},
    clm,
    failure::{Attempt as _, Failure, Outcome},
    key_store,
    output::{self, Told},
    rest::{Rest, segment},
};

const ROW: &[(&str, &str)] = &[
    ("id", "id"),
    ("state", "state"),
    ("subject", "subject"),
    ("serial", "serial"),
    ("asked by", "asked_by"),
    ("until", "ends_at"),
    ("why", "comment"),
];
const WHOLE: &[(&str, &str)] = &[
    ("id", "id"),
    ("state", "state"),
    ("subject", "subject"),
    ("issuer", "issuer"),
    ("serial", "serial"),
    ("policy", "policy"),
    ("realm", "realm"),
    ("asked by", "asked_by"),
    ("why", "comment"),
    ("until", "ends_at"),
    ("yes needed", "approvals_needed"),
    ("decisions", "decisions"),
];

pub async fn run(global: &Global, command: Recovery) -> Outcome<()> {
    let rest = clm::rest(global)?;
    let told = match command {
        Recovery::Ask {
            certificate,
            comment,
        } => {
            let body = json!({"certificate": certificate, "comment": comment});
            rest.act(Method::POST, "key-recoveries", &body).await?
        }
        Recovery::List {
            state,
            certificate,
            mine,
            limit,
            page,
        } => {
            let query = [
                ("state", state.as_str()),
                ("certificate", &certificate),
                ("mine", if mine { "true" } else { "" }),
                ("page_size", &limit.to_string()),
                ("page_token", &page),
            ];
            let page = rest.ask("key-recoveries", &query).await?;
            let told = Told::page(page, "key_recoveries", ROW);
            return output::show(global.output, &told);
        }
        Recovery::Show { id } => rest.ask(&at(&id), &[]).await?,
        Recovery::Approve { id, comment } => decide(&rest, &id, true, &comment).await?,
        Recovery::Decline { id, comment } => decide(&rest, &id, false, &comment).await?,
        Recovery::Withdraw { id } => {
            let path = format!("{}/withdrawal", at(&id));
            rest.act(Method::POST, &path, &Value::Null).await?
        }
        Recovery::Fetch {
            id,
            out,
            password_file,
        } => return fetch(&rest, &id, &out, &password_file).await,
    };
    output::show(global.output, &Told::one(told, WHOLE))
}

async fn decide(rest: &Rest, id: &str, approve: bool, comment: &str) -> Outcome<Value> {
    let path = format!("{}/decision", at(id));
    let body = json!({"approve": approve, "comment": comment});
    rest.act(Method::POST, &path, &body).await
}

async fn fetch(rest: &Rest, id: &str, out: &Path, password_file: &Path) -> Outcome<()> {
    let password = read_password(password_file)?;
    if out.exists() {
        return Err(Failure::new(format!("{} is there already", out.display())));
    }
    // It is handed out once: a place where it cannot be written is found out before.
    key_store::write_private(out, &[])?;
    let fetched = hand_out(rest, id, &password).await;
    let Ok(file) = fetched else {
        let _ = std::fs::remove_file(out);
        return fetched.map(drop);
    };
    key_store::write_private(out, &file)?;
    output::line(&format!("key and certificate are in {}", out.display()))
}

async fn hand_out(rest: &Rest, id: &str, password: &str) -> Outcome<Zeroizing<Vec<u8>>> {
    let path = format!("{}/key", at(id));
    let body = json!({"password": password});
    let told = rest.act(Method::POST, &path, &body).await?;
    let text = told.get("pkcs12").and_then(Value::as_str);
    let text = text.ok_or_else(|| Failure::new("the platform gave no key"))?;
    STANDARD
        .decode(text)
        .map(Zeroizing::new)
        .attempt("read the key")
}

fn at(id: &str) -> String {
    format!("key-recoveries/{}", segment(id))
}
