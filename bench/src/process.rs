//! CPU time and memory of processes, from /proc.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

/// USER_HZ, which Linux has fixed to 100 for everyone who reads /proc.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time of processes and, where a process makes others, of those too.
#[derive(Debug, Clone, Copy)]
pub enum Counted {
    /// One process, all its threads.
    Process(u32),
    /// A process, its children of now, and those that have ended.
    Family(u32),
}

impl Counted {
    /// Seconds of CPU so far.
    pub fn cpu_seconds(self) -> Result<f64> {
        let ticks = match self {
            Self::Process(pid) => Stat::read(pid)?.own,
            Self::Family(pid) => {
                let parent = Stat::read(pid)?;
                // a child stands with the thread that made it; thread and child may end between the list and the look
                let living = std::fs::read_dir(format!("/proc/{pid}/task"))?
                    .filter_map(|thread| {
                        std::fs::read_to_string(thread.ok()?.path().join("children")).ok()
                    })
                    .flat_map(|children| {
                        children
                            .split_ascii_whitespace()
                            .filter_map(|child| child.parse().ok())
                            .collect::<Vec<_>>()
                    })
                    .filter_map(|child| Stat::read(child).ok())
                    .map(|stat| stat.own)
                    .sum::<u64>();
                parent.own + parent.ended_children + living
            }
        };
        Ok(seconds(ticks))
    }
}

struct Stat {
    own: u64,
    ended_children: u64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("read CPU time of process {pid}"))?;
        // proc(5): the name in brackets may have spaces; utime is the 12th field after it
        let fields: Vec<&str> = text
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_ascii_whitespace()
            .collect();
        let field = |index: usize| {
            fields
                .get(index)
                .and_then(|field| field.parse::<u64>().ok())
                .ok_or_else(|| anyhow!("read CPU time of process {pid}: field {index} is missing"))
        };
        Ok(Self {
            own: field(11)? + field(12)?,
            ended_children: field(13)? + field(14)?,
        })
    }
}

/// CPU time of this thread.
pub fn thread_cpu() -> Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text
        .split_ascii_whitespace()
        .next()
        .and_then(|field| field.parse().ok())
        .context("read CPU time of this thread")?;
    Ok(Duration::from_nanos(nanoseconds))
}

/// Resident memory of a process, MiB.
pub fn resident_mib(pid: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib: f64 = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .and_then(|number| number.trim().parse().ok())
        .with_context(|| format!("read memory of process {pid}"))?;
    Ok(kib / 1024.0)
}

/// CPU time of the whole machine so far, seconds: busy, and idle while waiting for the disk.
pub fn machine_cpu() -> Result<(f64, f64)> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let ticks: Vec<u64> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let at = |index: usize| ticks.get(index).copied().unwrap_or_default();
    // user nice system idle iowait irq softirq steal; guest time stands in user already
    let busy = at(0) + at(1) + at(2) + at(5) + at(6) + at(7);
    Ok((seconds(busy), seconds(at(4))))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ticks since boot are far below 2^52"
)]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND
}

/// What the processor calls itself, and how many cores there are.
pub fn machine() -> (String, usize) {
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (model, cores)
}

/// Load average of the last minute.
pub fn load_average() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}
