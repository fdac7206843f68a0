//! `ers login`, `ers logout` and `ers whoami`: a platform elsewhere, over REST.

use std::{io::Write as _, time::Duration};

use reqwest::{Method, StatusCode};
use rustix::{
    io::Errno,
    termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr},
};
use serde::Serialize;
use serde_json::{Value, json};
use tonic::Code;
use zeroize::Zeroizing;

use super::{read_password, read_text};
use crate::{
    cli::{Global, Login as Options},
    clm,
    failure::{Attempt as _, Failure, Outcome, answered},
    output::{self, Show},
    rest::{
        Rest,
        login::{self, Login},
    },
};

/// Between two questions whether the code was typed, at most.
const LONGEST_INTERVAL_S: u64 = 60;

#[derive(Serialize)]
struct Who {
    server: String,
    username: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<Value>,
}

pub async fn log_in(global: &Global, options: &Options) -> Outcome<()> {
    let server = match &global.server {
        Some(server) => login::base_of(server)?,
        // again, where it was last
        None => login::last()?
            .ok_or_else(|| Failure::new("log in: where?").or("--server https://… says it"))?,
    };
    let authorities = match &options.ca {
        Some(file) => Some(read_text(file)?),
        None => Login::load(&server)?.and_then(|before| before.authorities),
    };
    let token = token(&server, authorities.as_deref(), options).await?;
    if token.is_empty() {
        return Err(Failure::new("log in: the token is empty"));
    }
    // One that lets in nobody is not kept.
    let rest = Rest::to(&server, authorities.as_deref(), None)?.with(token.clone());
    let who = who(&rest, &server).await?;
    let login = Login {
        server,
        token,
        authorities,
    };
    login.keep()?;
    output::show(global.output, &who)
}

/// A token, by the way in that was chosen.
async fn token(
    server: &str,
    authorities: Option<&str>,
    options: &Options,
) -> Outcome<Zeroizing<String>> {
    let rest = Rest::to(server, authorities, None)?;
    if let Some(file) = &options.token_file {
        return read_password(file);
    }
    if let (Some(username), Some(file)) = (&options.username, &options.password_file) {
        let body = json!({
            "username": username,
            "password": read_password(file)?.as_str(),
            "code": options.code,
        });
        let begun = rest.act(Method::POST, "session", &body).await;
        return begun.map(|session| token_of(&session)).map_err(hint);
    }
    if let (Some(certificate), Some(key)) = (&options.certificate, &options.key) {
        let identity = Zeroizing::new(format!("{}\n{}", read_text(certificate)?, read_text(key)?));
        let rest = Rest::to(server, authorities, Some(&identity))?;
        let begun = rest.act(Method::POST, "session/certificate", &Value::Null);
        return begun.await.map(|session| token_of(&session)).map_err(hint);
    }
    let ways = rest.ask("login-methods", &[]).await.map_err(hint)?;
    let has_provider = ways.get("oidc").and_then(Value::as_bool) == Some(true);
    if options.device || has_provider {
        match by_device(&rest).await {
            Err(status) if status.code() == Code::NotFound && !options.device => {}
            token => return token.map_err(answered),
        }
    }
    prompt("access token: ")
}

fn token_of(session: &Value) -> Zeroizing<String> {
    let token = session.get("token").and_then(Value::as_str);
    Zeroizing::new(token.unwrap_or_default().to_owned())
}

/// The platform's own certificates come from its own CA, which systems do not know.
fn hint(failure: Failure) -> Failure {
    if failure.says("certificate") && failure.says("UnknownIssuer") {
        return failure.or("--ca FILE names the CAs that its certificate may come from");
    }
    failure
}

/// RFC 8628: a person types a code in a browser, and meanwhile it is asked whether they have.
async fn by_device(rest: &Rest) -> Result<Zeroizing<String>, tonic::Status> {
    let begun = rest
        .try_act(Method::POST, "oidc/device", &Value::Null)
        .await?;
    let text = |name: &str| {
        let found = begun.body.get(name).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64);
    let lifetime = number(&begun.body, "expires_in").unwrap_or(600);
    let mut interval = number(&begun.body, "interval").unwrap_or(5).max(1);
    let code = text("user_code");
    output::progress(&format!(
        "open {} and type {code}",
        text("verification_url")
    ));
    let whole = text("verification_url_complete");
    if !whole.is_empty() {
        output::progress(&format!("or open {whole}, and see that it shows {code}"));
    }
    let wish = json!({"device_code": text("device_code")});
    let until = tokio::time::Instant::now() + Duration::from_secs(lifetime);
    while tokio::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_secs(interval.min(LONGEST_INTERVAL_S))).await;
        let asked = rest.try_act(Method::POST, "session/device", &wish).await;
        match asked {
            Ok(told) if told.status == StatusCode::ACCEPTED => {
                interval += number(&told.body, "slower_by").unwrap_or(0);
            }
            Ok(told) => return Ok(token_of(&told.body)),
            // It may be there again at the next question (section 3.5).
            Err(status) if status.code() == Code::Unavailable => interval *= 2,
            Err(status) if status.code() == Code::ResourceExhausted => interval *= 2,
            Err(status) => return Err(status),
        }
    }
    Err(tonic::Status::deadline_exceeded(
        "log in: nobody typed the code in time",
    ))
}

/// Asks for a secret, which is not shown; standard input that is no terminal is read as it is.
fn prompt(what: &str) -> Outcome<Zeroizing<String>> {
    let stdin = std::io::stdin();
    if !isatty(&stdin) {
        return Err(Failure::new("log in: how?").or(
            "--device, --token-file, --username with --password-file, or --certificate with --key",
        ));
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{what}").and_then(|()| stderr.flush());
    let before = hide()
        .map_err(std::io::Error::from)
        .attempt("hide what is typed")?;
    let mut line = Zeroizing::new(String::new());
    let read = stdin.read_line(&mut line);
    let _ = tcsetattr(&stdin, OptionalActions::Flush, &before);
    output::progress("");
    read.attempt("read standard input")?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}

/// What is typed is no longer shown; what was before is returned.
fn hide() -> Result<Termios, Errno> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    Ok(before)
}

pub async fn log_out(global: &Global) -> Outcome<()> {
    let Some(server) = server(global)? else {
        return output::line("there is no login");
    };
    let Some(login) = Login::load(&server)? else {
        return output::line(&format!("there is no login at {server}"));
    };
    let rest = Rest::to(&server, login.authorities.as_deref(), None)?.with(login.token);
    let ended = rest.try_act(Method::DELETE, "session", &Value::Null).await;
    Login::forget(&server)?;
    match ended {
        Ok(_) => output::line(&format!("logged out at {server}")),
        Err(status) if status.code() == Code::PermissionDenied => output::line(&format!(
            "the login at {server} is forgotten; its access token lets in until it ends or is revoked"
        )),
        // It was over already.
        Err(status) if status.code() == Code::Unauthenticated => {
            output::line(&format!("logged out at {server}"))
        }
        Err(status) => Err(answered(status).or(
            "the login is forgotten here; there its session ends by itself when it is not used",
        )),
    }
}

pub async fn who_am_i(global: &Global) -> Outcome<()> {
    let server = server(global)?.ok_or_else(|| {
        Failure::new("there is no login").or("`ers login --server URL` makes one")
    })?;
    let who = who(&Rest::open(&server)?, &server).await?;
    output::show(global.output, &who)
}

/// Where, whatever platform there is on this machine.
fn server(global: &Global) -> Outcome<Option<String>> {
    match clm::server(global)? {
        Some(server) => Ok(Some(server)),
        None => login::last(),
    }
}

async fn who(rest: &Rest, server: &str) -> Outcome<Who> {
    let server = server.to_owned();
    let session = match rest.try_act(Method::GET, "session", &Value::Null).await {
        Ok(told) => told.body,
        // Sessions are people's: a client's token is known, and has none.
        Err(status) if status.code() == Code::PermissionDenied => {
            return Ok(Who {
                server,
                username: "a client, by its access token".to_owned(),
                groups: Vec::new(),
                ends_at: None,
                grants: Vec::new(),
            });
        }
        Err(status) => return Err(hint(answered(status))),
    };
    let text = |name: &str| session.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| {
        let all = session.get(name).and_then(Value::as_array);
        all.cloned().unwrap_or_default()
    };
    let groups = list("groups").into_iter();
    Ok(Who {
        server,
        username: text("username").unwrap_or_default(),
        groups: groups
            .filter_map(|group| group.as_str().map(str::to_owned))
            .collect(),
        ends_at: text("ends_at"),
        grants: list("grants"),
    })
}

/// What may be done where, in a line.
fn grant(grant: &Value) -> String {
    let text = |name: &str| grant.get(name).and_then(Value::as_str);
    let all = grant.get("permissions").and_then(Value::as_array);
    let all: Vec<&str> = all
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let place = match (text("realm"), text("policy")) {
        (None, _) => "everywhere".to_owned(),
        (Some(realm), None) => format!("in realm {realm}"),
        (Some(realm), Some(policy)) => format!("in realm {realm} under policy {policy}"),
    };
    format!("{place}: {}", all.join(" "))
}

impl Show for Who {
    fn text(&self) -> String {
        let grants: Vec<String> = self.grants.iter().map(grant).collect();
        output::fields(&[
            ("server", self.server.clone()),
            ("username", self.username.clone()),
            ("groups", self.groups.join(" ")),
            ("until", self.ends_at.clone().unwrap_or_default()),
            ("may", grants.join("\n")),
        ])
    }
}
