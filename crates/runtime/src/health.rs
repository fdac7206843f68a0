//! Readiness as named checks, and the listener that tells it: `/health/live`, `/health/ready`, `/metrics`.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

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

use crate::shutdown::Shutdown;

/// All checks of a process.
#[derive(Clone, Debug, Default)]
pub struct Health {
    checks: Arc<RwLock<BTreeMap<String, Option<String>>>>,
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
    /// Why not.
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
        self.checks.read().values().all(Option::is_none)
    }

    /// All checks by name.
    #[must_use]
    pub fn states(&self) -> Vec<CheckState> {
        self.checks
            .read()
            .iter()
            .map(|(name, reason)| CheckState {
                name: name.clone(),
                up: reason.is_none(),
                reason: reason.clone(),
            })
            .collect()
    }
}

impl Check {
    /// All is well.
    pub fn up(&self) {
        let before = self.health.checks.write().insert(self.name.clone(), None);
        if matches!(before, Some(Some(_))) {
            tracing::info!(check = self.name, "up");
        }
    }

    /// Not well, and why, for an operator to read.
    pub fn down(&self, reason: impl Into<String>) {
        let reason = reason.into();
        let before = self
            .health
            .checks
            .write()
            .insert(self.name.clone(), Some(reason.clone()));
        if before == Some(None) {
            tracing::warn!(check = self.name, reason, "down");
        }
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
    }
}
