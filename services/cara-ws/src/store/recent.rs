//! The events that this process wrote last, so that who follows them closely is told from memory: not every subscriber
//! must have every certificate read from the database and parsed again.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

use crate::domain::{Event, Record, What};

/// A few MiB of certificates; who is further behind reads the database.
const KEPT: usize = 2048;

/// By their number; there are gaps where others wrote.
#[derive(Default)]
pub(super) struct Recent {
    events: Mutex<BTreeMap<i64, Event>>,
}

impl Recent {
    /// Keeps what was committed with a transaction: the events of the records, in their order, ending with `head`.
    pub(super) fn keep(&self, head: i64, at_ms: i64, records: &[Arc<Record>]) {
        let told: Vec<What> = records.iter().flat_map(what_of).collect();
        let first = head + 1 - i64::try_from(told.len()).unwrap_or(i64::MAX);
        let mut events = self.events.lock();
        for (what, sequence) in told.into_iter().zip(first..) {
            events.insert(
                sequence,
                Event {
                    sequence,
                    at_ms,
                    what,
                },
            );
        }
        while events.len() > KEPT {
            events.pop_first();
        }
    }

    /// Events from a number on without a gap; none when that number is not here.
    pub(super) fn from(&self, first: i64, at_most: usize) -> Vec<Event> {
        self.events
            .lock()
            .range(first..)
            .zip(first..)
            .take_while(|((sequence, _), expected)| *sequence == expected)
            .take(at_most)
            .map(|((_, event), _)| event.clone())
            .collect()
    }
}

/// What is told of a new record: an adopted certificate may be revoked from the start.
fn what_of(record: &Arc<Record>) -> impl Iterator<Item = What> {
    let revoked = record
        .revocation
        .is_some()
        .then(|| What::Revoked(Arc::clone(record)));
    std::iter::once(What::Issued(Arc::clone(record))).chain(revoked)
}
