//! `ers account`: one's own password and second factor. Over REST.

use reqwest::Method;
use serde_json::{Value, json};

use super::read_password;
use crate::{
    cli::{Account, Global, SecondFactor},
    clm,
    failure::Outcome,
    output::{self, Told},
};

const MADE: &[(&str, &str)] = &[
    ("secret, shown this once", "secret"),
    ("the same for apps", "uri"),
];

pub async fn run(global: &Global, command: Account) -> Outcome<()> {
    let rest = clm::rest(global)?;
    match command {
        Account::Password {
            present_password_file,
            new_password_file,
        } => {
            let body = json!({
                "present_password": read_password(&present_password_file)?.as_str(),
                "new_password": read_password(&new_password_file)?.as_str(),
            });
            rest.act(Method::POST, "account/password", &body).await?;
            output::line("your password is set; your other logins have ended")
        }
        Account::SecondFactor(SecondFactor::Make) => {
            let path = "account/second-factor";
            let made = rest.act(Method::POST, path, &Value::Null).await?;
            output::show(global.output, &Told::one(made, MADE))
        }
        Account::SecondFactor(SecondFactor::Confirm { code }) => {
            let path = "account/second-factor/confirmation";
            rest.act(Method::POST, path, &json!({"code": code})).await?;
            output::line("a code is asked for at each login from now on")
        }
        Account::SecondFactor(SecondFactor::Remove { password_file }) => {
            let password = read_password(&password_file)?;
            let body = json!({"password": password.as_str()});
            let path = "account/second-factor/removal";
            rest.act(Method::POST, path, &body).await?;
            output::line("no code is asked for any more")
        }
    }
}
