//! A client with an account of its own and one connection: RFC 8555 section 7.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    Challenges,
    jws::{AccountKey, encode},
};
use crate::{
    http::{self, Answer, Connection},
    load::Work,
};

/// How often it asks whether a validation is through. Foreign clients wait a second and more; that would measure them.
const POLL: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// URLs, as RFC 8555 section 7.1.1 has them.
pub struct Directory {
    new_nonce: String,
    new_account: String,
    new_order: String,
}

impl Directory {
    /// Ours.
    pub fn ours(base: &str) -> Self {
        let url = |name: &str| format!("{base}/acme/{name}");
        Self {
            new_nonce: url("new-nonce"),
            new_account: url("new-account"),
            new_order: url("new-order"),
        }
    }

    /// pebble's.
    pub fn pebble(base: &str) -> Self {
        let url = |name: &str| format!("{base}/{name}");
        Self {
            new_nonce: url("nonce-plz"),
            new_account: url("sign-me-up"),
            new_order: url("order-plz"),
        }
    }
}

/// What all clients of a round share.
pub struct Shared {
    url: String,
    directory: Directory,
    address: String,
    tls: TlsConnector,
    challenges: Challenges,
    csrs: Vec<Vec<u8>>,
    next: AtomicUsize,
    requests: AtomicUsize,
}

/// What is read of orders and authorizations.
#[derive(Debug, Deserialize)]
struct Resource {
    status: String,
    #[serde(default)]
    authorizations: Vec<String>,
    #[serde(default)]
    finalize: String,
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    challenges: Vec<Challenge>,
}

#[derive(Debug, Deserialize)]
struct Challenge {
    #[serde(rename = "type")]
    kind: String,
    url: String,
    token: String,
}

/// A client.
pub struct Client {
    shared: Arc<Shared>,
    connection: Connection<TlsStream<TcpStream>>,
    key: AccountKey,
    thumbprint: String,
    nonce: String,
    account: Option<String>,
}

impl Shared {
    /// For the server at that base URL, whose certificate that root has signed. `csrs`: for `host-0.bench.test` and so on.
    pub fn new(
        url: &str,
        directory: Directory,
        root: &Path,
        challenges: &Challenges,
        csrs: &[Vec<u8>],
    ) -> Result<Arc<Self>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(root)? {
            roots.add(certificate?)?;
        }
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let authority = url
            .strip_prefix("https://")
            .context("read URL of the platform")?;
        let (_, port) = authority
            .rsplit_once(':')
            .context("read URL of the platform")?;
        Ok(Arc::new(Self {
            url: url.to_owned(),
            directory,
            address: format!("127.0.0.1:{port}"),
            tls: TlsConnector::from(Arc::new(config)),
            challenges: challenges.clone(),
            csrs: csrs.to_vec(),
            next: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        }))
    }

    /// Requests that a client has sent for an order, the one for its account left out.
    #[expect(clippy::cast_precision_loss, reason = "counts of seconds of work")]
    pub fn requests_per_order(&self) -> f64 {
        self.requests.load(Ordering::Relaxed) as f64 / self.next.load(Ordering::Relaxed) as f64
    }
}

impl Client {
    /// Connected, with a new account.
    pub async fn register(shared: &Arc<Shared>) -> Result<Self> {
        let stream = TcpStream::connect(&shared.address).await?;
        stream.set_nodelay(true)?;
        let stream = shared
            .tls
            .connect(ServerName::try_from("localhost")?, stream)
            .await?;
        let key = AccountKey::generate()?;
        let mut client = Self {
            shared: Arc::clone(shared),
            connection: Connection::new(stream),
            thumbprint: key.thumbprint(),
            key,
            nonce: String::new(),
            account: None,
        };
        client.take_nonce().await?;
        let answer = client
            .post(
                &shared.directory.new_account,
                Some(&json!({ "termsOfServiceAgreed": true })),
            )
            .await?;
        let account = answer.header("location").context("make account")?;
        client.account = Some(account.to_owned());
        Ok(client)
    }

    async fn take_nonce(&mut self) -> Result<()> {
        let url = &self.shared.directory.new_nonce;
        let path = url.strip_prefix(&self.shared.url).unwrap_or(url);
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = self.connection.call(request.as_bytes()).await?;
        self.nonce = nonce(&answer)?;
        Ok(())
    }

    async fn post(&mut self, url: &str, payload: Option<&Value>) -> Result<Answer> {
        let body = self
            .key
            .sign(url, &self.nonce, self.account.as_deref(), payload)?;
        let path = url
            .strip_prefix(&self.shared.url)
            .with_context(|| format!("post to {url}: it is elsewhere"))?;
        let authority = self.shared.url.strip_prefix("https://").unwrap_or_default();
        let request = http::post(path, authority, "application/jose+json", &body);
        let answer = self.connection.call(&request).await?;
        if self.account.is_some() {
            self.shared.requests.fetch_add(1, Ordering::Relaxed);
        }
        ensure!(
            (200..300).contains(&answer.status),
            "post to {url}: {} {}",
            answer.status,
            answer.text()
        );
        self.nonce = nonce(&answer)?;
        Ok(answer)
    }

    /// From newOrder to the chain of the certificate, PEM.
    async fn order(&mut self) -> Result<Vec<u8>> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed) % self.shared.csrs.len();
        let csr = self.shared.csrs.get(number).map(|csr| encode(csr));
        let identifiers = json!([{ "type": "dns", "value": format!("host-{number}.bench.test") }]);

        let shared = Arc::clone(&self.shared);
        let answer = self
            .post(
                &shared.directory.new_order,
                Some(&json!({ "identifiers": identifiers })),
            )
            .await?;
        let order_url = answer
            .header("location")
            .context("make order: where is it?")?
            .to_owned();
        let order: Resource = serde_json::from_slice(&answer.body)?;
        for authorization in &order.authorizations {
            self.prove(authorization).await?;
        }
        let answer = self
            .post(&order.finalize, Some(&json!({ "csr": csr })))
            .await?;
        let done = self.until(&order_url, answer, "valid").await?;
        let chain = self.post(&done.certificate, None).await?;
        ensure!(
            chain.body.starts_with(b"-----BEGIN CERTIFICATE"),
            "download certificate"
        );
        Ok(chain.body)
    }

    async fn prove(&mut self, url: &str) -> Result<()> {
        let answer = self.post(url, None).await?;
        let authorization: Resource = serde_json::from_slice(&answer.body)?;
        if authorization.status == "valid" {
            return Ok(());
        }
        let challenge = authorization
            .challenges
            .iter()
            .find(|challenge| challenge.kind == "http-01")
            .context("prove name: there is no http-01")?;
        let token = &challenge.token;
        let key_authorization = format!("{token}.{}", self.thumbprint);
        self.shared.challenges.set(token, key_authorization);
        self.post(&challenge.url, Some(&json!({}))).await?;
        let answer = self.post(url, None).await?;
        let proven = self.until(url, answer, "valid").await;
        self.shared.challenges.clear(token);
        proven.map(drop)
    }

    /// Asks again until the resource has come to that state.
    async fn until(&mut self, url: &str, mut answer: Answer, state: &str) -> Result<Resource> {
        let begun = Instant::now();
        loop {
            let resource: Resource = serde_json::from_slice(&answer.body)?;
            if resource.status == state {
                return Ok(resource);
            }
            if resource.status == "invalid" || begun.elapsed() > LONGEST_WAIT {
                bail!("wait until {url} is {state}: {}", answer.text());
            }
            tokio::time::sleep(POLL).await;
            answer = self.post(url, None).await?;
        }
    }
}

impl Work for Client {
    async fn once(&mut self) -> Result<()> {
        self.order().await.map(drop)
    }
}

fn nonce(answer: &Answer) -> Result<String> {
    let nonce = answer
        .header("replay-nonce")
        .context("read answer: it has no nonce")?;
    Ok(nonce.to_owned())
}
