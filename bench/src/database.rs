//! A PostgreSQL of its own for the run, with the settings that it comes with: every commit is durable.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::process::Counted;

/// A running server; ends when dropped.
pub struct PostgreSql {
    port: u16,
    binaries: PathBuf,
    server: Child,
    _folder: TempDir,
}

impl PostgreSql {
    /// Makes and starts one.
    pub async fn start(folder: &Path) -> Result<Self> {
        let binaries = binaries().context("find PostgreSQL: scripts/setup.sh test installs it")?;
        let own = tempfile::Builder::new()
            .prefix("ers-bench-postgresql-")
            .tempdir_in(folder)?;
        let is_root = output(Command::new("id").arg("-u")).await?.trim() == "0";
        if is_root {
            output(Command::new("chown").arg("postgres").arg(own.path())).await?;
        }
        let data = own.path().join("data");
        output(
            as_server(is_root, &binaries.join("initdb"), own.path())
                .arg("-D")
                .arg(&data)
                .args([
                    "-A",
                    "trust",
                    "-U",
                    "ers",
                    "-E",
                    "UTF8",
                    "--locale=C",
                    "--no-sync",
                ]),
        )
        .await?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = std::fs::File::create(own.path().join("log"))?;
        let server = as_server(is_root, &binaries.join("postgres"), own.path())
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(own.path())
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let database = Self {
            port,
            binaries,
            server,
            _folder: own,
        };
        for _ in 0..200 {
            if database.sql("select 1").await.is_ok() {
                return Ok(database);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("start PostgreSQL: it does not answer")
    }

    /// A new database; its URL.
    pub async fn create(&self, name: &str) -> Result<String> {
        self.sql(&format!("create database {name}")).await?;
        Ok(format!("postgres://ers@127.0.0.1:{}/{name}", self.port))
    }

    /// Its processes.
    pub fn counted(&self) -> Result<Counted> {
        let pid = self.server.id().context("PostgreSQL has ended")?;
        Ok(Counted::Family(pid))
    }

    async fn sql(&self, sql: &str) -> Result<String> {
        self.sql_in("postgres", sql).await
    }

    /// Runs SQL in a database; what it prints.
    pub async fn sql_in(&self, name: &str, sql: &str) -> Result<String> {
        output(
            Command::new(self.binaries.join("psql"))
                .args([
                    "-X",
                    "-q",
                    "-A",
                    "-t",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-h",
                    "127.0.0.1",
                ])
                .args([
                    "-U",
                    "ers",
                    "-d",
                    name,
                    "-p",
                    &self.port.to_string(),
                    "-c",
                    sql,
                ]),
        )
        .await
    }
}

/// It refuses to run as root; `setpriv` becomes the server, so that its process id is that of the server.
fn as_server(is_root: bool, binary: &Path, folder: &Path) -> Command {
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(binary);
        command
    } else {
        Command::new(binary)
    };
    command.current_dir(folder);
    command
}

fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("postgres").exists())
        .collect();
    versions.sort();
    versions.pop()
}

async fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .with_context(|| format!("run {:?}", command.as_std().get_program()))?;
    ensure!(
        output.status.success(),
        "run {:?}: {}",
        command.as_std().get_program(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
