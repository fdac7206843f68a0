//! Renewal: when, by whom, and what may change; and the one active certificate where a policy wants one at most.

use aws_lc_rs::digest;
use ers_pki::{certificate::Certificate, general_name::GeneralName, name::Name};
use ers_runtime::clock::to_ms;

use super::{
    id::RequestId,
    inventory::InventoryCertificate,
    policy::{MaintenanceRules, RenewalRules},
    refusal::{Refusal, RefusalReason},
};

/// A request that was never heard of again leaves its claim to others after this time.
const CLAIM_LEFT_AFTER_MS: i64 = 10 * 60_000;
const SHORTEST_WINDOW_MS: i64 = 60_000;

/// When a certificate should be renewed (RFC 9773 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From then on.
    pub start_ms: i64,
    /// Until then.
    pub end_ms: i64,
}

/// What somebody wants renewed sooner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// When.
    pub window: Window,
    /// Where clients' people can read why.
    pub explanation_url: Option<String>,
}

/// Whose active certificate it is: one end entity's under one policy; without an end entity, one subject's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The policy.
    pub policy: String,
    /// The end entity, or empty.
    pub end_entity: String,
    /// RFC 4514; with names where it is empty.
    pub subject: String,
}

/// The request that holds, or is about to hold, the one active certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The request.
    pub request_id: RequestId,
    /// Since when.
    pub claimed_at_ms: i64,
}

impl Holder {
    /// SHA-256, lower-case hex.
    pub fn digest(&self) -> String {
        let who = if self.end_entity.is_empty() {
            ["subject", self.subject.as_str()]
        } else {
            ["end-entity", self.end_entity.as_str()]
        };
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [self.policy.as_str()].into_iter().chain(who) {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        hex::encode(context.finish())
    }
}

impl Claim {
    /// Whether its request, of which nothing is known, may still become a certificate.
    pub fn is_fresh(&self, now_ms: i64) -> bool {
        self.claimed_at_ms.saturating_add(CLAIM_LEFT_AFTER_MS) > now_ms
    }
}

/// When a certificate should be renewed, by its own times and its policy's rules: in the last third of its life.
pub fn usual_window(certificate: &InventoryCertificate, rules: Option<&RenewalRules>) -> Window {
    let (begin, end) = (certificate.not_before_ms, certificate.not_after_ms);
    if let Some(revocation) = &certificate.revocation {
        // In the past: at once (RFC 9773 section 4.2).
        return Window {
            start_ms: begin,
            end_ms: revocation
                .at_ms
                .max(begin.saturating_add(SHORTEST_WINDOW_MS)),
        };
    }
    let life = end.saturating_sub(begin).max(0);
    let earliest = rules
        .and_then(|rules| rules.before)
        .map(|before| {
            let before = before.duration().whole_milliseconds();
            end.saturating_sub(i64::try_from(before).unwrap_or(i64::MAX))
        })
        .unwrap_or(begin);
    let start_ms = end.saturating_sub(life / 3).max(earliest);
    let left = end.saturating_sub(start_ms).max(0);
    Window {
        start_ms,
        end_ms: start_ms.saturating_add((left / 6).max(SHORTEST_WINDOW_MS)),
    }
}

/// The same, moved to when clients should renew: into the first stretch of maintenance that the certificate lives to see,
/// and that is not over. Where there is none it stays: better outside of it than without a certificate.
pub fn maintained_window(
    usual: Window,
    certificate: &InventoryCertificate,
    maintenance: &MaintenanceRules,
    now_ms: i64,
) -> Window {
    if certificate.revocation.is_some() {
        return usual;
    }
    let Some((start_ms, end_ms)) = maintenance.next(usual.start_ms.max(now_ms), SHORTEST_WINDOW_MS)
    else {
        return usual;
    };
    let end_ms = end_ms.min(certificate.not_after_ms);
    if end_ms.saturating_sub(start_ms) < SHORTEST_WINDOW_MS {
        return usual;
    }
    Window { start_ms, end_ms }
}

/// Whether a certificate may be renewed now.
pub fn check_window(
    renewed: &InventoryCertificate,
    advice: Option<&Advice>,
    rules: &RenewalRules,
    now_ms: i64,
) -> Result<(), Refusal> {
    let Some(before) = rules.before else {
        return Ok(());
    };
    let before = i64::try_from(before.duration().whole_milliseconds()).unwrap_or(i64::MAX);
    let from = renewed.not_after_ms.saturating_sub(before);
    if now_ms >= from || advice.is_some_and(|advice| now_ms >= advice.window.start_ms) {
        return Ok(());
    }
    let from = ers_runtime::clock::from_ms(from).date();
    Err(RefusalReason::NotAllowed.because(format!(
        "renews: the certificate may be renewed from {from} on"
    )))
}

/// Whether the new certificate may follow the old one: same subject, same names, and by the policy's word a new key.
pub fn check_same(
    renewed: &InventoryCertificate,
    public_key: &[u8],
    subject: &Name,
    names: &[GeneralName],
    rules: &RenewalRules,
) -> Result<(), Refusal> {
    let Ok(old) = Certificate::from_der(&renewed.der) else {
        return Err(RefusalReason::BadRequest.because("renews: the certificate cannot be read"));
    };
    if !rules.same_key && old.public_key().spki_der() == public_key {
        return Err(
            RefusalReason::BadKey.because("public_key: the policy wants a new key at renewal")
        );
    }
    if rules.names_may_change {
        return Ok(());
    }
    if !old.subject().attributes().eq(subject.attributes()) {
        return Err(RefusalReason::BadName.because(format!(
            "subject: must be that of the certificate that is renewed, {}",
            old.subject()
        )));
    }
    let set = |names: &[GeneralName]| -> std::collections::BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    };
    if set(old.names()) != set(names) {
        return Err(RefusalReason::BadName.because(
            "subject_alternative_names: must be those of the certificate that is renewed",
        ));
    }
    Ok(())
}

/// The moment that many clients are to be done by.
pub fn window_from(now: time::OffsetDateTime, within: time::Duration) -> Window {
    let start_ms = to_ms(now);
    let within = i64::try_from(within.whole_milliseconds()).unwrap_or(i64::MAX);
    Window {
        start_ms,
        end_ms: start_ms.saturating_add(within.max(SHORTEST_WINDOW_MS)),
    }
}
