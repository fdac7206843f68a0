//! What the workers of one token share: how to reach it, whether it is up, and whether the PIN was refused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ers_runtime::health::Check;
use opentelemetry::KeyValue;
use parking_lot::{Mutex, MutexGuard};
use secrecy::{ExposeSecret, SecretString};

use super::super::TokenError;
use super::access::Access;
use super::fault::Fault;
use crate::telemetry::Metrics;

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const DOUBT_INTERVAL: Duration = Duration::from_secs(60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// What the workers of one token share.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) access: Arc<Access>,
    pub(super) check: Check,
    pub(super) metrics: Arc<Metrics>,
    pub(super) standing: Mutex<Standing>,
    /// When the library was restarted last only because a key was missing.
    pub(super) doubted: Mutex<Option<Instant>>,
    /// When the token answered last.
    pub(super) answered: Mutex<Option<Instant>>,
    /// Held while logging in: of many workers one tries the PIN.
    pub(super) login: Mutex<()>,
}

/// Whether the token can be asked.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// Nobody asked yet.
    Unknown,
    /// When it was asked last, it answered.
    Up,
    /// Not before a time.
    Down {
        /// Why.
        fault: Fault,
        /// When it may be tried again.
        retry_at: Instant,
        /// How long was waited last.
        backoff: Duration,
    },
    /// Not before somebody corrected the PIN.
    PinRefused(String),
}

impl Shared {
    /// Fails at once while there is no point in asking.
    pub(super) fn may_ask(&self) -> Result<(), TokenError> {
        match &*self.standing.lock() {
            Standing::Unknown | Standing::Up => Ok(()),
            Standing::Down { retry_at, .. } if *retry_at <= Instant::now() => Ok(()),
            Standing::Down { fault, .. } => Err(fault.clone().named(&self.name)),
            Standing::PinRefused(reason) => {
                Err(Fault::PinRefused(reason.clone()).named(&self.name))
            }
        }
    }

    /// Whether a missing key may be a reason to restart the library: not for every call that asks for it.
    pub(super) fn may_doubt(&self) -> bool {
        let mut doubted = self.doubted.lock();
        let may = doubted.is_none_or(|at| at.elapsed() >= DOUBT_INTERVAL);
        if may {
            *doubted = Some(Instant::now());
        }
        may
    }

    /// Whether it is time to look for the token again.
    pub(super) fn is_retry_due(&self) -> bool {
        matches!(&*self.standing.lock(), Standing::Down { retry_at, .. } if *retry_at <= Instant::now())
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(&*self.standing.lock(), Standing::Up)
    }

    /// Counts a fault, by kind.
    pub(super) fn count(&self, fault: &Fault) {
        let error = fault.clone().named(&self.name);
        self.metrics.token_error(&self.name, error.outcome());
        tracing::debug!(token = self.name, %error, "token call failed");
    }

    /// A call that was begun at a time does not come back. When others did since, it is the call's affair.
    pub(super) fn hangs(&self, since: Instant) {
        self.count(&Fault::Hung);
        if self.answered.lock().is_none_or(|answered| answered < since) {
            self.down(&Fault::Hung);
        }
    }

    /// The PIN stands somewhere anew: another one may be tried.
    pub(super) fn take_pin(&self, pin: SecretString) {
        let mut standing = self.standing.lock();
        let old = self.access.pin();
        let same = old.is_some_and(|old| old.expose_secret() == pin.expose_secret());
        if same || !matches!(&*standing, Standing::PinRefused(_)) {
            return;
        }
        self.access.set_pin(pin);
        *standing = Standing::Unknown;
        drop(standing);
        tracing::info!(target: "audit", token = self.name, "PIN changed, logging in anew");
    }

    pub(super) fn is_pin_refused(&self) -> bool {
        matches!(&*self.standing.lock(), Standing::PinRefused(_))
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(&*self.standing.lock(), Standing::Unknown)
    }

    /// The token answered.
    pub(super) fn up(&self) {
        *self.answered.lock() = Some(Instant::now());
        let mut standing = self.standing.lock();
        if matches!(&*standing, Standing::Up | Standing::PinRefused(_)) {
            return;
        }
        *standing = Standing::Up;
        drop(standing);
        tracing::info!(token = self.name, "token is up");
        self.check.up();
        self.metrics
            .token_up
            .record(1, &[KeyValue::new("token", self.name.clone())]);
    }

    /// The token did not answer as it should; nothing is noted of faults that are one call's affair.
    pub(super) fn down(&self, fault: &Fault) {
        if !fault.is_end_of_session() && !fault.is_pin() {
            return;
        }
        let mut standing = self.standing.lock();
        let reason = fault.clone().named(&self.name).to_string();
        *standing = match (&*standing, fault) {
            (Standing::PinRefused(_), _) => return,
            (_, Fault::PinRefused(reason)) => {
                tracing::error!(
                    token = self.name,
                    reason,
                    "token refused the PIN: it is not tried again"
                );
                Standing::PinRefused(reason.clone())
            }
            (Standing::Down { backoff, .. }, fault) => {
                wait(fault, (*backoff * 2).min(LONGEST_BACKOFF))
            }
            (Standing::Unknown | Standing::Up, fault) => {
                tracing::warn!(token = self.name, reason, "token is down");
                wait(fault, FIRST_BACKOFF)
            }
        };
        drop(standing);
        self.check.down(reason);
        self.metrics
            .token_up
            .record(0, &[KeyValue::new("token", self.name.clone())]);
    }

    /// Permission to log in, for one at a time and not after a PIN was refused.
    pub(super) fn may_log_in(&self) -> Result<MutexGuard<'_, ()>, Fault> {
        let guard = self.login.lock();
        match &*self.standing.lock() {
            Standing::PinRefused(reason) => Err(Fault::PinRefused(reason.clone())),
            _ => Ok(guard),
        }
    }

    /// Remembers a refused PIN before anybody else may try.
    pub(super) fn note_login(&self, fault: &Fault) {
        if fault.is_pin() {
            self.down(fault);
        }
    }
}

fn wait(fault: &Fault, backoff: Duration) -> Standing {
    Standing::Down {
        fault: fault.clone(),
        retry_at: Instant::now() + backoff,
        backoff,
    }
}
