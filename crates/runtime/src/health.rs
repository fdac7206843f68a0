//! Readiness as named checks, and the listener that tells it: `/health/live`, `/health/ready`, `/metrics`.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use parking_lot::RwLock;
use prometheus::{Encoder as _, Registry, TextEncoder};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::{error::chain, shutdown::Shutdown};

const LONGEST_PING: Duration = Duration::from_secs(5);

/// All checks of a process.
#[derive(Clone, Debug, Default)]
pub struct Health {
    checks: Arc<RwLock<BTreeMap<String, Standing>>>,
}

/// How a check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Up,
    /// Up, and somebody must act before it is not.
    Warning(String),
    Down(String),
}

/// One named check; starts as down ("starting").
#[derive(Clone, Debug)]
pub struct Check {
    name: String,
    health: Health,
}

/// A check as it stands.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct CheckState {
    /// Its name, `<service>.<what>`.
    pub name: String,
    /// Whether it is well.
    pub up: bool,
    /// Why not; of one that is up, what will take it down unless somebody acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// No checks: ready.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check that is down until said otherwise.
    #[must_use]
    pub fn check(&self, name: impl Into<String>) -> Check {
        let check = Check {
            name: name.into(),
            health: self.clone(),
        };
        check.down("starting");
        check
    }

    /// The check that a service begins with, before it has any other: without it a process that has only begun to
    /// start would count as ready. What serves it says that it is up.
    #[must_use]
    pub fn serving(&self, service: &str) -> Check {
        Check {
            name: format!("{service}.serving"),
            health: self.clone(),
        }
    }

    /// Whether every check is up.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks
            .read()
            .values()
            .all(|standing| !matches!(standing, Standing::Down(_)))
    }

    /// All checks by name.
    #[must_use]
    pub fn states(&self) -> Vec<CheckState> {
        self.checks
            .read()
            .iter()
            .map(|(name, standing)| CheckState {
                name: name.clone(),
                up: !matches!(standing, Standing::Down(_)),
                reason: match standing {
                    Standing::Up => None,
                    Standing::Warning(reason) | Standing::Down(reason) => Some(reason.clone()),
                },
            })
            .collect()
    }
}

impl Check {
    /// All is well.
    pub fn up(&self) {
        let before = self.stands(Standing::Up);
        if before.is_some_and(|before| before != Standing::Up) {
            tracing::info!(check = self.name, "up");
        }
    }

    /// Well, and why it will not stay so unless an operator acts. It counts as up: to take a process out of service
    /// would help nobody.
    pub fn warn(&self, reason: impl Into<String>) {
        let reason = reason.into();
        let standing = Standing::Warning(reason.clone());
        if self.stands(standing.clone()) != Some(standing) {
            tracing::warn!(check = self.name, reason, "up, with a warning");
        }
    }

    /// Not well, and why, for an operator to read.
    pub fn down(&self, reason: impl Into<String>) {
        let reason = reason.into();
        let before = self.stands(Standing::Down(reason.clone()));
        if matches!(before, Some(Standing::Up | Standing::Warning(_))) {
            tracing::warn!(check = self.name, reason, "down");
        }
    }

    /// As a question to what it is about ends: up with an answer within five seconds, else down.
    pub async fn follow<E: std::error::Error>(&self, ping: impl Future<Output = Result<(), E>>) {
        match tokio::time::timeout(LONGEST_PING, ping).await {
            Ok(Ok(())) => self.up(),
            Ok(Err(error)) => self.down(chain(&error)),
            Err(_) => self.down("no answer in time"),
        }
    }

    /// Gives how it stood before.
    fn stands(&self, standing: Standing) -> Option<Standing> {
        self.health
            .checks
            .write()
            .insert(self.name.clone(), standing)
    }
}

/// Serves health and metrics until shutdown, without TLS: for the kubelet and Prometheus, on a port of its own.
pub fn serve(
    listener: TcpListener,
    health: Health,
    registry: Registry,
    shutdown: &Shutdown,
) -> std::io::Result<SocketAddr> {
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .with_state(health)
        .route("/metrics", get(move || async move { metrics(&registry) }));
    let token = shutdown.token();
    shutdown.spawn("health listener", async move {
        let stop = async move { token.cancelled().await };
        if let Err(error) = axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await
        {
            tracing::error!(%error, "health listener ended");
        }
    });
    Ok(address)
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let states = serde_json::to_string(&health.states()).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/json")], states)
}

fn metrics(registry: &Registry) -> (StatusCode, String) {
    let mut text = Vec::new();
    match TextEncoder::new().encode(&registry.gather(), &mut text) {
        Ok(()) => (StatusCode::OK, String::from_utf8_lossy(&text).into_owned()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_only_when_every_check_is_up() {
        let health = Health::new();
        let database = health.check("cara.database");
        let signer = health.check("cara.signer");
        database.up();
        assert!(!health.is_ready());
        signer.up();
        assert!(health.is_ready());
        signer.down("connection refused");
        assert_eq!(
            health
                .states()
                .last()
                .and_then(|s| s.reason.clone())
                .as_deref(),
            Some("connection refused")
        );
        assert!(!health.is_ready());
        signer.warn("ends soon");
        assert!(health.is_ready());
        let last = health.states().pop().unwrap();
        assert_eq!((last.up, last.reason.as_deref()), (true, Some("ends soon")));
        signer.up();
        assert_eq!(health.states().pop().unwrap().reason, None);
    }
}
