//! How far a long walk is: a line that is written over on a terminal, else a line now and then.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Between two lines in a log.
const QUIET: Duration = Duration::from_secs(10);
/// Between two states of the line on a terminal.
const SMOOTH: Duration = Duration::from_millis(100);
const BAR: u64 = 30;

/// Tells on standard error; nobody minds when it is lost.
pub struct Progress {
    what: &'static str,
    terminal: bool,
    begun: Instant,
    told: Instant,
    wrote: bool,
}

impl Progress {
    /// Begins now.
    pub fn new(what: &'static str) -> Self {
        let now = Instant::now();
        Self {
            what,
            terminal: std::io::stderr().is_terminal(),
            begun: now,
            told: now,
            wrote: false,
        }
    }

    /// So many of so many entries of a chain are done; `all` are done in all chains.
    pub fn tell(&mut self, chain: &str, done: u64, total: u64, all: u64) {
        let pause = if self.terminal { SMOOTH } else { QUIET };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let text = line(self.what, chain, done, total, all, self.begun.elapsed());
        let mut stderr = std::io::stderr().lock();
        let _ = if self.terminal {
            let filled = done.saturating_mul(BAR) / total.max(1);
            let bar: String = (0..BAR)
                .map(|at| if at < filled { '#' } else { '.' })
                .collect();
            write!(stderr, "\r\x1b[K[{bar}] {text}").and_then(|()| stderr.flush())
        } else {
            writeln!(stderr, "{text}")
        };
        self.wrote = true;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && self.wrote {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(what: &str, chain: &str, done: u64, total: u64, all: u64, elapsed: Duration) -> String {
    let percent = done.saturating_mul(100) / total.max(1);
    let rate = all.saturating_mul(1000) / u64::try_from(elapsed.as_millis()).unwrap_or(1).max(1);
    let left = total.saturating_sub(done) / rate.max(1);
    format!("{what} chain {chain}: {done} of {total} entries, {percent} %, {rate}/s, {left} s left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_share_rate_and_rest() {
        assert_eq!(
            line("verify", "main", 250, 1000, 250, Duration::from_millis(500)),
            "verify chain main: 250 of 1000 entries, 25 %, 500/s, 1 s left"
        );
        assert!(line("verify", "main", 0, 0, 0, Duration::ZERO).contains("0 of 0"));
    }
}
