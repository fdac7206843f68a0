//! Proving control of a name: RFC 8555 §8.3 (http-01) and §8.4 (dns-01). Everything that is fetched here comes from
//! strangers: addresses are checked before each connection, and a connection goes to the address that was checked.

mod dns;
mod dns01;
mod fetch;
mod http01;
mod tls;

use std::time::Duration;

use dns::Dns;

use crate::config::ValidationConfig;
use crate::domain::challenge::{Challenge, ChallengeKind};
use crate::domain::identifier::Identifier;
use crate::domain::jwk::Jwk;
use crate::domain::network::Network;
use crate::domain::problem::{Problem, ProblemKind};

/// Validates challenges.
#[derive(Clone)]
pub struct Validator {
    dns: Dns,
    tls: tokio_rustls::TlsConnector,
    http_port: u16,
    https_port: u16,
    denied_networks: Vec<Network>,
    timeout: Duration,
}

/// Validations cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ValidatorError {
    /// No resolver.
    #[error("set the DNS resolver of validations up")]
    Dns(#[source] hickory_resolver::net::NetError),
    /// No TLS.
    #[error("set TLS of validations up")]
    Tls(#[source] rustls::Error),
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven {
    /// What the client is told.
    pub problem: Problem,
    /// Whether another attempt may succeed.
    pub retryable: bool,
}

impl Unproven {
    fn for_now(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(kind, detail),
            retryable: true,
        }
    }

    fn for_good(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(kind, detail),
            retryable: false,
        }
    }
}

impl Validator {
    /// As configured.
    pub fn new(config: &ValidationConfig) -> Result<Self, ValidatorError> {
        let timeout = Duration::from_millis(config.attempt_timeout_ms);
        Ok(Self {
            dns: Dns::new(&config.resolvers, timeout).map_err(ValidatorError::Dns)?,
            tls: tls::connector().map_err(ValidatorError::Tls)?,
            http_port: config.http_port,
            https_port: config.https_port,
            denied_networks: config.denied_networks.clone(),
            timeout,
        })
    }

    /// One attempt.
    pub async fn attempt(
        &self,
        challenge: &Challenge,
        identifier: &Identifier,
        key: &Jwk,
    ) -> Result<(), Unproven> {
        let attempt = async {
            match challenge.kind {
                ChallengeKind::Http01 => self.http01(challenge, identifier, key).await,
                ChallengeKind::Dns01 => self.dns01(challenge, identifier, key).await,
            }
        };
        match tokio::time::timeout(self.timeout, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Unproven::for_now(
                ProblemKind::Connection,
                format!("validating {identifier} took too long"),
            )),
        }
    }
}
