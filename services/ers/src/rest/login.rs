//! Logins that are kept: one file for each server below the user's configuration, readable by the user alone.

use std::{fs, os::unix::fs::DirBuilderExt as _, path::PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::{
    failure::{Attempt as _, Failure, Outcome},
    key_store::write_private,
};

/// A login at a server.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Base URL, without a slash at its end.
    pub server: String,
    /// Bearer token: of a session, or of a client.
    #[serde(serialize_with = "token_out", deserialize_with = "token_in")]
    pub token: Zeroizing<String>,
    /// The CAs that its certificate may come from, PEM; absent: those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<String>,
}

impl Login {
    /// The one that was kept for a server.
    pub fn load(server: &str) -> Outcome<Option<Self>> {
        let path = path_of(server)?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).attempt(format!("read {}", path.display())),
        };
        let login = serde_json::from_str(&text).attempt(format!("read {}", path.display()))?;
        Ok(Some(login))
    }

    /// Keeps it, as the last one.
    pub fn keep(&self) -> Outcome<()> {
        let path = path_of(&self.server)?;
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .attempt(format!("make {}", folder.display()))?;
        }
        let text = serde_json::to_string_pretty(self).attempt("write login")?;
        write_private(&path, Zeroizing::new(text).as_bytes())?;
        write_private(&last_path()?, self.server.as_bytes())
    }

    /// Forgets it; false when there was none.
    pub fn forget(server: &str) -> Outcome<bool> {
        if last()?.as_deref() == Some(server) {
            let path = last_path()?;
            fs::remove_file(&path).attempt(format!("remove {}", path.display()))?;
        }
        let path = path_of(server)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).attempt(format!("remove {}", path.display())),
        }
    }
}

fn token_out<S: Serializer>(token: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(token)
}

fn token_in<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

/// The base URL of a server, as logins are kept by it.
pub fn base_of(server: &str) -> Outcome<String> {
    let url = url::Url::parse(server).attempt(format!("read --server {server:?}"))?;
    if url.scheme() != "https" || url.host_str().is_none() {
        return Err(Failure::new(format!(
            "read --server {server:?}: must begin with https://"
        )));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Where the last login was that did not end.
pub fn last() -> Outcome<Option<String>> {
    let path = last_path()?;
    match fs::read_to_string(&path) {
        Ok(server) => base_of(server.trim()).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).attempt(format!("read {}", path.display())),
    }
}

fn last_path() -> Outcome<PathBuf> {
    Ok(folder()?.join("last-login"))
}

/// `$XDG_CONFIG_HOME/ers`.
fn folder() -> Outcome<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|folder| !folder.is_empty());
    match (set("XDG_CONFIG_HOME"), set("HOME")) {
        (Some(folder), _) => Ok(PathBuf::from(folder).join("ers")),
        (None, Some(home)) => Ok(PathBuf::from(home).join(".config/ers")),
        (None, None) => Err(Failure::new("find your configuration: HOME is not set")),
    }
}

/// `logins/HOST-DIGEST.json` in the folder.
fn path_of(server: &str) -> Outcome<PathBuf> {
    let url = url::Url::parse(server).attempt(format!("read server {server:?}"))?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, server.as_bytes());
    let mut digits = hex::encode(digest);
    digits.truncate(12);
    let host: String = url
        .host_str()
        .unwrap_or_default()
        .chars()
        .filter(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-'))
        .take(100)
        .collect();
    Ok(folder()?
        .join("logins")
        .join(format!("{host}-{digits}.json")))
}
