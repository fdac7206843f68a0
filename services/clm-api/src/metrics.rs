//! What CLM counts. Labels have few, known values.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter, UpDownCounter},
};

use crate::domain::protocol::Protocol;

/// The counters of CLM.
pub struct Metrics {
    enrollments: Counter<u64>,
    under_way: UpDownCounter<i64>,
    revocations: Counter<u64>,
    logins: Counter<u64>,
    authentications: Counter<u64>,
    events: Counter<u64>,
    position: Gauge<u64>,
    notices: Counter<u64>,
}

/// A request that is worked on.
pub struct UnderWay<'a>(&'a UpDownCounter<i64>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.add(-1, &[]);
    }
}

impl Metrics {
    /// Makes them.
    pub fn new(meter: &Meter) -> Self {
        Self {
            enrollments: meter
                .u64_counter("ers_clm_enrollments")
                .with_description("Requests by protocol and outcome")
                .build(),
            under_way: meter
                .i64_up_down_counter("ers_clm_enrollments_under_way")
                .with_description("Requests that are worked on now")
                .build(),
            revocations: meter
                .u64_counter("ers_clm_revocations")
                .with_description("Certificates revoked")
                .build(),
            logins: meter
                .u64_counter("ers_clm_logins")
                .with_description("Logins by outcome")
                .build(),
            authentications: meter
                .u64_counter("ers_clm_authentications")
                .with_description("Who asked at an edge, by protocol and outcome")
                .build(),
            events: meter
                .u64_counter("ers_clm_inventory_events")
                .with_description("Events of CARA applied to the inventory")
                .build(),
            position: meter
                .u64_gauge("ers_clm_inventory_position")
                .with_description("Number of the last event applied")
                .build(),
            notices: meter
                .u64_counter("ers_clm_notices")
                .with_description("Notices by event and outcome: delivered, again, failed")
                .build(),
        }
    }

    /// A request is worked on until this is dropped.
    pub fn under_way(&self) -> UnderWay<'_> {
        self.under_way.add(1, &[]);
        UnderWay(&self.under_way)
    }

    /// A request had an outcome, or was turned away (`busy`).
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

    /// Somebody asked to be let in at an edge.
    pub fn authenticated(&self, protocol: Protocol, outcome: &'static str) {
        let labels = [
            KeyValue::new("protocol", protocol.as_str()),
            KeyValue::new("outcome", outcome),
        ];
        self.authentications.add(1, &labels);
    }

    /// Events were applied.
    pub fn heard(&self, events: usize, position: u64) {
        self.events.add(u64::try_from(events).unwrap_or(0), &[]);
        self.position.record(position, &[]);
    }

    /// Somebody was told, will be told again, or was not to be reached.
    pub fn notified(&self, event: &'static str, notices: usize, outcome: &'static str) {
        let labels = [
            KeyValue::new("event", event),
            KeyValue::new("outcome", outcome),
        ];
        self.notices
            .add(u64::try_from(notices).unwrap_or(0), &labels);
    }
}
