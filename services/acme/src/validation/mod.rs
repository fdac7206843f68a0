//! Proving control of a name: RFC 8555 §8.3 (http-01) and §8.4 (dns-01), RFC 8737 (tls-alpn-01); and what CAA records
//! say of it, RFC 8659. Everything that is fetched here comes from strangers: addresses are checked before each
//! connection, and a connection goes to the address that was checked.

mod caa;
mod connect;
mod dns;
mod dns01;
mod fetch;
mod http01;
mod tls;
mod tlsalpn01;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dns::Dns;
use ers_runtime::http::Network;

use crate::config::{PerspectiveConfig, ValidationConfig};
use crate::domain::caa::Issuance;
use crate::domain::challenge::{Challenge, ChallengeKind};
use crate::domain::identifier::Identifier;
use crate::domain::jwk::Jwk;
use crate::domain::policy::ReachableNetworks;
use crate::domain::problem::{Problem, ProblemKind};

/// Validates challenges, from everywhere that is configured.
#[derive(Clone)]
pub struct Validator {
    perspectives: Arc<[Perspective]>,
}

/// A place from which the network is looked at.
struct Perspective {
    /// Its name; empty: here.
    name: String,
    dns: Dns,
    /// The address that connections come from; `None`: the system chooses.
    source: Option<IpAddr>,
    https: tokio_rustls::TlsConnector,
    alpn: tokio_rustls::TlsConnector,
    http_port: u16,
    https_port: u16,
    tls_alpn_port: u16,
    denied_networks: Vec<Network>,
    timeout: Duration,
}

/// What is to be proven.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'a> {
    /// By which challenge.
    pub challenge: &'a Challenge,
    /// The name, without `*.`.
    pub identifier: &'a Identifier,
    /// By the holder of this key.
    pub key: &'a Jwk,
    /// Where the policy lets validations go.
    pub networks: &'a ReachableNetworks,
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
        let here = PerspectiveConfig {
            name: String::new(),
            resolvers: config.resolvers.clone(),
            source: None,
        };
        let perspectives: Result<Arc<[Perspective]>, _> = std::iter::once(&here)
            .chain(&config.perspectives)
            .map(|perspective| Perspective::new(config, perspective))
            .collect();
        Ok(Self {
            perspectives: perspectives?,
        })
    }

    /// One attempt to see a challenge answered: from here, and then from everywhere else.
    pub async fn attempt(&self, claimed: Claimed<'_>) -> Result<(), Unproven> {
        for perspective in self.perspectives.iter() {
            let attempt = perspective.prove(claimed);
            perspective.in_time(claimed.identifier, attempt).await?;
        }
        Ok(())
    }

    /// Whether CAA records let us issue for a name; addresses have none.
    pub async fn check_caa(
        &self,
        identifier: &Identifier,
        issuance: Issuance<'_>,
    ) -> Result<(), Unproven> {
        let Identifier::Dns(name) = identifier.base() else {
            return Ok(());
        };
        for perspective in self.perspectives.iter() {
            let check = perspective.check_caa(&name, issuance);
            perspective.in_time(identifier, check).await?;
        }
        Ok(())
    }
}

impl Perspective {
    fn new(config: &ValidationConfig, its: &PerspectiveConfig) -> Result<Self, ValidatorError> {
        let timeout = Duration::from_millis(config.attempt_timeout_ms);
        Ok(Self {
            name: its.name.clone(),
            dns: Dns::new(&its.resolvers, timeout).map_err(ValidatorError::Dns)?,
            source: its.source,
            https: tls::https().map_err(ValidatorError::Tls)?,
            alpn: tls::acme_alpn().map_err(ValidatorError::Tls)?,
            http_port: config.http_port,
            https_port: config.https_port,
            tls_alpn_port: config.tls_alpn_port,
            denied_networks: config.denied_networks.clone(),
            timeout,
        })
    }

    async fn prove(&self, claimed: Claimed<'_>) -> Result<(), Unproven> {
        match claimed.challenge.kind {
            ChallengeKind::Http01 => self.http01(claimed).await,
            ChallengeKind::Dns01 => self.dns01(claimed).await,
            ChallengeKind::TlsAlpn01 => self.tlsalpn01(claimed).await,
        }
    }

    /// What becomes of an attempt that may not take longer than configured; a failure says from where it was seen.
    async fn in_time(
        &self,
        identifier: &Identifier,
        attempt: impl Future<Output = Result<(), Unproven>>,
    ) -> Result<(), Unproven> {
        let outcome = match tokio::time::timeout(self.timeout, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Unproven::for_now(
                ProblemKind::Connection,
                format!("validating {identifier} took too long"),
            )),
        };
        outcome.map_err(|unproven| {
            if self.name.is_empty() {
                return unproven;
            }
            let Unproven { problem, retryable } = unproven;
            let detail = format!("seen from {}: {}", self.name, problem.detail());
            Unproven {
                problem: Problem::new(problem.kind(), detail),
                retryable,
            }
        })
    }
}
