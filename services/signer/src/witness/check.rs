//! Checking an exported journal, line by line, off-line.

use std::io::{BufRead, Read};
use std::sync::Arc;

use super::{
    ChainLine, ChainWalk, CheckpointKey, CheckpointKeys, EntryHash, FORMAT, Fault, Head, KeysError,
    Line,
};

/// Longest line: 64 KiB of bytes and 8 KiB of note in base64, and what stands around them.
const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// Why an exported journal is not believed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The file cannot be read.
    #[error("read exported journal")]
    Read(#[source] std::io::Error),
    /// A line is none of the format, or stands where it may not.
    #[error("read exported journal: line {line}: {problem}")]
    Line {
        /// Its number; the first is 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The keys.
    #[error("read exported journal")]
    Keys(#[source] KeysError),
    /// An entry or checkpoint.
    #[error("journal chain {chain}, entry {}: {}", fault.sequence, fault.what)]
    Fault {
        /// The chain.
        chain: String,
        /// What is wrong.
        fault: Fault,
    },
}

/// What an exported journal holds, all of it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its chains.
    pub chains: Vec<ChainReport>,
    /// How many keys signed its checkpoints.
    pub keys: u64,
    /// Entries in all.
    pub entries: u64,
}

/// What it holds of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// The chain.
    pub chain: String,
    /// Number of its first entry here.
    pub from: u64,
    /// Its last entry here.
    pub head: Head,
    /// Number of the last entry that a checkpoint tells of; zero: of none.
    pub stated: u64,
}

/// Checks a file from its first to its last line, in constant memory; `pinned` is a checkpoint key that is known for
/// sure (SubjectPublicKeyInfo, DER). Without it the file is only held against itself.
///
/// # Errors
/// [`CheckError`], naming the first thing that is wrong.
pub fn check(file: impl BufRead, pinned: Option<&[u8]>) -> Result<Report, CheckError> {
    let mut check = Check {
        pinned,
        line: 0,
        keys: Vec::new(),
        line_of_keys: None,
        current: None,
        report: Report {
            chains: Vec::new(),
            keys: 0,
            entries: 0,
        },
        ended: false,
    };
    let mut lines = Lines(file);
    while let Some(line) = lines.next().map_err(CheckError::Read)? {
        check.line += 1;
        check.take(&line)?;
    }
    if !check.ended {
        return Err(check.problem("the file was cut off: its last line is missing"));
    }
    Ok(check.report)
}

struct Lines<R>(R);

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut self.0)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)?;
        Ok((read > 0).then_some(line))
    }
}

struct Check<'a> {
    pinned: Option<&'a [u8]>,
    line: u64,
    keys: Vec<CheckpointKey>,
    line_of_keys: Option<Arc<CheckpointKeys>>,
    current: Option<(ChainWalk, ChainReport)>,
    report: Report,
    ended: bool,
}

impl Check<'_> {
    fn problem(&self, problem: impl Into<String>) -> CheckError {
        CheckError::Line {
            line: self.line,
            problem: problem.into(),
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), CheckError> {
        let line: Line =
            serde_json::from_slice(line).map_err(|error| self.problem(error.to_string()))?;
        if self.ended {
            return Err(self.problem("the file goes on after its last line"));
        }
        match line {
            Line::Journal { format, .. } if self.line == 1 => {
                if format != FORMAT {
                    return Err(
                        self.problem(format!("format {format} is not known, only {FORMAT}"))
                    );
                }
                Ok(())
            }
            _ if self.line == 1 => Err(self.problem("the file does not begin as a journal does")),
            Line::Journal { .. } => Err(self.problem("the file begins twice")),
            Line::CheckpointKey(key) if self.line_of_keys.is_none() => {
                self.keys.push(key.into());
                Ok(())
            }
            Line::CheckpointKey(_) => Err(self.problem("a key stands behind a chain")),
            Line::Chain(chain) => self.begin(chain),
            Line::Entry(entry) => {
                let Some((walk, report)) = &mut self.current else {
                    return Err(self.problem("an entry stands outside a chain"));
                };
                let outcome = walk.entry(entry.sequence, &entry.fields(), &entry.entry_hash);
                report.head = walk.head();
                self.report.entries += 1;
                self.judge(outcome)
            }
            Line::Checkpoint(checkpoint) => {
                let problem = self.problem("a checkpoint does not stand behind its entry");
                let Some((walk, report)) = &mut self.current else {
                    return Err(problem);
                };
                let checkpoint = checkpoint.into_checkpoint(&report.chain);
                let Some(checkpoint) =
                    checkpoint.filter(|checkpoint| checkpoint.sequence == report.head.sequence)
                else {
                    return Err(problem);
                };
                let outcome = walk.checkpoint(&checkpoint);
                report.stated = checkpoint.sequence;
                self.judge(outcome)
            }
            Line::End { entries } => {
                self.finish();
                self.check_keys()?;
                self.ended = true;
                if entries == self.report.entries {
                    return Ok(());
                }
                Err(self.problem(format!(
                    "the file should hold {entries} entries, but holds {}",
                    self.report.entries
                )))
            }
        }
    }

    fn begin(&mut self, line: ChainLine) -> Result<(), CheckError> {
        self.finish();
        let keys = self.check_keys()?;
        let ChainLine {
            chain,
            from,
            previous_hash,
        } = line;
        let right = EntryHash::from_slice(&previous_hash)
            .zip(from.checked_sub(1))
            .map(|(hash, sequence)| Head { sequence, hash })
            .filter(|head| head.sequence > 0 || *head == Head::empty(&chain))
            .ok_or_else(|| self.problem("the chain does not begin where a chain begins"))?;
        if self.report.chains.iter().any(|known| known.chain == chain) {
            return Err(self.problem("the chain stands twice"));
        }
        let walk = ChainWalk::after(&chain, keys, right);
        let report = ChainReport {
            chain,
            from,
            head: right,
            stated: 0,
        };
        self.current = Some((walk, report));
        Ok(())
    }

    fn finish(&mut self) {
        let done = self.current.take().map(|(_, report)| report);
        self.report.chains.extend(done);
    }

    fn check_keys(&mut self) -> Result<Arc<CheckpointKeys>, CheckError> {
        if let Some(keys) = &self.line_of_keys {
            return Ok(Arc::clone(keys));
        }
        let keys = CheckpointKeys::new(std::mem::take(&mut self.keys), self.pinned)
            .map_err(CheckError::Keys)?;
        self.report.keys = keys.keys().len() as u64;
        let keys = Arc::new(keys);
        self.line_of_keys = Some(Arc::clone(&keys));
        Ok(keys)
    }

    fn judge(&self, outcome: Result<(), Fault>) -> Result<(), CheckError> {
        outcome.map_err(|fault| CheckError::Fault {
            chain: self
                .current
                .as_ref()
                .map(|(_, report)| report.chain.clone())
                .unwrap_or_default(),
            fault,
        })
    }
}

#[cfg(test)]
mod tests;
