//! Load: many who do the same thing one after the other, counted within a window, with the CPU time that it took.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use parking_lot::Mutex;
use serde::Serialize;

use crate::{
    options::Options,
    process::{Counted, machine_cpu},
};

/// How often it is looked whether measuring has ended early.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Longest for what is under way when measuring ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something that is done again and again by one who waits for its end each time.
pub trait Work: Send + 'static {
    /// Once.
    fn once(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// All that was made beforehand is used up: measuring ends here.
#[derive(Debug, thiserror::Error)]
#[error("work: nothing is left of what was made beforehand")]
pub struct UsedUp;

/// What was made before measuring began, for all who work.
#[derive(Debug)]
pub struct Prepared<T>(Mutex<Vec<T>>);

impl<T> Prepared<T> {
    /// Nothing has been taken yet.
    pub fn new(all: Vec<T>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(all)))
    }

    /// The next one.
    pub fn take(&self) -> Result<T> {
        Ok(self.0.lock().pop().ok_or(UsedUp)?)
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// How many did it at the same time.
    pub callers: usize,
    /// Done per second.
    pub per_second: f64,
    /// Half of them took less.
    pub p50_ms: f64,
    /// All but one of a hundred took less.
    pub p99_ms: f64,
    /// CPU milliseconds of the platform for each.
    pub platform_cpu_ms: f64,
    /// CPU milliseconds of the database server for each.
    pub database_cpu_ms: f64,
    /// CPU milliseconds of this load generator for each.
    pub generator_cpu_ms: f64,
    /// Cores that were busy with something else meanwhile.
    pub other_cores: f64,
    /// Cores that waited for the disk.
    pub waiting_cores: f64,
}

impl Figures {
    /// CPU milliseconds of all that is measured, for each.
    pub fn cpu_ms(&self) -> f64 {
        self.platform_cpu_ms + self.database_cpu_ms
    }
}

/// Whose CPU time counts.
#[derive(Debug, Clone, Copy)]
pub struct Processes {
    /// The platform.
    pub platform: Counted,
    /// The database server.
    pub database: Option<Counted>,
}

#[derive(Debug, Clone, Copy)]
struct Clocks {
    at: Instant,
    platform: f64,
    database: f64,
    generator: f64,
    busy: f64,
    waiting: f64,
}

impl Clocks {
    fn read(processes: Processes) -> Result<Self> {
        let (busy, waiting) = machine_cpu()?;
        Ok(Self {
            at: Instant::now(),
            platform: processes.platform.cpu_seconds()?,
            database: processes.database.map_or(Ok(0.0), Counted::cpu_seconds)?,
            generator: Counted::Process(std::process::id()).cpu_seconds()?,
            busy,
            waiting,
        })
    }
}

/// Lets all work at the same time; what ends within the window counts.
pub async fn measure<W: Work>(
    workers: Vec<W>,
    processes: Processes,
    options: &Options,
) -> Result<Figures> {
    let callers = workers.len();
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|worker| tokio::spawn(until_stopped(worker, Arc::clone(&stop))))
        .collect();
    tokio::time::sleep(options.warming()).await;
    let from = Clocks::read(processes)?;
    while from.at.elapsed() < options.measured() && !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK_EVERY.min(options.measured())).await;
    }
    let to = Clocks::read(processes)?;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        let stopped = task.abort_handle();
        let done = tokio::time::timeout(PATIENCE, task).await;
        let Ok(done) = done else {
            stopped.abort();
            bail!("measure: no answer within {PATIENCE:?}");
        };
        let done = done??;
        times.extend(
            done.into_iter()
                .filter(|(end, _)| (from.at..to.at).contains(end))
                .map(|(_, took)| took),
        );
    }
    ensure!(
        !times.is_empty(),
        "measure: nothing was done within the window"
    );
    Ok(figures(callers, times, from, to))
}

async fn until_stopped<W: Work>(
    mut worker: W,
    stop: Arc<AtomicBool>,
) -> Result<Vec<(Instant, Duration)>> {
    let mut done = Vec::with_capacity(4096);
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match worker.once().await {
            Err(error) if error.is::<UsedUp>() => {
                stop.store(true, Ordering::Relaxed);
                break;
            }
            done => done?,
        }
        let end = Instant::now();
        done.push((end, end - begun));
    }
    Ok(done)
}

#[expect(clippy::cast_precision_loss, reason = "counts of seconds of work")]
fn figures(callers: usize, mut times: Vec<Duration>, from: Clocks, to: Clocks) -> Figures {
    times.sort_unstable();
    let count = times.len() as f64;
    let seconds = (to.at - from.at).as_secs_f64();
    let each = |from: f64, to: f64| (to - from) * 1000.0 / count;
    let ours =
        to.platform + to.database + to.generator - (from.platform + from.database + from.generator);
    Figures {
        callers,
        per_second: count / seconds,
        p50_ms: percentile(&times, 50),
        p99_ms: percentile(&times, 99),
        platform_cpu_ms: each(from.platform, to.platform),
        database_cpu_ms: each(from.database, to.database),
        generator_cpu_ms: each(from.generator, to.generator),
        other_cores: ((to.busy - from.busy - ours) / seconds).max(0.0),
        waiting_cores: (to.waiting - from.waiting) / seconds,
    }
}

/// Of sorted times, milliseconds.
pub fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted
        .get(index)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_a_hundred_is_the_fiftieth() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert!((percentile(&times, 50) - 50.0).abs() < 1e-9);
        assert!((percentile(&times, 99) - 99.0).abs() < 1e-9);
    }

    #[test]
    fn the_percentiles_of_one_are_itself() {
        let times = [Duration::from_millis(7)];
        assert!((percentile(&times, 99) - 7.0).abs() < 1e-9);
    }
}
