//! What CARA counts. Labels have few, known values.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};

/// The counters of CARA.
pub struct Metrics {
    certificates: Counter<u64>,
    revocations: Counter<u64>,
    crls: Counter<u64>,
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

    /// A CRL was published.
    pub fn published(&self) {
        self.crls.add(1, &[]);
    }
}
