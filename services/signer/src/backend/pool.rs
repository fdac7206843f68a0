//! Threads that do what must not block the async runtime, behind a bounded queue: no place free is told at once.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

type Job<W> = Box<dyn FnOnce(&mut W) -> After + Send>;

/// A place in the queue; freed when the work is done.
#[derive(Debug)]
pub struct Reservation(OwnedSemaphorePermit);

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// A worker died under the job, or the pool is ending.
    Gone,
    /// The job did not come up in time, and will not be done.
    Waiting,
    /// The job came up, and is not done yet.
    Hangs,
}

/// Whether a thread goes on after a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    GoOn,
    /// The job hung, and another thread took this one's place.
    End,
}

struct Inner<W> {
    name: String,
    state: Mutex<State<W>>,
    wake: Condvar,
    /// A thread ended.
    left: Condvar,
    make: Box<dyn Fn() -> W + Send + Sync>,
    threads: usize,
    replaces: bool,
}

struct State<W> {
    jobs: VecDeque<Job<W>>,
    ending: bool,
    /// Threads that have not ended.
    alive: usize,
    /// Threads that hang and were replaced.
    hanging: usize,
}

/// Threads with one worker each.
pub(super) struct Pool<W> {
    inner: Arc<Inner<W>>,
    places: Arc<Semaphore>,
    size: usize,
}

/// Where a job is.
struct Progress {
    stage: AtomicU8,
    begun: Mutex<Option<Instant>>,
}

impl Progress {
    /// Whether it was at one stage, and is now at the next.
    fn step(&self, from: u8, to: u8) -> bool {
        let swapped = self
            .stage
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
        swapped.is_ok()
    }
}

/// A call that hangs must not keep the process from ending.
const END_PATIENCE: Duration = Duration::from_secs(2);

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const CANCELLED: u8 = 2;
const DONE: u8 = 3;
/// Another thread took the place of the one that it runs on.
const REPLACED: u8 = 4;

impl<W: 'static> Pool<W> {
    /// Starts the threads. `make` runs on each of them; the worker never leaves its thread. A thread whose job hangs
    /// is replaced when `replaces` says so: as many times as there are threads.
    pub(super) fn start(
        name: &str,
        threads: usize,
        queue_length: usize,
        replaces: bool,
        make: impl Fn() -> W + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let threads = threads.max(1);
        let state = State {
            jobs: VecDeque::new(),
            ending: false,
            alive: 0,
            hanging: 0,
        };
        let inner = Arc::new(Inner {
            name: name.to_owned(),
            state: Mutex::new(state),
            wake: Condvar::new(),
            left: Condvar::new(),
            make: Box::new(make),
            threads,
            replaces,
        });
        let size = threads + queue_length;
        let pool = Self {
            inner,
            places: Arc::new(Semaphore::new(size)),
            size,
        };
        for number in 0..threads {
            spawn(&pool.inner, number)?;
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

    /// How many places there are.
    pub(super) fn capacity(&self) -> usize {
        self.size
    }

    /// Does something on one of the threads. The place stays taken until it is done, also when nobody waits any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        place: Reservation,
        act: impl FnOnce(&mut W) -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let (_, answered) = self.enqueue(place, act)?;
        answered.await.map_err(|_| Unanswered::Gone)
    }

    /// Does something on one of the threads, and waits for it no longer than a time. What has not begun by then is
    /// never done. When it began and hangs, `on_hang` is told since when, before another thread takes up what waits.
    pub(super) async fn run_within<T: Send + 'static>(
        &self,
        limit: Duration,
        place: Reservation,
        act: impl FnOnce(&mut W) -> T + Send + 'static,
        on_hang: impl FnOnce(Instant),
    ) -> Result<T, Unanswered> {
        let (progress, answered) = self.enqueue(place, act)?;
        if let Ok(answer) = tokio::time::timeout(limit, answered).await {
            return answer.map_err(|_| Unanswered::Gone);
        }
        if progress.step(WAITING, CANCELLED) {
            return Err(Unanswered::Waiting);
        }
        let begun = *progress.begun.lock();
        on_hang(begun.unwrap_or_else(Instant::now));
        self.replace(&progress);
        Err(Unanswered::Hangs)
    }

    fn enqueue<T: Send + 'static>(
        &self,
        place: Reservation,
        act: impl FnOnce(&mut W) -> T + Send + 'static,
    ) -> Result<(Arc<Progress>, oneshot::Receiver<T>), Unanswered> {
        let (answer, answered) = oneshot::channel();
        let span = tracing::Span::current();
        let progress = Arc::new(Progress {
            stage: AtomicU8::new(WAITING),
            begun: Mutex::new(None),
        });
        let own = Arc::clone(&progress);
        let job: Job<W> = Box::new(move |worker| {
            *own.begun.lock() = Some(Instant::now());
            if !own.step(WAITING, RUNNING) {
                return After::GoOn;
            }
            let done = span.in_scope(|| act(worker));
            drop(place.0);
            let _ = answer.send(done);
            if own.step(RUNNING, DONE) {
                After::GoOn
            } else {
                After::End
            }
        });
        {
            let mut state = self.inner.state.lock();
            if state.ending {
                return Err(Unanswered::Gone);
            }
            state.jobs.push_back(job);
        }
        self.inner.wake.notify_one();
        Ok((progress, answered))
    }

    /// Starts a thread in place of one that hangs.
    fn replace(&self, hanging: &Progress) {
        if !self.inner.replaces {
            return;
        }
        let mut state = self.inner.state.lock();
        if state.hanging >= self.inner.threads || state.ending || !hanging.step(RUNNING, REPLACED) {
            return;
        }
        state.hanging += 1;
        let number = self.inner.threads + state.hanging - 1;
        drop(state);
        if let Err(error) = spawn(&self.inner, number) {
            tracing::error!(%error, pool = self.inner.name, "a thread that hangs was not replaced");
            if hanging.step(REPLACED, RUNNING) {
                self.inner.state.lock().hanging -= 1;
            }
        }
    }
}

impl<W> Drop for Pool<W> {
    /// Waits until the threads have put away their workers: a library that is called while the process ends has been
    /// taken apart already, and takes the process with it.
    fn drop(&mut self) {
        let mut state = self.inner.state.lock();
        state.ending = true;
        self.inner.wake.notify_all();
        let end = Instant::now() + END_PATIENCE;
        while state.alive > state.hanging {
            if self.inner.left.wait_until(&mut state, end).timed_out() {
                let (alive, pool) = (state.alive, &self.inner.name);
                tracing::warn!(alive, pool, "threads did not end in time");
                return;
            }
        }
    }
}

fn spawn<W: 'static>(inner: &Arc<Inner<W>>, number: usize) -> io::Result<()> {
    let alive = Alive::count(inner);
    thread::Builder::new()
        .name(format!("{} {number}", inner.name))
        .spawn(move || work(&alive.0))?;
    Ok(())
}

/// A thread that counts as long as this is there.
struct Alive<W>(Arc<Inner<W>>);

impl<W> Alive<W> {
    fn count(inner: &Arc<Inner<W>>) -> Self {
        inner.state.lock().alive += 1;
        Self(Arc::clone(inner))
    }
}

impl<W> Drop for Alive<W> {
    fn drop(&mut self) {
        self.0.state.lock().alive -= 1;
        self.0.left.notify_all();
    }
}

fn work<W>(inner: &Inner<W>) {
    let mut worker = (inner.make)();
    while let Some(job) = next(inner) {
        match catch_unwind(AssertUnwindSafe(|| job(&mut worker))) {
            Ok(After::GoOn) => {}
            Ok(After::End) => {
                inner.state.lock().hanging -= 1;
                return;
            }
            // A library's panic costs one call, not the thread. What it left behind in the worker is not trusted.
            Err(_) => {
                tracing::error!("a token's worker panicked");
                worker = (inner.make)();
            }
        }
    }
}

fn next<W>(inner: &Inner<W>) -> Option<Job<W>> {
    let mut state = inner.state.lock();
    loop {
        if let Some(job) = state.jobs.pop_front() {
            return Some(job);
        }
        if state.ending {
            return None;
        }
        inner.wake.wait(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(threads: usize, queue_length: usize) -> Pool<u32> {
        Pool::start("test", threads, queue_length, true, || 0u32).unwrap()
    }

    #[tokio::test]
    async fn a_full_queue_has_no_place_and_a_finished_job_frees_one() {
        let pool = pool(1, 1);
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
        assert_eq!(pool.depth(), 0);
    }

    #[tokio::test]
    async fn a_panic_costs_one_call_and_the_worker_is_made_anew() {
        let pool = pool(1, 1);
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
    async fn when_a_pool_is_gone_so_are_its_workers() {
        struct Slow(Arc<AtomicU8>);
        impl Drop for Slow {
            fn drop(&mut self) {
                thread::sleep(Duration::from_millis(50));
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let gone = Arc::new(AtomicU8::new(0));
        let made = Arc::clone(&gone);
        let pool = Pool::start("test", 3, 1, true, move || Slow(Arc::clone(&made))).unwrap();
        drop(pool);
        assert_eq!(gone.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_does_not_free_its_place_early() {
        let pool = pool(1, 0);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let place = pool.reserve().unwrap();
        let limit = Duration::from_millis(20);
        let hanging = pool.run_within(limit, place, move |_| gate.recv().unwrap(), |_| {});
        assert_eq!(hanging.await.unwrap_err(), Unanswered::Hangs);
        assert!(pool.reserve().is_none());
        open.send(()).unwrap();
        while pool.reserve().is_none() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn that_a_job_hangs_is_known_before_the_next_one_comes_up() {
        let pool = pool(1, 1);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let known = Arc::new(AtomicU8::new(0));
        let (first, second) = (pool.reserve().unwrap(), pool.reserve().unwrap());
        let limit = Duration::from_millis(20);
        let hanging = pool.run_within(
            limit,
            first,
            move |_| gate.recv().unwrap(),
            |_| known.store(1, Ordering::SeqCst),
        );
        let seen = Arc::clone(&known);
        let waiting = pool.run(second, move |_| seen.load(Ordering::SeqCst));
        let (hung, seen) = tokio::join!(hanging, waiting);
        assert_eq!((hung, seen.unwrap()), (Err(Unanswered::Hangs), 1));
        open.send(()).unwrap();
    }

    #[tokio::test]
    async fn a_thread_that_hangs_is_replaced_once_and_ends_when_it_comes_back() {
        let pool = pool(1, 8);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let hang = async || {
            let gate = Arc::clone(&gate);
            let place = pool.reserve().unwrap();
            let limit = Duration::from_millis(20);
            let work = move |_: &mut u32| gate.lock().recv().unwrap();
            pool.run_within(limit, place, work, |_| {}).await
        };
        assert_eq!(hang().await.unwrap_err(), Unanswered::Hangs);
        let place = pool.reserve().unwrap();
        assert_eq!(pool.run(place, |worker| *worker).await.unwrap(), 0);
        // the other one hangs too: now there is nobody left
        assert_eq!(hang().await.unwrap_err(), Unanswered::Hangs);
        let place = pool.reserve().unwrap();
        let limit = Duration::from_millis(20);
        let waiting = pool.run_within(limit, place, |worker| *worker, |_| {});
        assert_eq!(waiting.await.unwrap_err(), Unanswered::Waiting);
        open.send(()).unwrap();
        open.send(()).unwrap();
        let place = pool.reserve().unwrap();
        assert_eq!(pool.run(place, |worker| *worker).await.unwrap(), 0);
        while pool.inner.state.lock().hanging != 0 {
            tokio::task::yield_now().await;
        }
    }
}
