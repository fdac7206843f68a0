//! Notices go out: what is due is claimed, sent, and written down. People get one mail for everything that is due to them
//! of a kind, other systems one message each. Who does not take it is tried again, later and later, for a day.

use std::{collections::BTreeMap, time::Duration};

use ers_runtime::{error::chain, health::Check, shutdown::Shutdown};
use futures::StreamExt as _;
use serde_json::json;

use super::{Flows, notice_text};
use crate::{
    domain::{
        https_url::HttpsUrl,
        subscription::{Language, Recipient, SEALING_CONTEXT},
    },
    store::{Delivery, StoreError},
};

/// How often is looked for what is due.
const LOOK: Duration = Duration::from_secs(1);
const SWEEP_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Most deliveries taken up at a time.
const MOST: u64 = 2000;
/// Most recipients told at the same time.
const AT_ONCE: usize = 8;
/// By then an attempt has ended, or who made it is dead.
const ATTEMPT_MS: i64 = 300_000;
const FIRST_PAUSE_MS: i64 = 30_000;
const LONGEST_PAUSE_MS: i64 = 4 * 3_600_000;
const MOST_ATTEMPTS: u32 = 14;

impl Flows {
    /// Sends until shutdown.
    pub(crate) async fn deliver_notices(&self, check: &Check, shutdown: &Shutdown) {
        let mut swept_at = 0;
        check.up();
        while shutdown.sleep(LOOK).await {
            // Owners of kept keys are told by mail, also where nobody has subscribed to anything.
            if !self.policies.has_subscriptions() && self.mail.is_none() {
                continue;
            }
            match self.deliver_due(&mut swept_at).await {
                Ok(()) => check.up(),
                Err(error) => check.down(chain(&error)),
            }
        }
    }

    async fn deliver_due(&self, swept_at: &mut i64) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        if now_ms - *swept_at > SWEEP_MS {
            *swept_at = now_ms;
            let kept = i64::from(self.notifications.keep_days).saturating_mul(DAY_MS);
            self.store.sweep_deliveries(now_ms - kept).await?;
        }
        let mut parcels: BTreeMap<(String, &str, String), Vec<Delivery>> = BTreeMap::new();
        for due in self.store.list_due_deliveries(now_ms, MOST).await? {
            if !self.store.claim_delivery(&due, now_ms + ATTEMPT_MS).await? {
                continue;
            }
            let address = match &due.recipient {
                Recipient::Webhook(_) => due.id.to_string(),
                mail => mail.as_parts().1,
            };
            let together = (due.subscription.clone(), due.event.as_str(), address);
            parcels.entry(together).or_default().push(due);
        }
        let sent = futures::stream::iter(parcels.into_values())
            .map(|parcel| self.send(parcel))
            .buffer_unordered(AT_ONCE);
        sent.fold(Ok(()), |all, one| async { all.and(one) }).await
    }

    /// Sends deliveries of one event to one recipient.
    async fn send(&self, parcel: Vec<Delivery>) -> Result<(), StoreError> {
        let Some(first) = parcel.first() else {
            return Ok(());
        };
        let outcome = match &first.recipient {
            Recipient::Webhook(url) => self.tell_webhook(url, first).await,
            Recipient::Mail(address) => self.mail(address, &parcel).await,
            Recipient::Contact => Err("its end entity is not known any more".to_owned()),
        };
        let now_ms = self.clock.now_ms();
        let (subscription, event) = (&first.subscription, first.event);
        match outcome {
            Ok(()) => {
                tracing::info!(target: "audit", act = "notice.deliver", subscription, event = event.as_str(),
                    notices = parcel.len(), "told");
                self.metrics
                    .notified(event.as_str(), parcel.len(), "delivered");
                let ids: Vec<i64> = parcel.iter().map(|delivery| delivery.id).collect();
                self.store.mark_delivered(&ids, now_ms).await
            }
            Err(problem) => {
                tracing::warn!(
                    subscription,
                    event = event.as_str(),
                    problem,
                    "notice not taken"
                );
                for delivery in &parcel {
                    let again = next_attempt(delivery.attempts + 1, now_ms);
                    let outcome = if again.is_some() { "again" } else { "failed" };
                    self.metrics.notified(event.as_str(), 1, outcome);
                    self.store
                        .mark_attempt_failed(delivery.id, again, &problem, now_ms)
                        .await?;
                }
                Ok(())
            }
        }
    }

    async fn mail(&self, address: &str, parcel: &[Delivery]) -> Result<(), String> {
        let mail = self
            .mail
            .as_ref()
            .ok_or("the configuration has no mail server")?;
        let Some(first) = parcel.first() else {
            return Ok(());
        };
        let language = self
            .policies
            .find_subscription(&first.subscription)
            .map_or(Language::English, |subscription| subscription.wish.language);
        let contents: Vec<_> = parcel.iter().map(|delivery| &delivery.content).collect();
        let link = self.notifications.link.as_deref();
        let (subject, text) = notice_text::compose(first.event, &contents, language, link);
        mail.send(address, &subject, text).await
    }

    async fn tell_webhook(&self, url: &HttpsUrl, delivery: &Delivery) -> Result<(), String> {
        let subscription = self
            .policies
            .find_subscription(&delivery.subscription)
            .ok_or("its subscription is not there any more")?;
        let sealed = subscription
            .sealed_secret
            .as_deref()
            .ok_or("its subscription has no secret")?;
        let secret = self
            .signer
            .unseal(SEALING_CONTEXT, sealed)
            .await
            .map_err(|error| chain(&error))?;
        let body = json!({
            "type": delivery.event.as_str(),
            "timestamp": rfc3339(delivery.content.at_ms),
            "data": delivery.content,
        });
        let seconds = self.clock.now_ms() / 1000;
        let id = format!("{}-{}", delivery.subscription, delivery.id);
        self.hooks.tell(url, &secret, &id, seconds, &body).await
    }
}

/// When what has failed so often is tried again; never, once that was often enough.
fn next_attempt(attempts: u32, now_ms: i64) -> Option<i64> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let pause = FIRST_PAUSE_MS
        .checked_shl(attempts.saturating_sub(1))
        .unwrap_or(LONGEST_PAUSE_MS);
    Some(now_ms + pause.min(LONGEST_PAUSE_MS))
}

fn rfc3339(at_ms: i64) -> String {
    use time::format_description::well_known::Rfc3339;
    ers_runtime::clock::from_ms(at_ms)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_after_a_day() {
        assert_eq!(next_attempt(1, 0), Some(30_000));
        assert_eq!(next_attempt(2, 0), Some(60_000));
        assert_eq!(next_attempt(11, 0), Some(LONGEST_PAUSE_MS));
        assert_eq!(next_attempt(MOST_ATTEMPTS, 0), None);
        let all: i64 = (1..MOST_ATTEMPTS).filter_map(|n| next_attempt(n, 0)).sum();
        assert!((20 * 3_600_000..48 * 3_600_000).contains(&all), "{all}");
    }
}
