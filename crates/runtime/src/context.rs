//! What a service is handed at start.

use std::sync::Arc;

use opentelemetry::metrics::Meter;

use crate::{clock::SharedClock, health::Health, shutdown::Shutdown, tls::Identity};

/// The surroundings of a running service. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Name of the service, as in its identity (`signer`, `cara-ws`, …).
    pub service: &'static str,
    /// Where time comes from.
    pub clock: SharedClock,
    /// Tells when to stop, and tracks what must end first.
    pub shutdown: Shutdown,
    /// Readiness.
    pub health: Health,
    /// Makes this service's metrics.
    pub meter: Meter,
    /// This service's own mutual-TLS identity.
    pub identity: Arc<Identity>,
}

impl Context {
    /// The same surroundings for another service of the same process, under its own identity.
    #[must_use]
    pub fn for_service(&self, service: &'static str, identity: Arc<Identity>) -> Self {
        Self {
            service,
            meter: opentelemetry::global::meter(service),
            identity,
            ..self.clone()
        }
    }

    /// Surroundings for a test: system clock, no telemetry, an identity that no peer trusts.
    ///
    /// # Errors
    /// When the TLS provider cannot be set up.
    pub fn for_test(
        service: &'static str,
        clock: SharedClock,
    ) -> Result<Self, crate::tls::TlsError> {
        Ok(Self {
            service,
            clock,
            shutdown: Shutdown::new(),
            health: Health::new(),
            meter: opentelemetry::global::meter(service),
            identity: Arc::new(Identity::none()?),
        })
    }
}
