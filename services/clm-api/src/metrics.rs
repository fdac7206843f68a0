//! What CLM counts. Labels have few, known values.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter},
};

use crate::domain::protocol::Protocol;

/// The counters of CLM.
pub struct Metrics {
    enrollments: Counter<u64>,
    revocations: Counter<u64>,
    logins: Counter<u64>,
    events: Counter<u64>,
    position: Gauge<u64>,
}

impl Metrics {
    /// Makes them.
    pub fn new(meter: &Meter) -> Self {
        Self {
            enrollments: meter
                .u64_counter("ers_clm_enrollments")
                .with_description("Requests by protocol and outcome")
                .build(),
            revocations: meter
                .u64_counter("ers_clm_revocations")
                .with_description("Certificates revoked")
                .build(),
            logins: meter
                .u64_counter("ers_clm_logins")
                .with_description("Logins by outcome")
                .build(),
            events: meter
                .u64_counter("ers_clm_inventory_events")
                .with_description("Events of CARA applied to the inventory")
                .build(),
            position: meter
                .u64_gauge("ers_clm_inventory_position")
                .with_description("Number of the last event applied")
                .build(),
        }
    }

    /// A request had an outcome.
    pub fn enrolled(&self, protocol: Protocol, outcome: &'static str) {
        let labels = [
            KeyValue::new("protocol", protocol.as_str()),
            KeyValue::new("outcome", outcome),
        ];
        self.enrollments.add(1, &labels);
    }

    /// A certificate was revoked.
    pub fn revoked(&self) {
        self.revocations.add(1, &[]);
    }

    /// Somebody tried to log in.
    pub fn logged_in(&self, outcome: &'static str) {
        self.logins.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Events were applied.
    pub fn heard(&self, events: usize, position: u64) {
        self.events.add(u64::try_from(events).unwrap_or(0), &[]);
        self.position.record(position, &[]);
    }
}
