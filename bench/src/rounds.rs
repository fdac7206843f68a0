//! The order of things: what is started, measured, and ended, one after the other, so that nothing disturbs anything.

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use ers_proto::clm::v1::Issued;

use crate::{
    acme, bare,
    database::PostgreSql,
    edges,
    enrollment::Caller,
    load::{self, Processes, Work as _},
    ocsp,
    options::{DatabaseKind, Options, Part},
    overload, peers,
    platform::{DATABASES, Platform, Setting},
    process,
    report::{Answers, Edge, Enrollment, OnToken, Orders, Report, Rest},
    requests,
    token::Token,
};

const KEYS: [&str; 4] = ["P-256", "RSA-2048", "RSA-3072", "RSA-4096"];
/// The key that is measured beyond enrolment.
const USUAL_KEY: &str = "P-256";
/// Requests made beforehand; each is used for several certificates.
const CSRS: usize = 4000;
/// Certificates that OCSP is asked about.
const ASKED: usize = 500;
const TOKEN_CALLERS: usize = 64;
const SETTLE: Duration = Duration::from_secs(3);

struct Rounds<'a> {
    options: &'a Options,
    report: Report,
    responders: acme::Responders,
    csrs: Arc<[Vec<u8>]>,
}

/// All that the options want; prints the report.
pub async fn run(options: &Options) -> Result<()> {
    let mut rounds = Rounds {
        options,
        report: Report::default(),
        responders: acme::Responders::start().await?,
        csrs: requests::csrs(CSRS)?.into(),
    };
    let mut failed = Vec::new();
    rounds.begin()?;
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgresql] {
        if options.wants_database(kind) {
            rounds.on(kind).await?;
        }
    }
    if options.wants(Part::Token) {
        rounds.token().await?;
    }
    if options.wants(Part::Peers) {
        tell("peers");
        for peer in peers::measure(options, &rounds.csrs, &rounds.responders).await? {
            match peer {
                Ok(peer) => rounds.report.peers.push(peer),
                Err(error) => failed.push(format!("{error:#}")),
            }
        }
    }
    rounds.end()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{}", rounds.report.text())?;
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&rounds.report)?)
            .with_context(|| format!("write {}", path.display()))?;
    }
    anyhow::ensure!(failed.is_empty(), "not measured: {}", failed.join("; "));
    Ok(())
}

impl Rounds<'_> {
    fn begin(&mut self) -> Result<()> {
        let (processor, cores) = process::machine();
        self.report.machine.processor = processor;
        self.report.machine.cores = cores;
        self.report.machine.load_average[0] = process::load_average();
        self.disk()?;
        tell("bare signatures");
        self.report.bare = tokio::task::block_in_place(|| bare::signatures(self.options))?;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.disk()?;
        self.report.machine.load_average[1] = process::load_average();
        Ok(())
    }

    fn disk(&mut self) -> Result<f64> {
        let rate =
            tokio::task::block_in_place(|| bare::fdatasync_per_second(&self.options.folder))?;
        self.report.machine.fdatasync_per_second.push(rate);
        Ok(rate)
    }

    async fn on(&mut self, kind: DatabaseKind) -> Result<()> {
        for key in KEYS {
            let beyond = key == USUAL_KEY;
            if !self.options.wants_key(key) || !(beyond || self.options.wants(Part::Enrollment)) {
                continue;
            }
            tell(&format!("platform over {}, CA key {key}", kind.name()));
            let server = match kind {
                DatabaseKind::Sqlite => None,
                DatabaseKind::Postgresql => Some(PostgreSql::start(&self.options.folder).await?),
            };
            let mut platform = self.start(server.as_ref(), key, None).await?;
            let processes = Processes {
                platform: platform.counted(),
                database: server.as_ref().map(PostgreSql::counted).transpose()?,
            };
            if self.options.wants(Part::Enrollment) {
                self.enrollment(kind, key, &platform, processes).await?;
            }
            if beyond && self.options.wants(Part::Overload) {
                tell("  overload");
                let client = platform.enrollment()?;
                let loads = overload::measure(self.options, &client, &self.csrs).await?;
                self.report
                    .overload
                    .extend(loads.into_iter().map(|load| (kind.name(), load)));
            }
            if beyond && self.options.wants(Part::Acme) {
                self.acme(kind, &platform, processes).await?;
            }
            if beyond && self.options.wants(Part::Edges) {
                self.edges(kind, &platform, processes).await?;
            }
            if beyond && kind == DatabaseKind::Sqlite && self.options.wants(Part::Ocsp) {
                self.ocsp(&platform, processes).await?;
            }
            if beyond && kind == DatabaseKind::Sqlite && self.options.wants(Part::Rest) {
                platform = self.rest(platform).await?;
            }
            platform.stop().await?;
        }
        Ok(())
    }

    /// Certificates of CAs whose keys are on a token, over PostgreSQL, in each way that its library can be loaded.
    async fn token(&mut self) -> Result<()> {
        let token = Token::make(&self.options.folder).await?;
        for key in KEYS {
            if !self.options.wants_key(key) {
                continue;
            }
            tell(&format!("signatures of the token alone, {key}"));
            let alone = [token.alone(key, 1).await?, token.alone(key, 2).await?];
            for workers in [0, 1, 2] {
                tell(&format!("  certificates, {workers} processes of the token"));
                let server = PostgreSql::start(&self.options.folder).await?;
                let mut platform = self
                    .start(Some(&server), key, Some((&token, workers)))
                    .await?;
                let processes = Processes {
                    platform: process::Counted::Family(platform.pid()),
                    database: Some(server.counted()?),
                };
                let client = platform.enrollment()?;
                let callers = Caller::many(TOKEN_CALLERS, &client, &self.csrs);
                let figures = load::measure(callers, processes, self.options).await?;
                platform.stop().await?;
                self.report.token.push(OnToken {
                    key,
                    workers,
                    alone,
                    figures,
                });
            }
        }
        Ok(())
    }

    async fn start(
        &self,
        server: Option<&PostgreSql>,
        key: &str,
        token: Option<(&Token, usize)>,
    ) -> Result<Platform> {
        let mut databases = Vec::new();
        if let Some(server) = server {
            for name in DATABASES {
                databases.push(server.create(name).await?);
            }
        }
        Platform::start(&Setting {
            ers: &self.options.ers,
            folder: &self.options.folder,
            databases,
            key_algorithm: key,
            token,
            http_port: self.responders.http_port,
            resolver: self.responders.resolver.to_string(),
        })
        .await
    }

    async fn enrollment(
        &mut self,
        kind: DatabaseKind,
        key: &'static str,
        platform: &Platform,
        processes: Processes,
    ) -> Result<()> {
        let client = platform.enrollment()?;
        let fdatasync_per_second = self.disk()?;
        for count in &self.options.callers {
            tell(&format!("  certificates, {count} callers"));
            let callers = Caller::many(*count, &client, &self.csrs);
            let figures = load::measure(callers, processes, self.options).await?;
            let beside = figures.cpu_ms() - self.report.signature_ms(key);
            self.report.enrollment.push(Enrollment {
                database: kind.name(),
                key,
                ratio: figures.per_second / self.report.bare(key),
                overhead_rsu: beside / self.report.signature_ms("RSA-2048"),
                figures,
                fdatasync_per_second,
            });
        }
        Ok(())
    }

    async fn acme(
        &mut self,
        kind: DatabaseKind,
        platform: &Platform,
        processes: Processes,
    ) -> Result<()> {
        for count in &self.options.acme_clients {
            tell(&format!("  ACME orders, {count} clients"));
            let shared = acme::Shared::new(
                &platform.run.url,
                acme::Directory::ours(&platform.run.url),
                &platform.run.root_certificate,
                &self.responders.challenges,
                &self.csrs,
            )?;
            let mut clients = Vec::with_capacity(*count);
            for _ in 0..*count {
                clients.push(acme::Client::register(&shared).await?);
            }
            let figures = load::measure(clients, processes, self.options).await?;
            self.report.acme.push(Orders {
                database: kind.name(),
                requests_per_order: shared.requests_per_order(),
                ratio: figures.per_second / self.report.bare(USUAL_KEY),
                figures,
            });
        }
        Ok(())
    }

    async fn edges(
        &mut self,
        kind: DatabaseKind,
        platform: &Platform,
        processes: Processes,
    ) -> Result<()> {
        let devices = edges::Devices::new(platform, self.options).await?;
        for wanted in edges::Kind::ALL {
            for count in &self.options.devices {
                tell(&format!("  {}, {count} devices", wanted.name()));
                let figures = devices.measure(wanted, *count, processes).await?;
                self.report.edges.push(Edge {
                    database: kind.name(),
                    what: wanted.name(),
                    ratio: figures.per_second / self.report.bare(USUAL_KEY),
                    figures,
                });
            }
        }
        Ok(())
    }

    async fn ocsp(&mut self, platform: &Platform, processes: Processes) -> Result<()> {
        let ids = ocsp::cert_ids(&self.issue(platform).await?)?;
        let address = platform
            .run
            .revocation_url
            .trim_start_matches("http://")
            .trim_end_matches('/');
        // from here on an answer to each question is kept
        let mut first = ocsp::Asker::connect(address, &ids, 0, ocsp::Method::Post, false).await?;
        for _ in ids.iter() {
            first.once().await?;
        }
        for (kind, fresh) in [("kept", false), ("fresh", true)] {
            for (method, way) in [("GET", ocsp::Method::Get), ("POST", ocsp::Method::Post)] {
                for count in &self.options.ocsp_connections {
                    tell(&format!(
                        "  OCSP answers, {kind}, {method}, {count} connections"
                    ));
                    let mut askers = Vec::with_capacity(*count);
                    for number in 0..*count {
                        let begin = number * ids.len() / count;
                        askers.push(ocsp::Asker::connect(address, &ids, begin, way, fresh).await?);
                    }
                    let figures = load::measure(askers, processes, self.options).await?;
                    self.report.ocsp.push(Answers {
                        kind,
                        method,
                        ratio: figures.per_second / self.report.bare(USUAL_KEY),
                        figures,
                    });
                }
            }
        }
        Ok(())
    }

    /// Certificates to be asked about.
    async fn issue(&self, platform: &Platform) -> Result<Vec<Issued>> {
        const AT_ONCE: usize = 10;
        let callers = Caller::many(AT_ONCE, &platform.enrollment()?, &self.csrs);
        let tasks = callers.into_iter().map(|mut caller| {
            tokio::spawn(async move {
                let mut issued = Vec::new();
                for _ in 0..ASKED / AT_ONCE {
                    issued.push(caller.enroll().await?);
                }
                anyhow::Ok(issued)
            })
        });
        let mut issued = Vec::with_capacity(ASKED);
        for task in tasks.collect::<Vec<_>>() {
            issued.extend(task.await??);
        }
        Ok(issued)
    }

    async fn rest(&mut self, platform: Platform) -> Result<Platform> {
        tell("  at rest");
        let first = platform.ready_after;
        let loaded_mib = process::resident_mib(platform.pid())?;
        let platform = platform.again().await?;
        tokio::time::sleep(SETTLE).await;
        let before = platform.counted().cpu_seconds()?;
        tokio::time::sleep(SETTLE).await;
        let idle_cpu = platform.counted().cpu_seconds()? - before;
        self.report.rest = Some(Rest {
            first_start_ms: first.as_secs_f64() * 1000.0,
            second_start_ms: platform.ready_after.as_secs_f64() * 1000.0,
            idle_mib: process::resident_mib(platform.pid())?,
            idle_cpu_ms: idle_cpu * 1000.0 / SETTLE.as_secs_f64(),
            loaded_mib,
        });
        Ok(platform)
    }
}

/// What is done now; to standard error, so that the report stays alone.
fn tell(what: &str) {
    // nobody reads it: then it need not be told
    let _ = writeln!(std::io::stderr(), "bench: {what}");
}
