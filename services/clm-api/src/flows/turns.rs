//! Who is looked at when many come as the same: a few at a time, so that right ones that come together are not taken for
//! one who guesses. What is counted is in the database; here is only who waits in this process.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::attempts::AttemptId;

/// One less than lock (`domain::attempts`): those under way do not lock by themselves.
const AT_A_TIME: u32 = 4;
/// Who comes when so many are there as the same is turned away at once; others are not.
const MOST_TOGETHER: usize = 64;

/// Who is being looked at, and who waits: each of them has the semaphore too.
type ByAttempt = Arc<Mutex<HashMap<String, Arc<Semaphore>>>>;

/// Turns of all.
pub(crate) struct Turns {
    by_attempt: ByAttempt,
}

/// Is being looked at until it is dropped.
pub(crate) struct Turn {
    id: String,
    permit: Option<OwnedSemaphorePermit>,
    by_attempt: ByAttempt,
}

/// Too many wait.
#[derive(Debug, thiserror::Error)]
#[error("too many attempts wait to be looked at")]
pub struct TooManyWait;

impl Turns {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self {
            by_attempt: Arc::default(),
        }
    }

    /// Whether nobody is being looked at.
    pub(super) fn nobody(&self, attempt: &AttemptId) -> bool {
        let by_attempt = self.by_attempt.lock();
        by_attempt
            .get(attempt.as_str())
            .is_none_or(|semaphore| semaphore.available_permits() == AT_A_TIME as usize)
    }

    /// Waits until one of few is free.
    pub(super) async fn take(&self, attempt: &AttemptId) -> Result<Turn, TooManyWait> {
        let mut turn = Turn {
            id: attempt.as_str().to_owned(),
            permit: None,
            by_attempt: Arc::clone(&self.by_attempt),
        };
        let there = self.by_attempt.lock().get(&turn.id).map(Arc::strong_count);
        if there.is_some_and(|there| there > MOST_TOGETHER) {
            return Err(TooManyWait);
        }
        turn.wait_for(1).await;
        Ok(turn)
    }
}

impl Turn {
    /// Waits until nobody else is looked at, and nobody else is until this ends.
    pub(super) async fn alone(&mut self) {
        // given back first: two who kept theirs would wait for each other
        self.permit = None;
        self.wait_for(AT_A_TIME).await;
    }

    async fn wait_for(&mut self, permits: u32) {
        let semaphore = Arc::clone(
            self.by_attempt
                .lock()
                .entry(self.id.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(AT_A_TIME as usize))),
        );
        // it is never closed
        self.permit = semaphore.acquire_many_owned(permits).await.ok();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.permit = None;
        let mut by_attempt = self.by_attempt.lock();
        // who has or awaits a permit has it too
        if by_attempt
            .get(&self.id)
            .is_some_and(|semaphore| Arc::strong_count(semaphore) == 1)
        {
            by_attempt.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn somebody(name: &str) -> AttemptId {
        AttemptId::of("policy", name, "192.0.2.1")
    }

    async fn some(turns: &Turns, name: &str, count: usize) -> Vec<Turn> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(turns.take(&somebody(name)).await.unwrap());
        }
        taken
    }

    #[tokio::test]
    async fn four_are_looked_at_and_the_fifth_waits_for_one_of_them_but_not_for_others() {
        let turns = Turns::new();
        let mut taken = some(&turns, "device", 4).await;
        some(&turns, "other", 1).await;
        let device = somebody("device");
        let fifth = turns.take(&device);
        tokio::pin!(fifth);
        assert!(tokio::time::timeout(SHORT, &mut fifth).await.is_err());
        taken.pop();
        assert!(tokio::time::timeout(SHORT, &mut fifth).await.is_ok());
    }

    #[tokio::test]
    async fn who_wants_to_be_alone_waits_for_those_before_and_two_do_not_wait_for_each_other() {
        let turns = Turns::new();
        let mut taken = some(&turns, "device", 4).await;
        let (mut one, mut two) = (taken.pop().unwrap(), taken.pop().unwrap());
        let first = tokio::spawn(async move { one.alone().await });
        let second = tokio::spawn(async move { two.alone().await });
        tokio::time::sleep(SHORT).await;
        assert!(!first.is_finished() && !second.is_finished());
        taken.clear();
        first.await.unwrap();
        second.await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_kept_of_who_is_through_or_gave_up_waiting() {
        let turns = Turns::new();
        let taken = some(&turns, "device", 4).await;
        let waited = tokio::time::timeout(SHORT, turns.take(&somebody("device"))).await;
        assert!(waited.is_err());
        drop(taken);
        assert!(turns.by_attempt.lock().is_empty());
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_as_the_same_is_turned_away_and_others_are_not() {
        let turns = Arc::new(Turns::new());
        let taken = some(&turns, "flood", 4).await;
        assert!(!turns.nobody(&somebody("flood")));
        for _ in 4..MOST_TOGETHER {
            let turns = Arc::clone(&turns);
            tokio::spawn(async move {
                turns.take(&somebody("flood")).await.unwrap();
            });
        }
        tokio::time::sleep(SHORT).await;
        assert!(turns.take(&somebody("flood")).await.is_err());
        assert!(turns.take(&somebody("device")).await.is_ok());
        drop(taken);
        tokio::time::sleep(SHORT).await;
        assert!(turns.take(&somebody("flood")).await.is_ok());
        assert!(turns.nobody(&somebody("flood")));
    }
}
