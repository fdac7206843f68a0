//! What CARA counts. Labels have few, known values.

use ers_pki::lint::Rule;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};

/// The counters of CARA.
pub struct Metrics {
    certificates: Counter<u64>,
    revocations: Counter<u64>,
    crls: Counter<u64>,
    lint_findings: Counter<u64>,
}

impl Metrics {
    /// Makes them.
    pub fn new(meter: &Meter) -> Self {
        let counter = |name, description| {
            meter
                .u64_counter(name)
                .with_description(description)
                .build()
        };
        Self {
            certificates: counter(
                "ers_cara_certificates",
                "Certificates stored, and how they came to be",
            ),
            revocations: counter("ers_cara_revocations", "Certificates revoked"),
            crls: counter("ers_cara_crls", "CRLs published"),
            lint_findings: counter(
                "ers_cara_lint_findings",
                "Findings of the linter that did not stop the issue",
            ),
        }
    }

    /// A certificate was issued.
    pub fn issued(&self) {
        self.certificates.add(1, &[KeyValue::new("how", "issued")]);
    }

    /// A certificate was taken over from the signer's journal.
    pub fn adopted(&self) {
        self.certificates.add(1, &[KeyValue::new("how", "adopted")]);
    }

    /// A certificate was revoked.
    pub fn revoked(&self) {
        self.revocations.add(1, &[]);
    }

    /// The linter had something against a certificate that was issued.
    pub fn lint_finding(&self, rule: &Rule) {
        let labels = [
            KeyValue::new("set", rule.set.as_str()),
            KeyValue::new("severity", rule.severity.as_str()),
        ];
        self.lint_findings.add(1, &labels);
    }

    /// A CRL was published.
    pub fn published(&self) {
        self.crls.add(1, &[]);
    }
}
