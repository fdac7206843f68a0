//! `ers recovery`: keys that the platform keeps, wanted back under dual control. Over REST: only people do this.

use reqwest::Method;
use serde_json::{Value, json};

use super::key_file;
use crate::{
    cli::{Global, Recovery},
    clm,
    failure::Outcome,
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
        } => {
            let path = format!("{}/key", at(&id));
            return key_file::fetch(&rest, &path, &out, &password_file).await;
        }
    };
    output::show(global.output, &Told::one(told, WHOLE))
}

async fn decide(rest: &Rest, id: &str, approve: bool, comment: &str) -> Outcome<Value> {
    let path = format!("{}/decision", at(id));
    let body = json!({"approve": approve, "comment": comment});
    rest.act(Method::POST, &path, &body).await
}

fn at(id: &str) -> String {
    format!("key-recoveries/{}", segment(id))
}
