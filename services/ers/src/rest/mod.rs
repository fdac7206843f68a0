//! A platform elsewhere, spoken to over REST with the token of a login. The commands speak gRPC: here its services of CLM are
//! answered by REST, call by call, so that a command is written once. What REST does not have is said to be so.

mod administration;
mod bulk;
pub mod csr;
mod end_entities;
mod enrollment;
mod inventory;
pub mod login;
mod notifications;
mod people;
mod revoking;
#[cfg(test)]
mod tests;
pub mod told;

use std::time::Duration;

use ers_runtime::error::chain;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tonic::{Code, Status};
use zeroize::Zeroizing;

use crate::failure::{Attempt as _, Failure, Outcome, answered};
use login::Login;

/// Longest wait for an answer, and for each piece of it.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(10);
/// Longest answer that is read whole.
const LONGEST: usize = 64 << 20;

/// Pages of lists that are read whole.
const LARGE: &[(&str, &str)] = &[("page_size", "1000")];

/// CLM over REST. Cheap to clone.
#[derive(Clone)]
pub struct Rest {
    http: reqwest::Client,
    base: String,
    token: Option<Zeroizing<String>>,
}

/// An answer: what is in it, and the headers that say how it came to be.
pub struct Answered {
    /// JSON; null when there is nothing.
    pub body: Value,
    /// Status of HTTP, of those that say that it was done.
    pub status: StatusCode,
    /// `ETag`, as it is given back in `If-Match`; or empty.
    pub version: String,
}

/// What a request says besides its body; empty: nothing.
#[derive(Default)]
struct Headers<'a> {
    if_match: &'a str,
    idempotency_key: &'a str,
}

impl Rest {
    /// With a login that was kept.
    pub fn open(server: &str) -> Outcome<Self> {
        let login = Login::load(server)?.ok_or_else(|| {
            Failure::new(format!("there is no login at {server}"))
                .or(format!("`ers login --server {server}` makes one"))
        })?;
        Ok(Self::to(server, login.authorities.as_deref(), None)?.with(login.token))
    }

    /// With a token.
    #[must_use]
    pub fn with(mut self, token: Zeroizing<String>) -> Self {
        self.token = Some(token);
        self
    }

    /// Without a login. `authorities`: the CAs that its certificate may come from, PEM; absent: those of the system.
    /// `identity`: client certificate and its key, PEM.
    pub fn to(server: &str, authorities: Option<&str>, identity: Option<&str>) -> Outcome<Self> {
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(PATIENCE)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("ers/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = authorities {
            let trusted = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .attempt("read the CAs that are trusted")?;
            http = http.tls_certs_only(trusted);
        }
        if let Some(pem) = identity {
            let identity = reqwest::Identity::from_pem(pem.as_bytes());
            http = http.identity(identity.attempt("read the client certificate and its key")?);
        }
        Ok(Self {
            http: http.build().attempt("prepare for HTTPS")?,
            base: format!("{}/clm-api/v1", server.trim_end_matches('/')),
            token: None,
        })
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Status> {
        Ok(self.send(self.question(path, query)?).await?.body)
    }

    fn question(&self, path: &str, query: &[(&str, &str)]) -> Result<RequestBuilder, Status> {
        let url = format!("{}/{path}", self.base);
        let mut url = url::Url::parse(&url).map_err(|e| Status::invalid_argument(e.to_string()))?;
        let query = query.iter().filter(|(_, value)| !value.is_empty());
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(self.http.get(url))
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, Status> {
        let answered = self.answer(method, path, body, Headers::default()).await?;
        Ok(answered.body)
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        headers: Headers<'_>,
    ) -> Result<Answered, Status> {
        let mut request = self.http.request(method, format!("{}/{path}", self.base));
        if !headers.if_match.is_empty() {
            request = request.header("If-Match", headers.if_match);
        }
        if !headers.idempotency_key.is_empty() {
            request = request.header("Idempotency-Key", headers.idempotency_key);
        }
        request = match body {
            // Said, and not left out: some proxies speak HTTP/1.0 onward, where a POST without a length is malformed.
            Value::Null => request.header("Content-Length", "0"),
            body => request.json(body),
        };
        self.send(request).await
    }

    async fn delete(&self, path: &str) -> Result<(), Status> {
        self.call(Method::DELETE, path, &Value::Null).await?;
        Ok(())
    }

    /// All rows of a list, page by page.
    async fn all(
        &self,
        path: &str,
        query: &[(&str, &str)],
        rows: &str,
    ) -> Result<Vec<Value>, Status> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let mut query = query.to_vec();
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let mut page = self.get(path, &query).await?;
            if let Some(Value::Array(more)) = page.get_mut(rows).map(Value::take) {
                all.extend(more);
            }
            match page.get("next_page_token").and_then(Value::as_str) {
                Some(next) => next.clone_into(&mut token),
                None => return Ok(all),
            }
        }
    }

    /// What a command asks for that has no gRPC.
    pub async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Outcome<Value> {
        self.get(path, query).await.map_err(answered)
    }

    /// All of a list that has no gRPC.
    pub async fn ask_all(
        &self,
        path: &str,
        query: &[(&str, &str)],
        rows: &str,
    ) -> Outcome<Vec<Value>> {
        self.all(path, query, rows).await.map_err(answered)
    }

    /// What a command has done that has no gRPC.
    pub async fn act(&self, method: Method, path: &str, body: &Value) -> Outcome<Value> {
        self.call(method, path, body).await.map_err(answered)
    }

    /// As [`Self::act`], with how it went.
    pub async fn try_act(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Answered, Status> {
        self.answer(method, path, body, Headers::default()).await
    }

    /// Hands on what may be long, piece by piece.
    pub async fn copy(
        &self,
        path: &str,
        query: &[(&str, &str)],
        mut take: impl FnMut(&[u8]) -> Outcome<()>,
    ) -> Outcome<()> {
        let question = self.question(path, query).map_err(answered)?;
        let mut response = self.begin(question).await.map_err(answered)?;
        if !response.status().is_success() {
            return Err(answered(refusal(response).await));
        }
        while let Some(piece) = response.chunk().await.attempt(format!("read {path}"))? {
            take(&piece)?;
        }
        Ok(())
    }

    async fn begin(&self, mut request: RequestBuilder) -> Result<Response, Status> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.as_str());
        }
        let answer = request.send().await;
        answer.map_err(|error| Status::unavailable(chain(&error)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answered, Status> {
        let response = self.begin(request).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(refusal(response).await);
        }
        let tag = response.headers().get("etag");
        let version = tag.and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let version = version.to_owned();
        let octets = whole(response).await?;
        let body = match octets.as_slice() {
            [] => Value::Null,
            octets => serde_json::from_slice(octets).map_err(|error| {
                Status::unavailable(format!("what answers is not CLM: {error}"))
            })?,
        };
        Ok(Answered {
            body,
            status,
            version,
        })
    }
}

async fn whole(mut response: Response) -> Result<Zeroizing<Vec<u8>>, Status> {
    let mut octets = Zeroizing::new(Vec::new());
    let failed = |error: reqwest::Error| Status::unavailable(chain(&error));
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        if octets.len() + piece.len() > LONGEST {
            return Err(Status::resource_exhausted("the answer is too long"));
        }
        octets.extend_from_slice(&piece);
    }
    Ok(octets)
}

/// What a problem document (RFC 9457) says.
async fn refusal(response: Response) -> Status {
    let status = response.status();
    let octets = whole(response).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&octets).unwrap_or_default();
    let detail = body.get("detail").and_then(Value::as_str);
    let detail = detail.unwrap_or(status.canonical_reason().unwrap_or("no answer"));
    let field = body.get("field").and_then(Value::as_str);
    let named = field.filter(|field| !detail.contains(field));
    let detail = named.map_or(detail.to_owned(), |field| format!("{field}: {detail}"));
    Status::new(code_of(status), detail)
}

/// The code that gRPC has for what a status of HTTP says.
fn code_of(status: StatusCode) -> Code {
    match status.as_u16() {
        400 | 413 | 415 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        409 | 412 => Code::Aborted,
        422 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        502..=504 => Code::Unavailable,
        _ => Code::Internal,
    }
}

/// A segment of a path, RFC 3986 section 2.1.
pub fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    escaped
}

/// For what the platform tells only to its own identity.
fn not_here<T>() -> Result<T, Status> {
    Err(Status::unimplemented(
        "this cannot be done over REST: it needs the platform's own identity (--data or --platform)",
    ))
}
