//! Keycloak's admin REST interface: one realm of it.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::failure::{Attempt as _, Failure, Outcome};

const TIMEOUT: Duration = Duration::from_secs(30);
/// Lists of clients and groups are shorter.
const LONGEST_ANSWER: usize = 4 << 20;

/// A session of an administrator, for one realm.
pub struct Admin {
    http: Client,
    /// `…/admin/realms`
    base: String,
    realm: String,
    token: Zeroizing<String>,
}

/// Why there is no session.
pub enum NotIn {
    /// It does not know the administrator.
    Refused(String),
    /// It does not answer yet.
    Unreachable(Failure),
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

impl Admin {
    /// A session; [`Self::of`] says for which realm.
    pub async fn log_in(
        url: &str,
        username: &SecretString,
        password: &SecretString,
    ) -> Result<Self, NotIn> {
        let url = url.trim_end_matches('/');
        let http = client().map_err(NotIn::Unreachable)?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "password")
            .append_pair("client_id", "admin-cli")
            .append_pair("username", username.expose_secret())
            .append_pair("password", password.expose_secret());
        let form = Zeroizing::new(form.finish());
        let place = format!("{url}/realms/master/protocol/openid-connect/token");
        let asked = http
            .post(place)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_string());
        let answer = send(asked, "log in").await.map_err(NotIn::Unreachable)?;
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::BAD_REQUEST {
            return Err(NotIn::Refused(
                "Keycloak refuses its administrator".to_owned(),
            ));
        }
        let tokens: Tokens = read(answer, "log in").await.map_err(NotIn::Unreachable)?;
        Ok(Self {
            http,
            base: format!("{url}/admin/realms"),
            realm: String::new(),
            token: Zeroizing::new(tokens.access_token),
        })
    }

    /// For that realm.
    #[must_use]
    pub fn of(mut self, realm: &str) -> Self {
        realm.clone_into(&mut self.realm);
        self
    }

    /// Whether there is a realm, as anybody may ask.
    pub async fn has_realm(url: &str, realm: &str) -> Outcome<bool> {
        let url = format!("{}/realms/{realm}", url.trim_end_matches('/'));
        let answer = send(client()?.get(url), "find the realm").await?;
        Ok(answer.status().is_success())
    }

    /// What is at a path of the realm; nothing: 404.
    pub async fn find(&self, path: &str) -> Outcome<Option<Value>> {
        let answer = send(
            self.request(Method::GET, self.at(path)?),
            &format!("find {path}"),
        )
        .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(answer, &format!("find {path}")).await.map(Some)
    }

    /// What is at a path under a name that may have any signs.
    pub async fn find_named(&self, path: &str, name: &str) -> Outcome<Option<Value>> {
        let mut url = self.at(path)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(name);
        }
        let act = format!("find {path} {name}");
        let answer = send(self.request(Method::GET, url), &act).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(answer, &act).await.map(Some)
    }

    /// A list.
    pub async fn list(&self, path: &str, query: &str) -> Outcome<Vec<Value>> {
        let mut url = self.at(path)?;
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let act = format!("list {path}");
        read(send(self.request(Method::GET, url), &act).await?, &act).await
    }

    /// The client of that id; none or one.
    pub async fn list_clients(&self, id: &str) -> Outcome<Vec<Value>> {
        let mut url = self.at("clients")?;
        url.query_pairs_mut().append_pair("clientId", id);
        let act = format!("find client {id}");
        read(send(self.request(Method::GET, url), &act).await?, &act).await
    }

    /// Makes the realm.
    pub async fn create_realm(&self, realm: &Value) -> Outcome<()> {
        let url = self.base.parse().attempt("name Keycloak's realms")?;
        self.write(Method::POST, url, realm, "make the realm").await
    }

    /// Adds to a list.
    pub async fn create(&self, path: &str, what: &Value) -> Outcome<()> {
        self.write(
            Method::POST,
            self.at(path)?,
            what,
            &format!("add to {path}"),
        )
        .await
    }

    /// Replaces what is there.
    pub async fn replace(&self, path: &str, what: &Value) -> Outcome<()> {
        self.write(Method::PUT, self.at(path)?, what, &format!("change {path}"))
            .await
    }

    async fn write(&self, method: Method, url: Url, what: &Value, act: &str) -> Outcome<()> {
        let request = self
            .request(method, url)
            .header("content-type", "application/json")
            .body(what.to_string());
        let answer = send(request, act).await?;
        // 409: somebody else was faster, and it is there
        if answer.status().is_success() || answer.status() == StatusCode::CONFLICT {
            return Ok(());
        }
        Err(refused(act, answer.status()))
    }

    fn at(&self, path: &str) -> Outcome<Url> {
        let mut url: Url = self.base.parse().attempt("name Keycloak's realm")?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(&self.realm);
            segments.extend(path.split('/').filter(|part| !part.is_empty()));
        }
        Ok(url)
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http
            .request(method, url)
            .bearer_auth(self.token.as_str())
    }
}

fn client() -> Outcome<Client> {
    Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .attempt("call Keycloak")
}

async fn send(request: RequestBuilder, act: &str) -> Outcome<Response> {
    request
        .send()
        .await
        .map_err(reqwest::Error::without_url)
        .attempt(format!("ask Keycloak to {act}"))
}

async fn read<T: serde::de::DeserializeOwned>(mut answer: Response, act: &str) -> Outcome<T> {
    let status = answer.status();
    if !status.is_success() {
        return Err(refused(act, status));
    }
    let mut body = Zeroizing::new(Vec::new());
    while let Some(piece) = answer
        .chunk()
        .await
        .attempt(format!("read Keycloak's answer to {act}"))?
    {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(Failure::new(format!(
                "Keycloak's answer to {act} is longer than {LONGEST_ANSWER} octets"
            )));
        }
        body.extend_from_slice(&piece);
    }
    serde_json::from_slice(&body).attempt(format!("read Keycloak's answer to {act}"))
}

fn refused(act: &str, status: StatusCode) -> Failure {
    let failure = Failure::new(format!("{act} in Keycloak: {status}"));
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            failure.or("keycloak.username must be an administrator of that realm")
        }
        _ => failure,
    }
}
