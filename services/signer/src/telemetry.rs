//! Metrics of the signer. Labels have few values: no keys, no callers.

use ers_signer_client::Purpose;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Meter};

/// What is counted.
#[derive(Debug, Clone)]
pub struct Metrics {
    signatures: Counter<u64>,
    queued: Gauge<u64>,
    /// 1 while a token answers, else 0; by token.
    pub token_up: Gauge<u64>,
}

impl Metrics {
    /// Registers them.
    pub fn new(meter: &Meter) -> Self {
        Self {
            signatures: meter
                .u64_counter("ers_signer_signatures")
                .with_description("Signatures asked for, by purpose and outcome")
                .build(),
            queued: meter
                .u64_gauge("ers_signer_queue_depth")
                .with_description("Calls that wait for a token or are under way in it, by token")
                .build(),
            token_up: meter
                .u64_gauge("ers_signer_token_up")
                .with_description("Whether a token answers")
                .build(),
        }
    }

    /// Counts an attempt to sign.
    pub fn signature(&self, purpose: Purpose, outcome: &'static str) {
        let labels = [
            KeyValue::new("purpose", purpose.to_string()),
            KeyValue::new("outcome", outcome),
        ];
        self.signatures.add(1, &labels);
    }

    /// Notes how many places of a token's queue are taken.
    pub fn queue_depth(&self, token: &str, depth: usize) {
        self.queued
            .record(depth as u64, &[KeyValue::new("token", token.to_owned())]);
    }
}
