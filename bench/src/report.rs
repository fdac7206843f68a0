//! The figures: as tables to be read, and as JSON.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
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

    /// As tables.
    pub fn text(&self) -> String {
        let machine = &self.machine;
        let disk: Vec<_> = machine
            .fdatasync_per_second
            .iter()
            .map(|rate| number(*rate))
            .collect();
        let mut parts = vec![
            format!(
                "{}, {} cores; load average {} before, {} after; fdatasync of 4 KiB per second: {}",
                machine.processor,
                machine.cores,
                machine.load_average[0],
                machine.load_average[1],
                disk.join(", "),
            ),
            self.bare_table(),
        ];
        if !self.enrollment.is_empty() {
            parts.push(self.enrollment_table());
        }
        if !self.acme.is_empty() {
            parts.push(self.acme_table());
        }
        if !self.edges.is_empty() {
            parts.push(self.edges_table());
        }
        if !self.ocsp.is_empty() {
            parts.push(self.ocsp_table());
        }
        if let Some(rest) = &self.rest {
            parts.push(rest_table(rest));
        }
        if !self.overload.is_empty() {
            parts.push(self.overload_table());
        }
        if !self.peers.is_empty() {
            parts.push(self.peers_table());
        }
        parts.join("\n\n")
    }

    fn bare_table(&self) -> String {
        let rows = self.bare.iter().map(|row| {
            vec![
                row.algorithm.to_owned(),
                number(row.per_core_second),
                number(row.per_second),
            ]
        });
        table(
            "Bare signatures, one core",
            &["key", "per CPU second", "per second"],
            rows,
        )
    }

    fn enrollment_table(&self) -> String {
        let rows = self.enrollment.iter().map(|row| {
            let figures = &row.figures;
            vec![
                row.database.to_owned(),
                row.key.to_owned(),
                figures.callers.to_string(),
                number(figures.per_second),
                number(row.ratio * 100.0),
                number(figures.p50_ms),
                number(figures.p99_ms),
                number(figures.cpu_ms()),
                number(figures.database_cpu_ms),
                number(row.overhead_rsu),
                number(row.fdatasync_per_second),
                others(figures),
            ]
        });
        table(
            "Certificates through clm.v1.Enrollment, durable",
            &[
                "database",
                "CA key",
                "callers",
                "per second",
                "% of bare",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                "of it database",
                "beside signature RSU",
                "fdatasync/s",
                "cores: generator, others, disk",
            ],
            rows,
        )
    }

    fn acme_table(&self) -> String {
        let rows = self.acme.iter().map(|row| {
            let figures = &row.figures;
            vec![
                row.database.to_owned(),
                figures.callers.to_string(),
                number(figures.per_second),
                number(row.ratio * 100.0),
                number(figures.p50_ms),
                number(figures.p99_ms),
                number(figures.cpu_ms()),
                number(figures.database_cpu_ms),
                number(row.requests_per_order),
                others(figures),
            ]
        });
        table(
            "ACME orders: newOrder, http-01, finalize, download; P-256",
            &[
                "database",
                "clients",
                "per second",
                "% of bare",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                "of it database",
                "requests",
                "cores: generator, others, disk",
            ],
            rows,
        )
    }

    fn edges_table(&self) -> String {
        let rows = self.edges.iter().map(|row| {
            let figures = &row.figures;
            vec![
                row.database.to_owned(),
                row.what.to_owned(),
                figures.callers.to_string(),
                number(figures.per_second),
                number(row.ratio * 100.0),
                number(figures.p50_ms),
                number(figures.p99_ms),
                number(figures.cpu_ms()),
                number(figures.database_cpu_ms),
                others(figures),
            ]
        });
        table(
            "Certificates by EST, CMP and SCEP, durable; P-256",
            &[
                "database",
                "what",
                "devices",
                "per second",
                "% of bare",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                "of it database",
                "cores: generator, others, disk",
            ],
            rows,
        )
    }

    fn ocsp_table(&self) -> String {
        let rows = self.ocsp.iter().map(|row| {
            let figures = &row.figures;
            vec![
                row.kind.to_owned(),
                row.method.to_owned(),
                figures.callers.to_string(),
                number(figures.per_second),
                number(row.ratio * 100.0),
                number(figures.p50_ms),
                number(figures.p99_ms),
                number(figures.platform_cpu_ms),
                others(figures),
            ]
        });
        table(
            "OCSP answers, P-256, SQLite",
            &[
                "answer",
                "method",
                "connections",
                "per second",
                "% of bare",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                "cores: generator, others, disk",
            ],
            rows,
        )
    }

    fn overload_table(&self) -> String {
        let rows = self.overload.iter().map(|(database, load)| {
            vec![
                (*database).to_owned(),
                load.name.to_owned(),
                number(load.offered),
                number(load.accepted),
                number(load.p50_ms),
                number(load.p99_ms),
                number(load.refused),
                number(load.refused_p99_ms),
            ]
        });
        table(
            "Certificates at a given rate, P-256",
            &[
                "database",
                "load",
                "offered/s",
                "accepted/s",
                "p50 ms",
                "p99 ms",
                "refused/s",
                "p99 ms of a refusal",
            ],
            rows,
        )
    }

    /// The best rate of ours that compares with a peer's.
    fn ours(&self, peer: &Peer) -> f64 {
        let best = |rates: &mut dyn Iterator<Item = f64>| rates.fold(f64::NAN, f64::max);
        if peer.what == "ACME orders" {
            return best(&mut self.acme.iter().map(|row| row.figures.per_second));
        }
        if peer.what == "certificates" {
            let ours = self.enrollment.iter().filter(|row| row.key == "P-256");
            return best(&mut ours.map(|row| row.figures.per_second));
        }
        let kept = self.ocsp.iter().filter(|row| row.kind == "kept");
        best(&mut kept.map(|row| row.figures.per_second))
    }

    fn peers_table(&self) -> String {
        let rows = self.peers.iter().map(|peer| {
            let figures = &peer.figures;
            vec![
                peer.name.to_owned(),
                peer.what.to_owned(),
                figures.callers.to_string(),
                number(figures.per_second),
                number(figures.p50_ms),
                number(figures.p99_ms),
                number(figures.cpu_ms()),
                number(self.ours(peer) / figures.per_second),
                others(figures),
            ]
        });
        table(
            "Peers in the same run",
            &[
                "peer",
                "what",
                "connections",
                "per second",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                "ours over theirs",
                "cores: generator, others, disk",
            ],
            rows,
        )
    }
}

fn rest_table(rest: &Rest) -> String {
    let rows = [
        ("first start to ready, ms", rest.first_start_ms),
        ("second start to ready, ms", rest.second_start_ms),
        ("memory idle, MiB", rest.idle_mib),
        ("memory after load, MiB", rest.loaded_mib),
        ("CPU idle, ms per second", rest.idle_cpu_ms),
    ];
    table(
        "At rest: one process, SQLite",
        &["what", "figure"],
        rows.into_iter()
            .map(|(what, figure)| vec![what.to_owned(), number(figure)]),
    )
}

/// Who else kept the cores busy.
fn others(figures: &Figures) -> String {
    format!(
        "{:.2}, {:.2}, {:.2}",
        figures.generator_cpu_ms * figures.per_second / 1000.0,
        figures.other_cores,
        figures.waiting_cores
    )
}

fn table(title: &str, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{title}\n\n{table}")
}

/// Three digits that count.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_count() {
        let shown: Vec<_> = [1234.5, 12.34, 1.234, 0.01234]
            .into_iter()
            .map(number)
            .collect();
        assert_eq!(shown, ["1234", "12.3", "1.23", "0.012"]);
    }
}
