//! What can be chosen on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

/// Measures ERS on this machine.
#[derive(Debug, Parser)]
#[command(name = "ers-bench")]
pub struct Options {
    /// The `ers` to be measured
    #[arg(long)]
    pub ers: PathBuf,
    /// Also write the figures to this file
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Where databases and platforms are put; must be a real disk, not memory
    #[arg(long, default_value = "/var/tmp")]
    pub folder: PathBuf,
    /// Seconds that each figure is measured
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Seconds of load before measuring begins
    #[arg(long, default_value_t = 1.0)]
    pub warm_up: f64,
    /// Callers at the same time, for certificates
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    pub callers: Vec<usize>,
    /// Clients at the same time, for ACME
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16])]
    pub acme_clients: Vec<usize>,
    /// Devices at the same time, for EST, CMP and SCEP
    #[arg(long, value_delimiter = ',', default_values_t = [16, 64])]
    pub devices: Vec<usize>,
    /// Connections at the same time, for OCSP
    #[arg(long, value_delimiter = ',', default_values_t = [16, 256])]
    pub ocsp_connections: Vec<usize>,
    /// Only some of the figures
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Only on some of the databases
    #[arg(long, value_delimiter = ',')]
    pub databases: Vec<DatabaseKind>,
    /// CA keys: P-256, RSA-2048, RSA-3072, RSA-4096
    #[arg(long, value_delimiter = ',', default_values = ["P-256", "RSA-2048"])]
    pub keys: Vec<String>,
    /// Instead: what is asked of CARA over so many certificates, on PostgreSQL
    #[arg(long, value_delimiter = ',', value_name = "CERTIFICATES")]
    pub scale: Vec<u64>,
    /// Only: signs with such a key on the token of the environment, and says how often per second
    #[arg(long, value_name = "KEY", hide = true)]
    pub sign_on_token: Option<String>,
}

/// A group of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Certificates through `clm.v1.Enrollment`.
    Enrollment,
    /// Complete ACME orders.
    Acme,
    /// EST, CMP and SCEP.
    Edges,
    /// OCSP answers.
    Ocsp,
    /// Idle memory and time to ready.
    Rest,
    /// Latency at 80 % of what is possible, and what becomes of requests at three times as much; when asked for.
    Overload,
    /// cfssl, pebble and nginx beside ours; when asked for.
    Peers,
    /// CA keys on a SoftHSM2 token, beside what it does alone; when asked for.
    Token,
}

/// Where the platform keeps its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DatabaseKind {
    /// Files.
    Sqlite,
    /// A server of its own.
    Postgresql,
}

impl DatabaseKind {
    /// As it stands in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
        }
    }
}

impl Options {
    /// Whether that part is wanted.
    pub fn wants(&self, part: Part) -> bool {
        let usual = !matches!(part, Part::Overload | Part::Peers | Part::Token);
        (usual && self.only.is_empty()) || self.only.contains(&part)
    }

    /// Whether that database is wanted.
    pub fn wants_database(&self, kind: DatabaseKind) -> bool {
        self.databases.is_empty() || self.databases.contains(&kind)
    }

    /// Whether that CA key is wanted.
    pub fn wants_key(&self, algorithm: &str) -> bool {
        self.keys.iter().any(|key| key == algorithm)
    }

    /// How long each figure is measured.
    pub fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.max(0.1))
    }

    /// How long load is on before that.
    pub fn warming(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up.max(0.0))
    }
}
