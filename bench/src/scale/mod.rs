//! `make bench-scale`: does what is asked of CARA cost the same with ten million certificates as with ten thousand? Rows
//! are made by the database itself; then the platform is started over them, and each question asked again and again by
//! one caller, so that the answer's time is that of the question and not of a queue.

mod asks;
mod rows;

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, Result};
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde::Serialize;

use crate::{
    acme,
    database::PostgreSql,
    load::{self, Figures, Processes},
    options::Options,
    platform::{Platform, Setting},
    process,
};
use asks::{Ask, Asker, KINDS};
use rows::Template;

/// How long a start may take to make itself ready over many rows.
const SETTLE: Duration = Duration::from_secs(3);
const NAMES: [&str; 4] = ["signer", "cara", "clm", "acme"];

/// What was measured at one size.
#[derive(Debug, Serialize)]
struct AtSize {
    certificates: u64,
    megabytes: u64,
    ready_ms: f64,
    figures: Vec<(String, Figures)>,
}

/// Measures at each size; prints the curve.
pub async fn run(options: &Options) -> Result<()> {
    let database = PostgreSql::start(&options.folder).await?;
    let mut urls = Vec::new();
    for name in NAMES {
        urls.push(database.create(name).await?);
    }
    let responders = acme::Responders::start().await?;
    let setting = Setting {
        ers: &options.ers,
        folder: &options.folder,
        databases: urls,
        key_algorithm: "P-256",
        token: None,
        http_port: responders.http_port,
        resolver: responders.resolver.to_string(),
    };
    let mut platform = Platform::start(&setting).await?;
    let template = Template::issue(&platform).await?;
    let mut sizes = options.scale.clone();
    sizes.sort_unstable();
    let mut there = 0;
    let mut curve = Vec::new();
    for size in sizes {
        platform.stop().await?;
        tell(&format!("{size} certificates: making rows"));
        rows::fill(&database, &template, there, size).await?;
        there = size;
        platform = platform.again().await?;
        let ready_ms = platform.ready_after.as_secs_f64() * 1000.0;
        tokio::time::sleep(SETTLE).await;
        let mut at = AtSize {
            certificates: size,
            megabytes: rows::megabytes(&database).await?,
            ready_ms,
            figures: Vec::new(),
        };
        let processes = Processes {
            platform: platform.counted(),
            database: Some(database.counted()?),
        };
        for kind in KINDS {
            tell(&format!("{size} certificates: {}", kind.name()));
            let asker = Asker::new(&platform, &template, kind, size)?;
            let figures = load::measure(vec![asker], processes, options)
                .await
                .with_context(|| format!("measure: {}", kind.name()))?;
            at.figures.push((kind.name().to_owned(), figures));
        }
        curve.push(at);
        print(&curve)?;
    }
    platform.stop().await?;
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&curve)?)
            .with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

fn print(curve: &[AtSize]) -> Result<()> {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let heading = curve.iter().map(|at| at.certificates.to_string());
    table.set_header(std::iter::once("p50 / p99 ms, CPU ms".to_owned()).chain(heading));
    let row = |name: &str, cell: &dyn Fn(&AtSize) -> String| -> Vec<String> {
        std::iter::once(name.to_owned())
            .chain(curve.iter().map(cell))
            .collect()
    };
    table.add_row(row("database, MB", &|at| at.megabytes.to_string()));
    table.add_row(row("start to ready, ms", &|at| {
        format!("{:.0}", at.ready_ms)
    }));
    for kind in KINDS {
        table.add_row(row(kind.name(), &|at| {
            let found = at.figures.iter().find(|(name, _)| name == kind.name());
            found.map_or_else(String::new, |(_, f)| {
                format!("{:.2} / {:.2}, {:.2}", f.p50_ms, f.p99_ms, f.cpu_ms())
            })
        }));
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\nload average {:.1}\n{table}",
        process::load_average()
    )?;
    Ok(())
}

/// So that every kind is measured.
impl Ask {
    /// As it stands in the table.
    fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Load => "load by serial number",
            Self::Status => "status of a serial number (OCSP)",
            Self::UnknownStatus => "status of one never issued",
            Self::CrlHead => "newest CRL",
            Self::List => "newest page of 100",
            Self::DeepPage => "page of 100 by expiry, in the middle",
            Self::Serial => "search: serial number",
            Self::Fingerprint => "search: fingerprint",
            Self::Dns => "search: DNS name",
            Self::Below => "search: all below a domain",
            Self::KeyIdentifier => "search: subject key identifier",
            Self::PublicKey => "search: public key",
            Self::Revoked => "search: revoked, page of 100",
            Self::Expiring => "search: expiring in a range, page of 100",
            Self::Missing => "search: a name that nobody has",
        }
    }
}
