//! Where time comes from. Everything else takes a [`Clock`], so that tests can move it.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use time::OffsetDateTime;

/// A clock that may be shared.
pub type SharedClock = Arc<dyn Clock>;

/// Tells the time, UTC.
pub trait Clock: Send + Sync + Debug {
    /// Now, in milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Now, with millisecond precision.
    fn now(&self) -> OffsetDateTime {
        from_ms(self.now_ms())
    }
}

/// The time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The machine's clock, shared.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where time is taken from the machine"
    )]
    fn now_ms(&self) -> i64 {
        to_ms(OffsetDateTime::now_utc())
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at the given time.
    #[must_use]
    pub fn at(time: OffsetDateTime) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(to_ms(time))))
    }

    /// Moves on, or back by a negative duration.
    pub fn advance(&self, by: time::Duration) {
        let by_ms = i64::try_from(by.whole_milliseconds()).unwrap_or(i64::MAX);
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Milliseconds since the epoch, as times stand in databases.
#[must_use]
pub fn to_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// The time of so many milliseconds since the epoch; out of range becomes the epoch.
#[must_use]
pub fn from_ms(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
