//! Watches the certificates of OCSP signers: one that is refused, ends soon or has ended is an alarm in log, metric and
//! health before clients notice.

use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_runtime::health::Check;
use opentelemetry::{
    KeyValue,
    metrics::{Gauge, Meter},
};
use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::sources::Sources;

/// CARA renews a signer when a third of its certificate's life is left: one with less than this part of it was forgotten.
const NEAR_END_PARTS: i32 = 4;
const STATES: [&str; 4] = ["good", "ending", "ended", "refused"];

/// How an OCSP signer's certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// All is well.
    Good,
    /// It should have been renewed by now.
    Ending,
    /// It is not valid, or not any more: nothing is signed with it.
    Ended,
}

impl Standing {
    /// How it stands at a time.
    #[must_use]
    pub fn of(certificate: &Certificate, now: OffsetDateTime) -> Self {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        if now >= until || now < from {
            Self::Ended
        } else if (until - now) * NEAR_END_PARTS < until - from {
            Self::Ending
        } else {
            Self::Good
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }
}

/// Tells of OCSP signers that somebody must look after.
pub struct Watch {
    sources: Arc<Sources>,
    check: Check,
    signers: Gauge<u64>,
    /// What was told last: it is told once.
    told: Mutex<Vec<String>>,
}

impl Watch {
    /// Nothing was told yet.
    pub fn new(sources: Arc<Sources>, check: Check, meter: &Meter) -> Self {
        // whether CARA can be heard is another check's to say
        check.up();
        Self {
            sources,
            check,
            signers: meter
                .u64_gauge("ers_revinfo_ocsp_signers")
                .with_description(
                    "OCSP signers by state of their certificates: good, ending, ended, refused",
                )
                .build(),
            told: Mutex::default(),
        }
    }

    /// Looks at all of them.
    pub fn look(&self, now: OffsetDateTime) {
        let (responders, refused) = self.sources.signers();
        let mut counts = STATES.map(|state| (state, 0_u64));
        let mut count = |state: &str| {
            for (name, number) in &mut counts {
                *number += u64::from(*name == state);
            }
        };
        let mut alarms = Vec::new();
        for responder in responders.iter() {
            let certificate = responder.signatory.certificate();
            let standing = Standing::of(certificate, now);
            count(standing.name());
            let issuer = format!("{} (generation {})", responder.issuer, responder.generation);
            let until = certificate.not_after();
            match standing {
                Standing::Good => {}
                Standing::Ending => alarms.push(format!(
                    "OCSP signer of {issuer} is valid until {until} only and was not renewed"
                )),
                Standing::Ended => alarms.push(format!(
                    "OCSP signer of {issuer} is not valid, its certificate was until {until}: no answers"
                )),
            }
        }
        for refused in refused.iter() {
            count("refused");
            alarms.push(format!(
                "OCSP signer of {} (generation {}) refused: {}: no answers",
                refused.issuer, refused.generation, refused.reason
            ));
        }
        for (state, number) in counts {
            self.signers
                .record(number, &[KeyValue::new("state", state)]);
        }
        self.tell(alarms);
    }

    fn tell(&self, alarms: Vec<String>) {
        let mut told = self.told.lock();
        for alarm in alarms.iter().filter(|alarm| !told.contains(alarm)) {
            tracing::error!(target: "audit", alarm, "OCSP signer needs attention");
        }
        if alarms.is_empty() {
            self.check.up();
        } else {
            self.check.warn(alarms.join("; "));
        }
        *told = alarms;
    }
}
