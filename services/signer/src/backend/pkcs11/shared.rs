//! What the workers of one token share: how to reach it, whether it is up, and whether the PIN was refused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ers_runtime::health::Check;
use opentelemetry::KeyValue;
use parking_lot::Mutex;
use pkcs11::error::{Error, RvError};
use pkcs11::session::{Session, UserType};
use secrecy::SecretString;

use super::super::TokenError;
use super::fault::Fault;
use super::library::Library;
use crate::config::SlotConfig;
use crate::telemetry::Metrics;

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const DOUBT_INTERVAL: Duration = Duration::from_secs(60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// What the workers of one token share.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) library: Arc<Library>,
    pub(super) slot: SlotConfig,
    pub(super) user: UserType,
    /// None where the token asks for it on a keypad of its own.
    pub(super) pin: Option<SecretString>,
    pub(super) check: Check,
    pub(super) metrics: Arc<Metrics>,
    pub(super) standing: Mutex<Standing>,
    /// When the library was restarted last only because a key was missing.
    pub(super) doubted: Mutex<Option<Instant>>,
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
    /// Not before somebody corrected the PIN and restarted the process.
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

    /// The token answered.
    pub(super) fn up(&self) {
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

    /// The token did not answer as it should.
    pub(super) fn down(&self, fault: &Fault) {
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

    /// Logs a session in; once for all sessions of the token. A refused PIN is remembered before anybody else may try.
    pub(super) fn log_in(&self, session: &Session) -> Result<(), Fault> {
        let _one_at_a_time = self.login.lock();
        if let Standing::PinRefused(reason) = &*self.standing.lock() {
            return Err(Fault::PinRefused(reason.clone()));
        }
        match session.login(self.user, self.pin.as_ref()) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => {
                let fault = Fault::from(error);
                if matches!(fault, Fault::PinRefused(_)) {
                    self.down(&fault);
                }
                Err(fault)
            }
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
