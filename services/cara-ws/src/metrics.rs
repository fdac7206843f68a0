//! What CARA counts. Labels have few, known values.

use ers_pki::lint::Rule;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter},
};

/// The counters of CARA.
pub struct Metrics {
    certificates: Counter<u64>,
    revocations: Counter<u64>,
    releases: Counter<u64>,
    crls: Counter<u64>,
    lint_findings: Counter<u64>,
    crls_failed: Counter<u64>,
    crl_left: Gauge<f64>,
    authority_left: Gauge<f64>,
    ocsp_signer_left: Gauge<f64>,
    to_be_reconciled: Gauge<u64>,
    unadopted: Gauge<u64>,
}

impl Metrics {
    /// Makes them.
    pub fn new(meter: &Meter) -> Self {
        let metrics = Self::registered(meter);
        // what alarms look at is there before the first time: an increase from nothing is none
        metrics
            .certificates
            .add(0, &[KeyValue::new("how", "issued")]);
        metrics.crls_failed.add(0, &[]);
        metrics
    }

    fn registered(meter: &Meter) -> Self {
        let counter = |name, description| {
            meter
                .u64_counter(name)
                .with_description(description)
                .build()
        };
        let left = |name, description| {
            meter
                .f64_gauge(name)
                .with_description(description)
                .with_unit("s")
                .build()
        };
        Self {
            certificates: counter(
                "ers_cara_certificates",
                "Certificates stored, and how they came to be",
            ),
            revocations: counter("ers_cara_revocations", "Certificates revoked"),
            releases: counter("ers_cara_releases", "Certificates released from hold"),
            crls: counter("ers_cara_crls", "CRLs published"),
            lint_findings: counter(
                "ers_cara_lint_findings",
                "Findings of the linter that did not stop the issue",
            ),
            crls_failed: counter("ers_cara_crls_failed", "CRLs that could not be made"),
            crl_left: left(
                "ers_cara_crl_left_seconds",
                "Until the nextUpdate of the CRL of a CA that ends first",
            ),
            authority_left: left(
                "ers_cara_authority_left_seconds",
                "Until the certificate of a CA ends",
            ),
            ocsp_signer_left: left(
                "ers_cara_ocsp_signer_left_seconds",
                "Until the certificate ends that OCSP answers of a CA are signed with",
            ),
            to_be_reconciled: meter
                .u64_gauge("ers_cara_authorities_to_be_reconciled")
                .with_description("CAs whose database was restored from an older state")
                .build(),
            unadopted: meter
                .u64_gauge("ers_cara_unadopted_entries")
                .with_description("Entries of the signer's journal that could not be adopted yet")
                .build(),
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

    /// A certificate was released from hold.
    pub fn released(&self) {
        self.releases.add(1, &[]);
    }

    /// A CRL could not be made.
    pub fn crl_failed(&self) {
        self.crls_failed.add(1, &[]);
    }

    /// How long the CRL of a CA that ends first still holds; negative: it has ended.
    pub fn crl_left(&self, authority: &str, left_ms: i64) {
        let seconds = time::Duration::milliseconds(left_ms).as_seconds_f64();
        let issuer = KeyValue::new("issuer_id", authority.to_owned());
        self.crl_left.record(seconds, &[issuer]);
    }

    /// How long the certificate of a CA still holds.
    pub fn authority_left(&self, authority: &str, left: time::Duration) {
        let issuer = KeyValue::new("issuer_id", authority.to_owned());
        self.authority_left.record(left.as_seconds_f64(), &[issuer]);
    }

    /// How long the OCSP signer of a CA still holds.
    pub fn ocsp_signer_left(&self, authority: &str, left: time::Duration) {
        let issuer = KeyValue::new("issuer_id", authority.to_owned());
        self.ocsp_signer_left
            .record(left.as_seconds_f64(), &[issuer]);
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

    /// So many CAs are to be reconciled.
    pub fn to_be_reconciled(&self, authorities: usize) {
        let authorities = u64::try_from(authorities).unwrap_or(u64::MAX);
        self.to_be_reconciled.record(authorities, &[]);
    }

    /// So many journal entries are set aside.
    pub fn unadopted(&self, entries: u64) {
        self.unadopted.record(entries, &[]);
    }
}
