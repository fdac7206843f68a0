//! What comes by itself: ends of certificates, of CAs and of CRLs, and the signer out of reach. Every replica looks; what
//! two find is told once, as it has one key.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use ers_pki::certificate::Certificate;
use ers_runtime::{clock::to_ms, error::chain, shutdown::Shutdown};

use super::Flows;
use crate::{
    clients::CaraError,
    domain::{
        inventory::InventoryCertificate,
        notice::{Content, EventType, Notice},
        subscription::{Subscription, windows},
    },
    store::{StoreError, ends_mark},
};

const DAY_MS: i64 = 86_400_000;
const SWEEP_MS: i64 = 3_600_000;
/// Certificates read at a time.
const PAGE: u64 = 500;
const SIGNER_MARK: &str = "signer";
const PROBE: &str = "clm/probe";
/// The signer, or a token, is out of reach when it did not answer so often.
const PATIENCE: u32 = 3;

impl Flows {
    /// Looks until shutdown.
    pub(crate) async fn watch(&self, shutdown: &Shutdown) {
        let every = Duration::from_secs(self.notifications.look_seconds.max(1));
        let mut silent = Silences::new();
        let mut swept_at_ms = 0;
        while shutdown.sleep(every).await {
            self.sweep_now_and_then(&mut swept_at_ms).await;
            if !self.policies.has_subscriptions() {
                continue;
            }
            let looks = [
                self.look_at_certificates().await,
                self.look_at_authorities().await,
                self.look_at_crls().await,
                self.look_at_signer(&mut silent).await,
            ];
            for error in looks.into_iter().filter_map(Result::err) {
                tracing::warn!(error = chain(&error), "look for what is to be told");
            }
        }
    }

    /// Forgets what nobody may have any more.
    async fn sweep_now_and_then(&self, swept_at_ms: &mut i64) {
        let now_ms = self.clock.now_ms();
        if now_ms - *swept_at_ms < SWEEP_MS {
            return;
        }
        *swept_at_ms = now_ms;
        if let Err(error) = self.sweep_server_keys().await {
            tracing::warn!(error = chain(&error), "forget keys");
        }
    }

    async fn look_at_certificates(&self) -> Result<(), StoreError> {
        for subscription in self.policies.listeners(EventType::CertificateExpiring) {
            for (nearer, days) in windows(&subscription.wish.days) {
                self.look_at_window(&subscription, nearer, days).await?;
            }
        }
        Ok(())
    }

    /// Tells of the certificates that have come within so many days of their end since the last look.
    async fn look_at_window(
        &self,
        subscription: &Subscription,
        nearer: u32,
        days: u32,
    ) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let mark = ends_mark(&subscription.name, days);
        let seen_until = self.store.load_mark(&mark).await?;
        let until = now_ms + i64::from(days) * DAY_MS;
        let mut after = (seen_until.max(now_ms + i64::from(nearer) * DAY_MS), 0);
        loop {
            let found = self
                .store
                .list_ending(&subscription.wish, after, until, PAGE)
                .await?;
            let Some(last) = found.last() else { break };
            after = (last.certificate.not_after_ms, last.number);
            let mut deliveries = Vec::new();
            for entry in found {
                let certificate = entry.certificate;
                let notice = Notice::expiring(&certificate, days, now_ms);
                if subscription.wants(&notice)
                    && self.is_worth_telling(&certificate, now_ms).await?
                {
                    deliveries.extend(self.delivery_of(subscription, notice).await?);
                }
            }
            self.store.add_deliveries(&deliveries, now_ms).await?;
        }
        self.store
            .move_mark(&mark, seen_until, until, now_ms)
            .await?;
        Ok(())
    }

    /// Not: what another certificate has followed, and what has more than half of its life before it.
    async fn is_worth_telling(
        &self,
        certificate: &InventoryCertificate,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let lifetime = certificate.not_after_ms - certificate.not_before_ms;
        let left = certificate.not_after_ms - now_ms;
        Ok(left <= lifetime / 2 && !self.store.has_successor(certificate).await?)
    }

    async fn look_at_authorities(&self) -> Result<(), StoreError> {
        for subscription in self.policies.listeners(EventType::AuthorityExpiring) {
            for issuer in self.issuers() {
                let Some(chain) = found(&issuer, self.cara.load_chain(&issuer).await) else {
                    continue;
                };
                for der in chain.iter() {
                    if let Ok(certificate) = Certificate::from_der(der) {
                        self.look_at_authority(&subscription, &certificate).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn look_at_authority(
        &self,
        subscription: &Subscription,
        certificate: &Certificate,
    ) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let ends_at_ms = to_ms(certificate.not_after());
        let left = ends_at_ms - now_ms;
        let within = |days: u32| i64::from(days) * DAY_MS;
        let Some((_, days)) = windows(&subscription.wish.days)
            .into_iter()
            .find(|(nearer, days)| left > within(*nearer) && left <= within(*days))
        else {
            return Ok(());
        };
        let fingerprint = hex::encode(certificate.fingerprint());
        let notice = Notice::of_platform(
            EventType::AuthorityExpiring,
            format!("authority:{days}:{fingerprint}"),
            Content {
                at_ms: now_ms,
                authority: certificate.subject().to_string(),
                ends_at_ms: Some(ends_at_ms),
                days: Some(days),
                ..Content::default()
            },
        );
        let deliveries = self.delivery_of(subscription, notice).await?;
        self.store
            .add_deliveries(deliveries.as_slice(), now_ms)
            .await
    }

    async fn look_at_crls(&self) -> Result<(), StoreError> {
        if self.policies.listeners(EventType::CrlExpiring).is_empty() {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        for issuer in self.issuers() {
            let Some(late) = found(&issuer, self.cara.list_crls(&issuer).await) else {
                continue;
            };
            let late = late.into_iter().filter(|crl| crl.is_late(now_ms));
            let notices = late.map(|crl| {
                Notice::of_platform(
                    EventType::CrlExpiring,
                    format!("crl:{}:{}", crl.name, crl.number),
                    Content {
                        at_ms: now_ms,
                        authority: issuer.clone(),
                        ends_at_ms: Some(crl.next_update_ms),
                        detail: format!("{} {}", crl.name, crl.number),
                        ..Content::default()
                    },
                )
            });
            let deliveries = self.deliveries_of(notices).await?;
            self.store.add_deliveries(&deliveries, now_ms).await?;
        }
        Ok(())
    }

    /// The CAs that policies issue from.
    fn issuers(&self) -> BTreeSet<String> {
        let policies = self.policies.list();
        let issuers = policies.iter();
        issuers
            .map(|policy| policy.definition.rules().issuer.to_string())
            .collect()
    }

    /// Whether the signer answers, and its tokens do. Of tokens nobody can tell while the signer is silent.
    async fn look_at_signer(&self, silent: &mut Silences) -> Result<(), StoreError> {
        let trouble = self.signer.seal(PROBE, b"probe").await.err();
        let trouble = trouble.as_ref().map(|error| chain(error));
        let is_there = trouble.is_none();
        self.look_at_part(SIGNER_MARK, "", trouble, silent).await?;
        if !is_there {
            return Ok(());
        }
        let Ok(tokens) = self.signer.tokens().await else {
            return Ok(());
        };
        for token in tokens {
            let mark = token_mark(&token.name);
            let trouble = (!token.up).then_some(token.reason);
            self.look_at_part(&mark, &token.name, trouble, silent)
                .await?;
        }
        Ok(())
    }

    /// What was told last stands in the mark, so that replicas and restarts agree: zero, or since when it is out of reach.
    async fn look_at_part(
        &self,
        mark: &str,
        token: &str,
        trouble: Option<String>,
        silent: &mut Silences,
    ) -> Result<(), StoreError> {
        let told = self.store.load_mark(mark).await?;
        let now_ms = self.clock.now_ms();
        let silences = silent.entry(mark.to_owned()).or_default();
        let (event, to, detail) = match trouble {
            None => {
                *silences = 0;
                if told == 0 {
                    return Ok(());
                }
                (EventType::SignerReachable, 0, String::new())
            }
            Some(trouble) => {
                *silences += 1;
                if told != 0 || *silences < PATIENCE {
                    return Ok(());
                }
                (EventType::SignerUnreachable, now_ms, trouble)
            }
        };
        let since = if told == 0 { now_ms } else { told };
        let key = match token {
            "" => format!("{}:{since}", event.as_str()),
            _ => format!("{}:{mark}:{since}", event.as_str()),
        };
        let content = Content {
            at_ms: now_ms,
            token: token.to_owned(),
            detail,
            ..Content::default()
        };
        let notice = Notice::of_platform(event, key, content);
        let deliveries = self.deliveries_of([notice]).await?;
        if self.store.move_mark(mark, told, to, now_ms).await? {
            self.store.add_deliveries(&deliveries, now_ms).await?;
        }
        Ok(())
    }
}

/// How often each part was found silent, one look after the other.
type Silences = HashMap<String, u32>;

/// Names of tokens may be long, marks may not.
fn token_mark(name: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    let mut digits = hex::encode(digest);
    digits.truncate(32);
    format!("token:{digits}")
}

/// What CARA knows of a CA. That it does not know one must not keep the others from being looked at.
fn found<T>(issuer: &str, answer: Result<T, CaraError>) -> Option<T> {
    answer
        .inspect_err(|error| tracing::warn!(issuer, error = chain(error), "look at a CA"))
        .ok()
}
