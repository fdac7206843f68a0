//! The numbers that this service tells.

use ers_pki::cmp::{BodyKind, Failure};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

/// The numbers that this service tells.
#[derive(Debug, Clone)]
pub struct Metrics {
    messages: Counter<u64>,
    seconds: Histogram<f64>,
    failures: Counter<u64>,
    unconfirmed: Counter<u64>,
}

impl Metrics {
    /// All at zero.
    pub fn new(meter: &Meter) -> Self {
        Self {
            messages: meter
                .u64_counter("ers_cmp_messages")
                .with_description("Messages by their body and that of the answer")
                .build(),
            seconds: meter
                .f64_histogram("ers_cmp_answer_seconds")
                .with_description("Time from a message to its answer")
                .build(),
            failures: meter
                .u64_counter("ers_cmp_failures")
                .with_description("Errors and rejections answered, by failure")
                .build(),
            unconfirmed: meter
                .u64_counter("ers_cmp_unconfirmed_certificates")
                .with_description("Certificates revoked since nobody confirmed them")
                .build(),
        }
    }

    /// A message was answered.
    pub fn message(&self, body: Option<BodyKind>, answer: BodyKind, seconds: f64) {
        let body = KeyValue::new("body", body.map_or("unsupported", BodyKind::as_str));
        let answer = KeyValue::new("answer", answer.as_str());
        self.messages.add(1, &[body.clone(), answer]);
        self.seconds.record(seconds, &[body]);
    }

    /// Something was refused.
    pub fn failure(&self, failure: Failure) {
        self.failures
            .add(1, &[KeyValue::new("failure", failure.as_str())]);
    }

    /// A certificate was revoked since nobody confirmed it.
    pub fn unconfirmed(&self) {
        self.unconfirmed.add(1, &[]);
    }
}
