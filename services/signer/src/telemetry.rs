//! Metrics of the signer. Labels have few values: no keys, no callers.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use ers_signer_client::Purpose;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Meter};

use crate::backend::Token;

/// What is counted.
#[derive(Debug, Clone)]
pub struct Metrics {
    signatures: Counter<u64>,
    decryptions: Counter<u64>,
    token_errors: Counter<u64>,
    wrong_signatures: Counter<u64>,
    failovers: Counter<u64>,
    quarantined: Gauge<u64>,
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
            decryptions: meter
                .u64_counter("ers_signer_decryptions")
                .with_description("Content keys asked to be opened, by outcome")
                .build(),
            token_errors: meter
                .u64_counter("ers_signer_token_errors")
                .with_description("Calls that a token failed, by token and error")
                .build(),
            wrong_signatures: meter
                .u64_counter("ers_signer_wrong_signatures")
                .with_description("Signatures that did not verify and were not handed on, by token")
                .build(),
            failovers: meter
                .u64_counter("ers_signer_failovers")
                .with_description(
                    "Signatures that another token was asked for, by the token that failed",
                )
                .build(),
            quarantined: meter
                .u64_gauge("ers_signer_quarantined_keys")
                .with_description("Keys that sign nothing until an administrator lets them")
                .build(),
            token_up: meter
                .u64_gauge("ers_signer_token_up")
                .with_description("Whether a token answers")
                .build(),
        }
    }

    /// Has what alarms look at be there, as 0, before the first time: an increase from nothing is none.
    pub fn begin<'a>(&self, tokens: impl Iterator<Item = &'a String>) {
        let labels = |outcome| {
            let purpose = KeyValue::new("purpose", Purpose::Certificate.to_string());
            [purpose, KeyValue::new("outcome", outcome)]
        };
        self.signatures.add(0, &labels("signed"));
        self.signatures.add(0, &labels("journal"));
        for token in tokens {
            self.wrong_signatures.add(0, &[by_token(token)]);
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

    /// Counts an attempt to open a content key.
    pub fn decryption(&self, outcome: &'static str) {
        self.decryptions
            .add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Counts a call that a token failed.
    pub fn token_error(&self, token: &str, error: &'static str) {
        let labels = [by_token(token), KeyValue::new("error", error)];
        self.token_errors.add(1, &labels);
    }

    /// Counts a signature that was wrong.
    pub fn wrong_signature(&self, token: &str) {
        self.wrong_signatures.add(1, &[by_token(token)]);
    }

    /// Counts a signature that went to another token.
    pub fn failover(&self, token: &str) {
        self.failovers.add(1, &[by_token(token)]);
    }

    /// Notes how many keys are in quarantine.
    pub fn quarantined(&self, keys: u64) {
        self.quarantined.record(keys, &[]);
    }
}

fn by_token(token: &str) -> KeyValue {
    KeyValue::new("token", token.to_owned())
}

/// Has the depth of each token's queue looked up whenever metrics are read.
pub(crate) fn observe_queues(meter: &Meter, tokens: &BTreeMap<String, Arc<dyn Token>>) {
    let tokens: Vec<(KeyValue, Weak<dyn Token>)> = tokens
        .iter()
        .map(|(name, token)| (by_token(name), Arc::downgrade(token)))
        .collect();
    meter
        .u64_observable_gauge("ers_signer_queue_depth")
        .with_description("Calls that wait for a token or are under way in it, by token")
        .with_callback(move |observer| {
            for (label, token) in &tokens {
                if let Some(token) = token.upgrade() {
                    observer.observe(token.depth() as u64, std::slice::from_ref(label));
                }
            }
        })
        .build();
}
