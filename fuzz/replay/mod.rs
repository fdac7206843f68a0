//! Fuzzing on stable Rust: documents of the corpus, as they are and changed at random. `ERS_FUZZ_SECONDS` fuzzes each target
//! for that long, `ERS_FUZZ_SEED` is what is drawn from, `ERS_FUZZ_TARGETS` (names and commas) takes some of them.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// A target; it panics when something is wrong.
pub type Target = fn(&[u8]);

/// Changed documents for each target when no time is given.
const ROUNDS: usize = 1_500;
/// Longest document that is made.
const MOST_OCTETS: usize = 16 * 1024;

/// Calls each target with the documents of its corpus.
pub fn corpus(targets: &[(&str, Target)]) {
    for (name, target) in targets {
        for (path, octets) in documents(name) {
            call(&path.display().to_string(), *target, &octets);
        }
    }
}

/// Calls each target that is wanted with changed documents of its corpus; tells how many those were.
pub fn changed(targets: &[(&str, Target)]) -> String {
    let seed = number("ERS_FUZZ_SEED").unwrap_or(1);
    let seconds = number("ERS_FUZZ_SECONDS").map(Duration::from_secs);
    let only = std::env::var("ERS_FUZZ_TARGETS").unwrap_or_default();
    let is_wanted = |name: &str| only.is_empty() || only.split(',').any(|one| one == name);
    let mut told = String::new();
    for (name, target) in targets.iter().filter(|(name, _)| is_wanted(name)) {
        let documents = documents(name);
        let mut changer = Changer::new(seed);
        let until = seconds.map(|seconds| Instant::now() + seconds);
        let mut rounds = 0_usize;
        while until.map_or(rounds < ROUNDS, |until| Instant::now() < until) {
            let document = &documents[rounds % documents.len()].1;
            let other = &documents[changer.below(documents.len())].1;
            let changed = changer.change(document, other);
            call(name, *target, &changed);
            rounds += 1;
        }
        told += &format!("{name}: {rounds} changed documents, ERS_FUZZ_SEED={seed}\n");
    }
    told
}

fn documents(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).unwrap());
    files.into_iter().map(read).collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Calls the target; what it panics on is told in hexadecimal, to become a file of the corpus.
fn call(name: &str, target: Target, octets: &[u8]) {
    if catch_unwind(|| target(octets)).is_err() {
        panic!("fuzz target {name} fails on {}", hex::encode(octets));
    }
}

/// Draws, and changes documents.
struct Changer(TestRng);

impl Changer {
    fn new(seed: u64) -> Self {
        let mut octets = [0x5a; 32];
        octets[..8].copy_from_slice(&seed.to_be_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &octets))
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % end.max(1) as u64).unwrap()
    }

    /// One document with a few changes, some of them taken from another one.
    fn change(&mut self, document: &[u8], other: &[u8]) -> Vec<u8> {
        let mut octets = document.to_vec();
        for _ in 0..=self.below(4) {
            let place = self.below(octets.len());
            match self.below(9) {
                0 if !octets.is_empty() => octets[place] = self.below(256) as u8,
                1 if !octets.is_empty() => octets[place] ^= 1 << self.below(8),
                2 if !octets.is_empty() => drop(octets.remove(place)),
                3 => octets.insert(place, self.below(256) as u8),
                4 => octets.truncate(place),
                // numbers at the edges of lengths and signs
                5 if !octets.is_empty() => {
                    octets[place] = [0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff][self.below(8)];
                }
                6 => {
                    let end = place + self.below(octets.len() - place + 1);
                    let part = octets[place..end].to_vec();
                    octets.splice(place..place, part);
                }
                7 if !other.is_empty() => {
                    let start = self.below(other.len());
                    let end = start + self.below(other.len() - start + 1);
                    octets.splice(place..place, other[start..end].iter().copied());
                }
                _ => {
                    let end = place + self.below(octets.len() - place + 1);
                    octets.drain(place..end);
                }
            }
            octets.truncate(MOST_OCTETS);
        }
        octets
    }
}
