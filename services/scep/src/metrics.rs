//! The numbers that this service tells.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

use crate::domain::answer::Answer;
use crate::domain::message::MessageType;

/// The numbers that this service tells.
#[derive(Debug, Clone)]
pub struct Metrics {
    messages: Counter<u64>,
    message_seconds: Histogram<f64>,
    http_failures: Counter<u64>,
    authority_expiry: Gauge<u64>,
}

impl Metrics {
    /// All at zero.
    pub fn new(meter: &Meter) -> Self {
        Self {
            messages: meter
                .u64_counter("ers_scep_messages")
                .with_description("Messages answered, by type and status")
                .build(),
            message_seconds: meter
                .f64_histogram("ers_scep_message_seconds")
                .with_description("Time from a message to its answer")
                .build(),
            http_failures: meter
                .u64_counter("ers_scep_http_failures")
                .with_description("Requests without an answer of SCEP, by HTTP status")
                .build(),
            authority_expiry: meter
                .u64_gauge("ers_scep_ra_certificate_expiry_seconds")
                .with_description("When the newest RA certificate ends, by CA; epoch seconds")
                .build(),
        }
    }

    /// A message was answered.
    pub fn message(&self, kind: MessageType, answer: &Answer, seconds: f64) {
        let labels = [
            KeyValue::new("type", kind.as_str()),
            KeyValue::new("status", answer.outcome()),
        ];
        self.messages.add(1, &labels);
        self.message_seconds.record(seconds, &labels[..1]);
    }

    /// A request got no answer of SCEP.
    pub fn http_failure(&self, status: u16) {
        self.http_failures
            .add(1, &[KeyValue::new("status", i64::from(status))]);
    }

    /// An RA certificate is at hand.
    pub fn authority(&self, issuer: &str, ends_at: i64) {
        self.authority_expiry.record(
            u64::try_from(ends_at).unwrap_or_default(),
            &[KeyValue::new("issuer", issuer.to_owned())],
        );
    }
}
