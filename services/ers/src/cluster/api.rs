//! The Secrets of one namespace, by the Kubernetes API: one is read, one is applied (server-side apply). Nothing else of
//! the API is needed, so the rights needed are `get`, `create` and `patch` on the Secrets by their names.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use reqwest::{Certificate, Client, Method, Response, StatusCode, Url};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::failure::{Attempt as _, Failure, Outcome};

const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const TIMEOUT: Duration = Duration::from_secs(15);
/// A Secret has 1 MiB at most; in base64, with what the API adds, not twice that.
const LONGEST_ANSWER: usize = 2 << 20;
/// How often a request is made that meets a failure which may pass, with pauses that double from [`PAUSE`].
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);

/// Where the API is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiConfig {
    /// `https://…`; absent: `KUBERNETES_SERVICE_HOST` and `_PORT`.
    server: Option<Url>,
    /// Namespace; absent: that of the service account.
    namespace: Option<String>,
    /// Token of the service account. Read anew for each request: it is replaced from time to time.
    token_file: PathBuf,
    /// Whom to believe, PEM.
    authorities_file: PathBuf,
}

impl Default for ApiConfig {
    fn default() -> Self {
        let file = |name: &str| PathBuf::from(ACCOUNT).join(name);
        Self {
            server: None,
            namespace: None,
            token_file: file("token"),
            authorities_file: file("ca.crt"),
        }
    }
}

/// The Secrets of a namespace.
pub struct Secrets {
    http: Client,
    base: Url,
    token_file: PathBuf,
    labels: BTreeMap<String, String>,
}

/// Whether what is there and was written by others is overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Force {
    Yes,
    No,
}

impl Secrets {
    /// The way to them; nothing is sent yet.
    pub fn open(config: &ApiConfig, labels: &BTreeMap<String, String>) -> Outcome<Self> {
        let read = |path: &PathBuf| std::fs::read(path).attempt(format!("read {}", path.display()));
        let believed = Certificate::from_pem_bundle(&read(&config.authorities_file)?)
            .attempt("read the authorities of the Kubernetes API")?;
        let http = Client::builder()
            .tls_certs_only(believed)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .attempt("call the Kubernetes API")?;
        let server = match &config.server {
            Some(server) => server.clone(),
            None => from_environment()?,
        };
        let namespace = match &config.namespace {
            Some(namespace) => namespace.clone(),
            None => String::from_utf8_lossy(&read(&PathBuf::from(ACCOUNT).join("namespace"))?)
                .trim()
                .to_owned(),
        };
        let base = server
            .join(&format!("/api/v1/namespaces/{namespace}/secrets/"))
            .attempt("name the Secrets of the Kubernetes API")?;
        Ok(Self {
            http,
            base,
            token_file: config.token_file.clone(),
            labels: labels.clone(),
        })
    }

    /// One of them; none: it is not there.
    pub async fn load(&self, name: &str) -> Outcome<Option<Secret>> {
        let url = self.url(name)?;
        let (status, body) = self.call(Method::GET, url, None, name).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => Secret::from_json(name, &body).map(Some),
            _ => Err(refused("read", name, status, &body)),
        }
    }

    /// Has one hold these values; nothing is written when it does already.
    pub async fn keep(&self, secret: &Secret) -> Outcome<()> {
        match self.load(&secret.name).await? {
            Some(there) if there.data == secret.data => Ok(()),
            _ => self.apply(secret).await,
        }
    }

    /// Writes one, whether it is there or not: from now on it holds these values and no others of ours.
    pub async fn apply(&self, secret: &Secret) -> Outcome<()> {
        match self.patch(secret, "ers", Force::Yes).await? {
            (status, _) if status.is_success() => Ok(()),
            (status, body) => Err(refused("write", &secret.name, status, &body)),
        }
    }

    /// Writes one unless another has written it in the meantime; false: another has.
    pub async fn apply_first(&self, secret: &Secret) -> Outcome<bool> {
        // Values of another manager are a conflict: of two that begin at once, one is the first.
        let manager = format!("ers-{}", uuid::Uuid::new_v4().simple());
        match self.patch(secret, &manager, Force::No).await? {
            (status, _) if status.is_success() => Ok(true),
            (StatusCode::CONFLICT, _) => Ok(false),
            (status, body) => Err(refused("write", &secret.name, status, &body)),
        }
    }

    async fn patch(
        &self,
        secret: &Secret,
        manager: &str,
        force: Force,
    ) -> Outcome<(StatusCode, Zeroizing<Vec<u8>>)> {
        let mut url = self.url(&secret.name)?;
        url.query_pairs_mut()
            .append_pair("fieldManager", manager)
            .append_pair("force", if force == Force::Yes { "true" } else { "false" });
        let body = secret.to_json(&self.labels);
        self.call(Method::PATCH, url, Some(&body), &secret.name)
            .await
    }

    fn url(&self, name: &str) -> Outcome<Url> {
        self.base.join(name).attempt(format!("name secret {name}"))
    }

    /// Calls until there is an answer that a repetition would not change.
    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<&str>,
        name: &str,
    ) -> Outcome<(StatusCode, Zeroizing<Vec<u8>>)> {
        let mut attempt = 1;
        loop {
            let token = std::fs::read_to_string(&self.token_file)
                .map(Zeroizing::new)
                .attempt(format!("read {}", self.token_file.display()))?;
            let mut request = self
                .http
                .request(method.clone(), url.clone())
                .bearer_auth(token.trim());
            if let Some(body) = body {
                request = request
                    .header("content-type", "application/apply-patch+yaml")
                    .body(body.to_owned());
            }
            let answered = request.send().await;
            let may_pass = match &answered {
                Ok(answer) => {
                    answer.status().is_server_error()
                        || answer.status() == StatusCode::TOO_MANY_REQUESTS
                }
                Err(error) => !error.is_builder(),
            };
            if !may_pass || attempt == ATTEMPTS {
                let answer =
                    answered.attempt(format!("ask the Kubernetes API for secret {name}"))?;
                let status = answer.status();
                return Ok((status, read(answer, name).await?));
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
            attempt += 1;
        }
    }
}

async fn read(mut answer: Response, name: &str) -> Outcome<Zeroizing<Vec<u8>>> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(piece) = answer
        .chunk()
        .await
        .attempt(format!("read the answer about secret {name}"))?
    {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(Failure::new(format!(
                "the answer about secret {name} is longer than {LONGEST_ANSWER} octets"
            )));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What the API says of a refusal (`metav1.Status`).
fn refused(act: &str, name: &str, status: StatusCode, body: &[u8]) -> Failure {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        message: String,
    }
    let message = serde_json::from_slice::<Wire>(body).map_or(String::new(), |wire| wire.message);
    let failure = Failure::new(format!("{act} secret {name}: {status}: {message}"));
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            failure.or("the service account needs get, create and patch on that Secret")
        }
        _ => failure,
    }
}

fn from_environment() -> Outcome<Url> {
    let variable = |name: &str| {
        std::env::var(name).map_err(|_| {
            Failure::new(format!("{name} is not set: this is no pod"))
                .or("name the API in the configuration: cluster.api.server")
        })
    };
    let (host, port) = (
        variable("KUBERNETES_SERVICE_HOST")?,
        variable("KUBERNETES_SERVICE_PORT")?,
    );
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    format!("https://{host}:{port}")
        .parse()
        .attempt("name the Kubernetes API")
}
