//! The numbers that this service tells.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use crate::domain::challenge::ChallengeKind;
use crate::domain::problem::ProblemKind;

/// The numbers that this service tells.
#[derive(Debug, Clone)]
pub struct Metrics {
    accounts: Counter<u64>,
    orders: Counter<u64>,
    validations: Counter<u64>,
    validation_seconds: Histogram<f64>,
    revocations: Counter<u64>,
    problems: Counter<u64>,
}

impl Metrics {
    /// All at zero.
    pub fn new(meter: &Meter) -> Self {
        let metrics = Self::registered(meter);
        // what an alarm looks at is there before the first time: an increase from nothing is none
        metrics.count_problems(ProblemKind::ServerInternal, 0);
        metrics
    }

    fn registered(meter: &Meter) -> Self {
        Self {
            accounts: meter
                .u64_counter("ers_acme_accounts")
                .with_description("Accounts created")
                .build(),
            orders: meter
                .u64_counter("ers_acme_orders")
                .with_description("Orders by what became of them")
                .build(),
            validations: meter
                .u64_counter("ers_acme_validations")
                .with_description("Challenges decided, by kind and outcome")
                .build(),
            validation_seconds: meter
                .f64_histogram("ers_acme_validation_seconds")
                .with_description("Time from a client's answer to the decision")
                .build(),
            revocations: meter
                .u64_counter("ers_acme_revocations")
                .with_description("Certificates revoked")
                .build(),
            problems: meter
                .u64_counter("ers_acme_problems")
                .with_description("Problems answered, by type")
                .build(),
        }
    }

    /// An account came to be.
    pub fn account(&self) {
        self.accounts.add(1, &[]);
    }

    /// An order is `created`, `issued` or `refused`.
    pub fn order(&self, outcome: &'static str) {
        self.orders.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// A challenge was decided.
    pub fn validation(&self, kind: ChallengeKind, valid: bool, seconds: f64) {
        let kind = KeyValue::new("kind", kind.as_str());
        let outcome = KeyValue::new("outcome", if valid { "valid" } else { "invalid" });
        self.validations.add(1, &[kind.clone(), outcome]);
        self.validation_seconds.record(seconds, &[kind]);
    }

    /// A certificate was revoked.
    pub fn revocation(&self) {
        self.revocations.add(1, &[]);
    }

    /// A problem was answered.
    pub fn problem(&self, kind: ProblemKind) {
        self.count_problems(kind, 1);
    }

    fn count_problems(&self, kind: ProblemKind, so_many: u64) {
        let kind = kind.urn().rsplit(':').next().unwrap_or_default();
        self.problems.add(so_many, &[KeyValue::new("type", kind)]);
    }
}
