//! Webhooks: somebody else judges a challenge, as systems that manage devices do. Which there are is for the operator to
//! configure; a policy only names one, so that whoever writes policies cannot make CLM call where they like.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_pki::csr::Csr;
use ers_runtime::{
    config::ConfigError,
    error::{Fault, Kind},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::WebhookConfig;

const LONGEST_ANSWER: usize = 64 * 1024;

/// All webhooks of the configuration, by name.
pub struct Webhooks(BTreeMap<String, Webhook>);

struct Webhook {
    host: String,
    port: u16,
    path: String,
    token: SecretString,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

/// What is asked.
pub struct Question<'a> {
    /// Name of the policy.
    pub policy: &'a str,
    /// By which way the request came.
    pub protocol: &'a str,
    /// Where from; empty when not known.
    pub address: &'a str,
    /// The edge's name for the transaction.
    pub transaction_id: &'a str,
    /// What was shown.
    pub challenge: &'a str,
    /// What it is for.
    pub csr: &'a Csr,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    policy: &'a str,
    protocol: &'a str,
    address: &'a str,
    transaction_id: &'a str,
    challenge: &'a str,
    /// DER, base64.
    csr: String,
    /// RFC 4514.
    subject: String,
    subject_alternative_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    allowed: bool,
    #[serde(default)]
    end_entity: String,
}

/// Let in.
pub struct Allowed {
    /// The end entity that it is; empty: none.
    pub end_entity: String,
}

/// A webhook did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The policy names one that the configuration does not have.
    #[error("ask webhook {0}: the configuration has none of that name")]
    Unknown(String),
    /// Its settings make no sense.
    #[error("read webhook {name}: {problem}")]
    Settings {
        /// Which.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Its token cannot be had.
    #[error("read token of webhook {name}")]
    Token {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: ConfigError,
    },
    /// It is out of reach, or does not answer in time.
    #[error("ask webhook {name}: {problem}")]
    Unreachable {
        /// Which.
        name: String,
        /// Why.
        problem: String,
    },
}

impl Fault for WebhookError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreachable { .. } => Kind::Unavailable,
            Self::Unknown(_) | Self::Settings { .. } | Self::Token { .. } => Kind::Internal,
        }
    }
}

impl Webhooks {
    /// As configured.
    pub fn new(configured: &BTreeMap<String, WebhookConfig>) -> Result<Self, WebhookError> {
        configured
            .iter()
            .map(|(name, config)| Ok((name.clone(), Webhook::new(name, config)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether one lets in; nothing: it does not.
    pub async fn ask(
        &self,
        name: &str,
        question: &Question<'_>,
    ) -> Result<Option<Allowed>, WebhookError> {
        let webhook = self
            .0
            .get(name)
            .ok_or_else(|| WebhookError::Unknown(name.to_owned()))?;
        let unreachable = |problem: String| WebhookError::Unreachable {
            name: name.to_owned(),
            problem,
        };
        match tokio::time::timeout(webhook.timeout, webhook.ask(question)).await {
            Ok(Ok(answer)) => Ok(answer.allowed.then_some(Allowed {
                end_entity: answer.end_entity,
            })),
            Ok(Err(problem)) => Err(unreachable(problem)),
            Err(_) => Err(unreachable("no answer in time".to_owned())),
        }
    }
}

impl Webhook {
    fn new(name: &str, config: &WebhookConfig) -> Result<Self, WebhookError> {
        let wrong = |problem: &str| WebhookError::Settings {
            name: name.to_owned(),
            problem: problem.to_owned(),
        };
        let rest = config
            .url
            .strip_prefix("https://")
            .ok_or_else(|| wrong("url: must begin with https://"))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (
                host,
                port.parse()
                    .map_err(|_| wrong("url: its port is no number"))?,
            ),
            None => (authority, 443),
        };
        if host.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("url: needs a host and visible ASCII characters"));
        }
        let token = config
            .token
            .resolve()
            .map_err(|source| WebhookError::Token {
                name: name.to_owned(),
                source,
            })?;
        Ok(Self {
            host: host.to_owned(),
            port,
            path: format!("/{path}"),
            token,
            tls: Arc::new(tls(&config.authorities).map_err(|problem| wrong(&problem))?),
            timeout: Duration::from_secs(config.timeout_seconds.max(1)),
        })
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answer, String> {
        let told = |error: &dyn std::error::Error| ers_runtime::error::chain(error);
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| told(&error))?;
        let name = ServerName::try_from(self.host.clone()).map_err(|error| told(&error))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .map_err(|error| told(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| told(&error))?;
        // It ends with the sender, and with the timeout around this.
        let connection = tokio::spawn(connection);
        let answer = self.exchange(&mut sender, question).await;
        connection.abort();
        answer
    }

    /// As the header `Host` wants it.
    fn authority(&self) -> String {
        match self.port {
            443 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    async fn exchange(
        &self,
        sender: &mut http1::SendRequest<Full<Bytes>>,
        question: &Question<'_>,
    ) -> Result<Answer, String> {
        let told = |error: &dyn std::error::Error| ers_runtime::error::chain(error);
        let body = Body {
            policy: question.policy,
            protocol: question.protocol,
            address: question.address,
            transaction_id: question.transaction_id,
            challenge: question.challenge,
            csr: STANDARD.encode(question.csr.der()),
            subject: question.csr.subject().to_string(),
            subject_alternative_names: question
                .csr
                .names()
                .iter()
                .map(ToString::to_string)
                .collect(),
        };
        let body = serde_json::to_vec(&body).map_err(|error| told(&error))?;
        let request = Request::post(self.path.as_str())
            .header("Host", self.authority())
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .header(
                "Authorization",
                format!("Bearer {}", self.token.expose_secret()),
            )
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| told(&error))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| told(&error))?;
        if response.status() != 200 {
            return Err(format!("it answered {}", response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), LONGEST_ANSWER)
            .collect()
            .await
            .map_err(|error| error.to_string())?
            .to_bytes();
        serde_json::from_slice(&body).map_err(|error| told(&error))
    }
}

fn tls(authorities: &Path) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(authorities)
        .map_err(|error| format!("authorities: {}: {error}", authorities.display()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| format!("authorities: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("authorities: {error}"))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
