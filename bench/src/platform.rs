//! `ers up` with a configuration of its own, as its users start it, and the administrator's way to it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use ers_proto::{
    cara::v1::{
        certificates_client::CertificatesClient, issuance_client::IssuanceClient,
        status_client::StatusClient,
    },
    clm::v1::{administration_client::AdministrationClient, enrollment_client::EnrollmentClient},
};
use ers_runtime::{
    Context,
    clock::SystemClock,
    grpc::{self, Channel},
    health::Health,
    shutdown::Shutdown,
    tls::Identity,
};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{http, process::Counted, token::Token};

/// Those who have a database of their own.
pub const DATABASES: [&str; 6] = ["signer", "cara", "clm", "acme", "scep", "cmp"];
/// Of CRLs and of pages of certificates.
const LARGEST_ANSWER: usize = 64 << 20;
const LONGEST_START: Duration = Duration::from_secs(60);
const LONGEST_STOP: Duration = Duration::from_secs(30);

/// What the platform is started with.
pub struct Setting<'a> {
    /// The program.
    pub ers: &'a Path,
    /// Where its folder is made.
    pub folder: &'a Path,
    /// Database URLs, in the order of [`DATABASES`]; none: SQLite.
    pub databases: Vec<String>,
    /// Of the CA that issues.
    pub key_algorithm: &'a str,
    /// Where keys are, and how many processes of its own the platform loads the library in; none: software keys.
    pub token: Option<(&'a Token, usize)>,
    /// Where challenges are answered.
    pub http_port: u16,
    /// Who answers DNS, `host:port`.
    pub resolver: String,
}

/// What `ers up` says of itself.
#[derive(Debug, Deserialize)]
pub struct RunFile {
    /// HTTPS.
    pub url: String,
    /// Plain HTTP.
    pub revocation_url: String,
    health_url: String,
    /// PEM file.
    pub root_certificate: PathBuf,
    grpc: Grpc,
    pid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Grpc {
    clm_api: String,
    cara_ws: String,
}

/// A running platform; ends when dropped.
pub struct Platform {
    ers: PathBuf,
    environment: Option<(&'static str, PathBuf)>,
    folder: TempDir,
    process: Child,
    /// Where it is reached.
    pub run: RunFile,
    /// From start to ready.
    pub ready_after: Duration,
}

impl Platform {
    /// Starts one for the first time: it makes its CAs.
    pub async fn start(setting: &Setting<'_>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ers-bench-platform-")
            .tempdir_in(setting.folder)?;
        std::fs::write(
            folder.path().join("ers.yaml"),
            configuration(setting, folder.path()),
        )?;
        let environment = setting.token.map(|(token, _)| token.environment());
        let (process, run, ready_after) =
            start(setting.ers, folder.path(), environment.as_ref()).await?;
        Ok(Self {
            ers: setting.ers.to_owned(),
            environment,
            folder,
            process,
            run,
            ready_after,
        })
    }

    /// Ends it and starts it again over the same data.
    pub async fn again(mut self) -> Result<Self> {
        self.stop().await?;
        (self.process, self.run, self.ready_after) =
            start(&self.ers, self.folder.path(), self.environment.as_ref()).await?;
        Ok(self)
    }

    /// Asks it to end, and waits until it has; nothing when it has ended already.
    pub async fn stop(&mut self) -> Result<()> {
        if self.process.try_wait()?.is_some() {
            return Ok(());
        }
        let pid = self.pid().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await?;
        ensure!(
            told.success(),
            "stop the platform: process {pid} is not there"
        );
        tokio::time::timeout(LONGEST_STOP, self.process.wait())
            .await
            .context("stop the platform: it does not end")??;
        Ok(())
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.run.pid
    }

    /// Its process, for CPU time.
    pub fn counted(&self) -> Counted {
        Counted::Process(self.pid())
    }

    /// CLM's door for certificates, as the administrator.
    pub fn enrollment(&self) -> Result<EnrollmentClient<Channel>> {
        self.channel("clm-api", &self.run.grpc.clm_api)
            .map(EnrollmentClient::new)
    }

    /// End entities and challenges, as the administrator.
    pub fn administration(&self) -> Result<AdministrationClient<Channel>> {
        self.channel("clm-api", &self.run.grpc.clm_api)
            .map(AdministrationClient::new)
    }

    /// CARA's own door, as the administrator.
    pub fn issuance(&self) -> Result<IssuanceClient<Channel>> {
        self.cara().map(IssuanceClient::new)
    }

    /// CARA's certificates, as the administrator.
    pub fn certificates(&self) -> Result<CertificatesClient<Channel>> {
        Ok(CertificatesClient::new(self.cara()?).max_decoding_message_size(LARGEST_ANSWER))
    }

    /// What rev-info asks of CARA, as the administrator.
    pub fn status(&self) -> Result<StatusClient<Channel>> {
        Ok(StatusClient::new(self.cara()?).max_decoding_message_size(LARGEST_ANSWER))
    }

    fn cara(&self) -> Result<Channel> {
        self.channel("cara-ws", &self.run.grpc.cara_ws)
    }

    fn channel(&self, service: &str, address: &str) -> Result<Channel> {
        let read = |name: &str| {
            let path = self.folder.path().join("data/identity").join(name);
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
        };
        let identity = Identity::from_pem(
            &read("administrator.crt")?,
            &read("administrator.key")?,
            &read("authorities.crt")?,
        )?;
        let context = Context {
            service: "administrator",
            clock: SystemClock::shared(),
            shutdown: Shutdown::new(),
            health: Health::new(),
            meter: opentelemetry::global::meter("bench"),
            identity: Arc::new(identity),
        };
        Ok(grpc::connect(&context, service, address))
    }
}

fn configuration(setting: &Setting<'_>, folder: &Path) -> String {
    let databases: String = setting
        .databases
        .iter()
        .zip(DATABASES)
        .map(|(url, name)| format!("  {name}: '{url}'\n"))
        .collect();
    let databases = if databases.is_empty() {
        String::new()
    } else {
        format!("databases:\n{databases}")
    };
    format!(
        "data: {data}\nlisten: 127.0.0.1:0\nhttp_listen: 127.0.0.1:0\nhealth_listen: 127.0.0.1:0\n{databases}{token}\
        pki:\n  sub: {{ name: default-sub, subject: 'CN=Bench Sub CA,O=ERS', key_algorithm: {key}, validity: 25y }}\n\
        acme:\n  validation: {{ http_port: {http_port}, resolvers: ['{resolver}'], denied_networks: [] }}\n  \
        limits: {{ new_accounts_per_address: 0, new_orders_per_account: 0, new_orders_per_address: 0, \
        new_orders_per_names: 0, failed_validations_per_name: 0 }}\n",
        data = folder.join("data").display(),
        token = setting
            .token
            .map(|(token, workers)| token.section(workers))
            .unwrap_or_default(),
        key = setting.key_algorithm,
        http_port = setting.http_port,
        resolver = setting.resolver,
    )
}

async fn start(
    ers: &Path,
    folder: &Path,
    environment: Option<&(&'static str, PathBuf)>,
) -> Result<(Child, RunFile, Duration)> {
    let log_path = folder.join("log");
    let log = std::fs::File::create(&log_path)?;
    let begun = Instant::now();
    let mut process = Command::new(ers)
        .args(["up", "--config"])
        .arg(folder.join("ers.yaml"))
        .envs(environment.map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {}", ers.display()))?;
    let pid = process.id().context("start ers: it has ended")?;
    while begun.elapsed() < LONGEST_START {
        if let Some(status) = process.try_wait()? {
            let said = std::fs::read_to_string(&log_path).unwrap_or_default();
            bail!("start ers: it ended with {status}\n{said}");
        }
        if let Some(run) = running(folder, pid).await {
            return Ok((process, run, begun.elapsed()));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let said = std::fs::read_to_string(&log_path).unwrap_or_default();
    bail!("start ers: it is not ready after {LONGEST_START:?}\n{said}")
}

/// When the very process that was started says that it is ready.
async fn running(folder: &Path, pid: u32) -> Option<RunFile> {
    let text = std::fs::read_to_string(folder.join("data/run/platform.json")).ok()?;
    let run: RunFile = serde_json::from_str(&text).ok()?;
    if run.pid != pid {
        return None;
    }
    let health = run.health_url.strip_prefix("http://")?;
    let answer = http::get(health, "/health/ready").await.ok()?;
    (answer.status == 200).then_some(run)
}
