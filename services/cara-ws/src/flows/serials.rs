//! Serial numbers for new certificates: drawn some hundred at a time, held against each other, against those handed out
//! before and against the table, and only then given away. So none is signed twice, and the look into the table costs
//! each certificate next to nothing.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use ers_pki::serial::SerialNumber;
use parking_lot::Mutex;
use thiserror::Error;

use crate::{
    domain::{BadRandomness, Randomness},
    store::{Store, StoreError},
};

/// Serial numbers drawn at a time.
const DRAWN: usize = 256;
/// Handed out and perhaps not stored yet: more requests are never under way.
const REMEMBERED: usize = 16_384;
/// Draws of which every number is taken; then something is wrong with the source.
const ATTEMPTS: usize = 3;

/// Why there is no serial number.
#[derive(Debug, Error)]
pub enum SerialFault {
    /// The source of randomness has failed.
    #[error("draw serial number")]
    Randomness(#[source] BadRandomness),
    /// Whatever is drawn is taken: the source gives what it gave before.
    #[error("draw serial number: all that were drawn are taken")]
    AllTaken,
    /// The table cannot be looked into.
    #[error("look for serial numbers")]
    Store(#[source] StoreError),
}

/// Gives serial numbers away, each once.
pub struct Serials {
    source: Arc<dyn Randomness>,
    state: Mutex<State>,
    drawing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    ready: Vec<SerialNumber>,
    given: HashSet<SerialNumber>,
    oldest: VecDeque<SerialNumber>,
}

impl Serials {
    /// From that source.
    pub fn new(source: Arc<dyn Randomness>) -> Self {
        Self {
            source,
            state: Mutex::default(),
            drawing: tokio::sync::Mutex::new(()),
        }
    }

    /// A serial number that no certificate of any of our CAs has, stored or set aside.
    pub async fn next(&self, store: &Store) -> Result<SerialNumber, SerialFault> {
        if let Some(serial) = self.take() {
            return Ok(serial);
        }
        let _alone = self.drawing.lock().await;
        for _ in 0..ATTEMPTS {
            if let Some(serial) = self.take() {
                return Ok(serial);
            }
            let drawn = self.draw()?;
            let texts: Vec<String> = drawn.iter().map(SerialNumber::to_hex).collect();
            let mut known = store
                .serials_set_aside(texts.clone())
                .await
                .map_err(SerialFault::Store)?;
            let stored = store
                .known_serials(texts)
                .await
                .map_err(SerialFault::Store)?;
            known.extend(stored.into_iter().map(|(_, serial)| serial));
            self.keep(drawn, &known);
        }
        self.take().ok_or(SerialFault::AllTaken)
    }

    fn take(&self) -> Option<SerialNumber> {
        let mut state = self.state.lock();
        let serial = state.ready.pop()?;
        state.given.insert(serial);
        state.oldest.push_back(serial);
        if state.oldest.len() > REMEMBERED
            && let Some(oldest) = state.oldest.pop_front()
        {
            state.given.remove(&oldest);
        }
        Some(serial)
    }

    fn draw(&self) -> Result<Vec<SerialNumber>, SerialFault> {
        let mut drawn = Vec::with_capacity(DRAWN);
        for _ in 0..DRAWN {
            let mut random = [0; 20];
            self.source
                .fill(&mut random)
                .map_err(SerialFault::Randomness)?;
            let serial = SerialNumber::from_random(random)
                .map_err(|_| SerialFault::Randomness(BadRandomness::Stuck))?;
            drawn.push(serial);
        }
        // One that stands twice is no accident: nothing of such a draw can be trusted.
        if drawn.iter().collect::<HashSet<_>>().len() < drawn.len() {
            return Err(SerialFault::Randomness(BadRandomness::Stuck));
        }
        Ok(drawn)
    }

    fn keep(&self, drawn: Vec<SerialNumber>, known: &HashSet<String>) {
        let mut state = self.state.lock();
        for serial in drawn {
            if known.contains(&serial.to_hex()) || state.given.contains(&serial) {
                tracing::error!(
                    target: "audit", act = "draw serial number", serial = serial.to_hex(),
                    "serial number drawn that is taken: the source of randomness repeats what it gave before"
                );
            } else {
                state.ready.push(serial);
            }
        }
    }
}
