//! Webhooks: somebody else judges a challenge, as systems that manage devices do. Which there are is for the operator to
//! configure; a policy only names one, so that whoever writes policies cannot make CLM call where they like.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_pki::csr::Csr;
use ers_runtime::{
    config::ConfigError,
    error::{Fault, Kind, chain},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::https::Https;
use crate::{config::WebhookConfig, domain::https_url::HttpsUrl};

/// All webhooks of the configuration, by name.
pub struct Webhooks(BTreeMap<String, Webhook>);

struct Webhook {
    url: HttpsUrl,
    token: SecretString,
    https: Https,
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
        let answer = webhook
            .ask(question)
            .await
            .map_err(|problem| WebhookError::Unreachable {
                name: name.to_owned(),
                problem,
            })?;
        Ok(answer.allowed.then_some(Allowed {
            end_entity: answer.end_entity,
        }))
    }
}

impl Webhook {
    fn new(name: &str, config: &WebhookConfig) -> Result<Self, WebhookError> {
        let wrong = |problem: String| WebhookError::Settings {
            name: name.to_owned(),
            problem,
        };
        let url = config
            .url
            .parse()
            .map_err(|problem| wrong(format!("url: {problem}")))?;
        let token = config
            .token
            .resolve()
            .map_err(|source| WebhookError::Token {
                name: name.to_owned(),
                source,
            })?;
        let timeout = Duration::from_secs(config.timeout_seconds.max(1));
        Ok(Self {
            url,
            token,
            https: Https::trusting(&config.authorities, timeout).map_err(wrong)?,
        })
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answer, String> {
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
        let body = serde_json::to_vec(&body).map_err(|error| chain(&error))?;
        let token = Zeroizing::new(format!("Bearer {}", self.token.expose_secret()));
        let answer = self
            .https
            .post(&self.url, &[("Authorization", token.as_str())], body)
            .await?;
        if answer.status != 200 {
            return Err(format!("it answered {}", answer.status));
        }
        serde_json::from_slice(&answer.body).map_err(|error| chain(&error))
    }
}
