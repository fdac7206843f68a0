//! Threads that do what must not block the async runtime, behind a bounded queue: no place free is told at once.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// A place in the queue; freed when the work is done.
#[derive(Debug)]
pub struct Reservation(OwnedSemaphorePermit);

/// A worker died under a job, or the pool is ending.
#[derive(Debug)]
pub(super) struct Gone;

struct Queue<W> {
    state: Mutex<State<W>>,
    wake: Condvar,
}

struct State<W> {
    jobs: VecDeque<Job<W>>,
    ending: bool,
}

/// Threads with one worker each.
pub(super) struct Pool<W> {
    queue: Arc<Queue<W>>,
    places: Arc<Semaphore>,
    size: usize,
}

impl<W: 'static> Pool<W> {
    /// Starts the threads. `make` runs on each of them; the worker never leaves its thread.
    pub(super) fn start(
        name: &str,
        threads: usize,
        queue_length: usize,
        make: impl Fn() -> W + Send + Clone + 'static,
    ) -> io::Result<Self> {
        let threads = threads.max(1);
        let state = State {
            jobs: VecDeque::new(),
            ending: false,
        };
        let queue = Arc::new(Queue {
            state: Mutex::new(state),
            wake: Condvar::new(),
        });
        let size = threads + queue_length;
        let pool = Self {
            queue,
            places: Arc::new(Semaphore::new(size)),
            size,
        };
        for number in 0..threads {
            let (queue, make) = (Arc::clone(&pool.queue), make.clone());
            thread::Builder::new()
                .name(format!("{name} {number}"))
                .spawn(move || work(&queue, make))?;
        }
        Ok(pool)
    }

    /// A place, if there is one.
    pub(super) fn reserve(&self) -> Option<Reservation> {
        Arc::clone(&self.places)
            .try_acquire_owned()
            .ok()
            .map(Reservation)
    }

    /// How many places are taken.
    pub(super) fn depth(&self) -> usize {
        self.size - self.places.available_permits()
    }

    /// Does something on one of the threads. The place stays taken until it is done, also when nobody waits any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        place: Reservation,
        act: impl FnOnce(&mut W) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        let (answer, answered) = oneshot::channel();
        let span = tracing::Span::current();
        let job: Job<W> = Box::new(move |worker| {
            let done = span.in_scope(|| act(worker));
            drop(place.0);
            let _ = answer.send(done);
        });
        {
            let mut state = self.queue.state.lock();
            if state.ending {
                return Err(Gone);
            }
            state.jobs.push_back(job);
        }
        self.queue.wake.notify_one();
        answered.await.map_err(|_| Gone)
    }
}

impl<W> Drop for Pool<W> {
    fn drop(&mut self) {
        self.queue.state.lock().ending = true;
        self.queue.wake.notify_all();
    }
}

fn work<W>(queue: &Queue<W>, make: impl Fn() -> W) {
    let mut worker = make();
    while let Some(job) = next(queue) {
        // A library's panic costs one call, not the thread. What it left behind in the worker is not trusted.
        if catch_unwind(AssertUnwindSafe(|| job(&mut worker))).is_err() {
            tracing::error!("a token's worker panicked");
            worker = make();
        }
    }
}

fn next<W>(queue: &Queue<W>) -> Option<Job<W>> {
    let mut state = queue.state.lock();
    loop {
        if let Some(job) = state.jobs.pop_front() {
            return Some(job);
        }
        if state.ending {
            return None;
        }
        queue.wake.wait(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_has_no_place_and_a_finished_job_frees_one() {
        let pool = Pool::start("test", 1, 1, || 0u32).unwrap();
        let (first, second) = (pool.reserve().unwrap(), pool.reserve().unwrap());
        assert!(pool.reserve().is_none());
        assert_eq!(pool.depth(), 2);
        let count = |worker: &mut u32| {
            *worker += 1;
            *worker
        };
        assert_eq!(pool.run(first, count).await.unwrap(), 1);
        assert!(pool.reserve().is_some());
        assert_eq!(pool.run(second, count).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_panic_costs_one_call_and_the_worker_is_made_anew() {
        let pool = Pool::start("test", 1, 1, || 0u32).unwrap();
        let place = pool.reserve().unwrap();
        let broken = pool.run(place, |worker| {
            *worker = 7;
            assert_eq!(*worker, 0, "broken on purpose");
        });
        assert!(broken.await.is_err());
        let place = pool.reserve().unwrap();
        assert_eq!(pool.run(place, |worker| *worker).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_does_not_free_its_place_early() {
        let pool = Pool::start("test", 1, 0, || ()).unwrap();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let place = pool.reserve().unwrap();
        let hanging = pool.run(place, move |()| gate.recv().unwrap());
        assert!(
            tokio::time::timeout(std::time::Duration::from_millis(20), hanging)
                .await
                .is_err()
        );
        assert!(pool.reserve().is_none());
        open.send(()).unwrap();
        while pool.reserve().is_none() {
            tokio::task::yield_now().await;
        }
    }
}
