//! The figures, as they go into JSON; as tables to be read in `tables`.

mod tables;

use serde::Serialize;

use crate::{load::Figures, overload::Load, peers::Peer};

/// Everything of one run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// What all is compared with.
    pub bare: Vec<Bare>,
    /// Through `clm.v1.Enrollment`.
    pub enrollment: Vec<Enrollment>,
    /// Complete orders.
    pub acme: Vec<Orders>,
    /// EST, CMP and SCEP.
    pub edges: Vec<Edge>,
    /// Answers.
    pub ocsp: Vec<Answers>,
    /// At rest.
    pub rest: Option<Rest>,
    /// At so much load, by database.
    pub overload: Vec<(&'static str, Load)>,
    /// With keys on a token.
    pub token: Vec<OnToken>,
    /// Others in the same run.
    pub peers: Vec<Peer>,
}

/// Where it ran.
#[derive(Debug, Default, Serialize)]
pub struct Machine {
    /// The processor.
    pub processor: String,
    /// How many cores.
    pub cores: usize,
    /// Load average of the minute before and the last minute.
    pub load_average: [String; 2],
    /// How often per second the disk made 4 KiB durable, before and after the rest.
    pub fdatasync_per_second: Vec<f64>,
}

/// Bare signatures.
#[derive(Debug, Serialize)]
pub struct Bare {
    /// Of that key.
    pub algorithm: &'static str,
    /// Per second of CPU time: what one core does that has nothing else to do.
    pub per_core_second: f64,
    /// Per second of the clock, as far as others let us.
    pub per_second: f64,
}

/// Certificates.
#[derive(Debug, Serialize)]
pub struct Enrollment {
    /// Where rows are kept.
    pub database: &'static str,
    /// Key of the CA.
    pub key: &'static str,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
    /// Certificates per second over bare signatures per second of that key.
    pub ratio: f64,
    /// CPU time beside the signature itself, in CPU times of one RSA-2048 signature.
    pub overhead_rsu: f64,
    /// How often per second the disk made 4 KiB durable, just before.
    pub fdatasync_per_second: f64,
}

/// Certificates of a CA whose key is on a token.
#[derive(Debug, Serialize)]
pub struct OnToken {
    /// Key of the CA.
    pub key: &'static str,
    /// Processes of the platform that load the library; 0: the platform's own, by several threads.
    pub workers: usize,
    /// Signatures per second of the token alone, by one process and by two.
    pub alone: [f64; 2],
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
}

/// ACME.
#[derive(Debug, Serialize)]
pub struct Orders {
    /// Where rows are kept.
    pub database: &'static str,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
    /// Requests of a client for one order, polling included.
    pub requests_per_order: f64,
    /// Orders per second over bare P-256 signatures per second.
    pub ratio: f64,
}

/// EST, CMP or SCEP.
#[derive(Debug, Serialize)]
pub struct Edge {
    /// Where rows are kept.
    pub database: &'static str,
    /// What a device does.
    pub what: &'static str,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
    /// Certificates per second over bare P-256 signatures per second.
    pub ratio: f64,
}

/// OCSP.
#[derive(Debug, Serialize)]
pub struct Answers {
    /// "kept" or "fresh".
    pub kind: &'static str,
    /// "GET" or "POST".
    pub method: &'static str,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
    /// Answers per second over bare P-256 signatures per second.
    pub ratio: f64,
}

/// At rest.
#[derive(Debug, Serialize)]
pub struct Rest {
    /// From start to ready, when it makes its CAs.
    pub first_start_ms: f64,
    /// From start to ready, over data that is there.
    pub second_start_ms: f64,
    /// Resident memory after the second start, idle, MiB.
    pub idle_mib: f64,
    /// CPU milliseconds per second, idle.
    pub idle_cpu_ms: f64,
    /// Resident memory of the platform that has issued and answered all of the above, MiB.
    pub loaded_mib: f64,
}

impl Report {
    /// Bare signatures of a key per second of one core.
    pub fn bare(&self, algorithm: &str) -> f64 {
        self.bare
            .iter()
            .find(|bare| bare.algorithm == algorithm)
            .map_or(f64::NAN, |bare| bare.per_core_second)
    }

    /// CPU time of a bare signature, milliseconds.
    pub fn signature_ms(&self, algorithm: &str) -> f64 {
        1000.0 / self.bare(algorithm)
    }
}
