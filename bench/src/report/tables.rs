//! The figures as tables.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

use super::{Report, Rest};
use crate::{load::Figures, peers::Peer};

impl Report {
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
        if !self.token.is_empty() {
            parts.push(self.token_table());
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

    fn token_table(&self) -> String {
        let rows = self.token.iter().map(|row| {
            let figures = &row.figures;
            let [one, two] = row.alone;
            vec![
                row.key.to_owned(),
                number(one),
                number(two),
                row.workers.to_string(),
                number(figures.per_second),
                number(figures.per_second / one * 100.0),
                number(figures.per_second / two * 100.0),
                number(figures.p50_ms),
                number(figures.p99_ms),
                others(figures),
            ]
        });
        table(
            "Certificates of CAs with keys on a SoftHSM2 token, PostgreSQL, 64 callers",
            &[
                "CA key",
                "token alone, 1 process, per second",
                "2 processes",
                "processes of the platform",
                "certificates per second",
                "% of 1",
                "% of 2",
                "p50 ms",
                "p99 ms",
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

    /// The best rate of ours that compares with a peer's, over as many connections; none when ours was not measured.
    fn ours(&self, peer: &Peer) -> Option<f64> {
        let ours: Vec<&Figures> = match peer.what {
            "ACME orders" => self.acme.iter().map(|row| &row.figures).collect(),
            "certificates" => {
                let rows = self.enrollment.iter().filter(|row| row.key == "P-256");
                rows.map(|row| &row.figures).collect()
            }
            _ => {
                let rows = self.ocsp.iter().filter(|row| row.kind == "kept");
                rows.map(|row| &row.figures).collect()
            }
        };
        ours.into_iter()
            .filter(|figures| figures.callers == peer.figures.callers)
            .map(|figures| figures.per_second)
            .max_by(f64::total_cmp)
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
                self.ours(peer)
                    .map_or_else(String::new, |ours| number(ours / figures.per_second)),
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
