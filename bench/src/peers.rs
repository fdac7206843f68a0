//! What others do in the same run: cfssl without a database signs certificates, pebble without one takes ACME orders,
//! `cfssl ocspserve` and nginx hand out answers that were made before. Each with as many connections as ours.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use ers_pki::{
    certificate::Certificate,
    ocsp::{CertId, IssuerHashes, Request},
};
use openssl::x509::X509Req;
use serde::Serialize;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    acme::Responders,
    http::{self, Connection},
    load::{self, Figures, Processes, Work},
    options::Options,
    pebble,
    process::Counted,
};

/// One peer's figures.
#[derive(Debug, Serialize)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// What it was asked for.
    pub what: &'static str,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Connections at the same time that peers are asked over.
const OCSP_CONNECTIONS: usize = 16;
const CFSSL: &str = "cfssl serve";
const CFSSL_OCSP: &str = "cfssl ocspserve";
const NGINX: &str = "nginx static";
/// About an OCSP answer.
const STATIC_BYTES: usize = 300;

/// Measures all of them; who fails does not take the others along.
pub async fn measure(
    options: &Options,
    csrs: &[Vec<u8>],
    responders: &Responders,
) -> Result<Vec<Result<Peer>>> {
    let folder = tempfile::Builder::new()
        .prefix("ers-bench-peers-")
        .tempdir_in(&options.folder)?;
    let callers = options.callers.iter().copied().max().unwrap_or(64);
    Ok(vec![
        certificates(options, &folder, csrs, callers).await,
        pebble::measure(options, folder.path(), csrs, responders)
            .await
            .context("pebble"),
        answers(options, &folder).await,
        files(options, &folder).await,
    ])
}

/// One who sends the same requests again and again.
struct Asker {
    connection: Connection<TcpStream>,
    requests: Arc<[Vec<u8>]>,
    next: usize,
}

impl Work for Asker {
    async fn once(&mut self) -> Result<()> {
        let request = self
            .requests
            .get(self.next % self.requests.len())
            .context("there are no requests")?;
        self.next += 1;
        let answer = self.connection.call(request).await?;
        ensure!(
            answer.status == 200,
            "ask peer: {} {}",
            answer.status,
            answer.text()
        );
        Ok(())
    }
}

/// A peer that runs; ends when dropped.
pub struct Running {
    child: Child,
    address: String,
}

impl Running {
    /// Starts it, and waits until its port answers.
    pub async fn start(mut command: Command, port: u16) -> Result<Self> {
        let name = command.as_std().get_program().to_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!(
                    "start {}: scripts/setup.sh test installs it",
                    name.display()
                )
            })?;
        let address = format!("127.0.0.1:{port}");
        for _ in 0..200 {
            if TcpStream::connect(&address).await.is_ok() {
                return Ok(Self { child, address });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("start {}: it does not answer", name.display())
    }

    /// Its CPU time, and that of its children.
    pub fn processes(&self) -> Result<Processes> {
        let pid = self.child.id().context("the peer has ended")?;
        Ok(Processes {
            platform: Counted::Family(pid),
            database: None,
        })
    }

    async fn figures(
        &self,
        name: &'static str,
        what: &'static str,
        requests: Vec<Vec<u8>>,
        connections: usize,
        options: &Options,
    ) -> Result<Peer> {
        let requests: Arc<[Vec<u8>]> = requests.into();
        let mut askers = Vec::with_capacity(connections);
        for number in 0..connections {
            askers.push(Asker {
                connection: http::connect(&self.address).await?,
                requests: Arc::clone(&requests),
                next: number * requests.len() / connections,
            });
        }
        Ok(Peer {
            name,
            what,
            figures: load::measure(askers, self.processes()?, options).await?,
        })
    }
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

/// Runs a command; what it prints.
pub async fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output().await?;
    ensure!(
        output.status.success(),
        "{:?}: {}",
        command.as_std().get_program(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// A CA of P-256, as ours has.
async fn make_ca(folder: &Path) -> Result<()> {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
        -days 3650 -subj /CN=Peer";
    output(
        Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder),
    )
    .await?;
    let policy = r#"{"signing":{"default":{"expiry":"2160h","usages":["digital signature","server auth"]}}}"#;
    std::fs::write(folder.join("config.json"), policy)?;
    Ok(())
}

async fn certificates(
    options: &Options,
    folder: &TempDir,
    csrs: &[Vec<u8>],
    callers: usize,
) -> Result<Peer> {
    make_ca(folder.path()).await?;
    let port = free_port()?;
    let mut command = Command::new("cfssl");
    command
        .args(["serve", "-address", "127.0.0.1", "-port", &port.to_string()])
        .args([
            "-ca",
            "ca.pem",
            "-ca-key",
            "ca.key",
            "-config",
            "config.json",
        ])
        .args(["-loglevel", "5"])
        .current_dir(folder.path());
    let running = Running::start(command, port).await?;
    let requests = csrs
        .iter()
        .map(|der| {
            let pem = String::from_utf8(X509Req::from_der(der)?.to_pem()?)?;
            let body = serde_json::json!({ "certificate_request": pem }).to_string();
            Ok(http::post(
                "/api/v1/cfssl/sign",
                "peer",
                "application/json",
                body.as_bytes(),
            ))
        })
        .collect::<Result<_>>()?;
    running
        .figures(CFSSL, "certificates", requests, callers, options)
        .await
}

async fn answers(options: &Options, folder: &TempDir) -> Result<Peer> {
    let folder = folder.path();
    let signed = output(
        Command::new("cfssl")
            .args(["ocspsign", "-ca", "ca.pem", "-responder", "ca.pem"])
            .args([
                "-responder-key",
                "ca.key",
                "-cert",
                "ca.pem",
                "-loglevel",
                "5",
            ])
            .current_dir(folder),
    )
    .await?;
    let signed: serde_json::Value = serde_json::from_slice(&signed)?;
    let answer = signed
        .get("ocspResponse")
        .and_then(serde_json::Value::as_str)
        .context("read cfssl's answer")?;
    std::fs::write(folder.join("responses"), answer)?;
    let port = free_port()?;
    let mut command = Command::new("cfssl");
    command
        .args([
            "ocspserve",
            "-address",
            "127.0.0.1",
            "-port",
            &port.to_string(),
        ])
        .args(["-responses", "responses", "-loglevel", "5"])
        .current_dir(folder);
    let running = Running::start(command, port).await?;
    let pem = openssl::x509::X509::from_pem(&std::fs::read(folder.join("ca.pem"))?)?;
    let ca = Certificate::from_der(&pem.to_der()?)?;
    let id = CertId::sha1(&IssuerHashes::new(&ca), ca.serial());
    let der = Request::new(vec![id], None)?.to_der();
    // by POST: of a GET it refuses what has certain signs in its base64, which depends on the key
    let request = http::post("/", "peer", "application/ocsp-request", &der);
    running
        .figures(
            CFSSL_OCSP,
            "kept OCSP answers",
            vec![request],
            OCSP_CONNECTIONS,
            options,
        )
        .await
}

async fn files(options: &Options, folder: &TempDir) -> Result<Peer> {
    let folder = folder.path();
    let port = free_port()?;
    std::fs::create_dir(folder.join("www"))?;
    std::fs::write(folder.join("www/answer"), vec![0x42; STATIC_BYTES])?;
    let configuration = format!(
        "daemon off; worker_processes 2; pid nginx.pid; error_log stderr crit; user root;\n\
        events {{ worker_connections 512; }}\n\
        http {{ access_log off; keepalive_requests 100000000; server {{ listen 127.0.0.1:{port}; root {}; }} }}\n",
        folder.join("www").display()
    );
    std::fs::write(folder.join("nginx.conf"), configuration)?;
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let running = Running::start(command, port).await?;
    let request = b"GET /answer HTTP/1.1\r\nHost: peer\r\n\r\n".to_vec();
    running
        .figures(
            NGINX,
            "files of 300 octets",
            vec![request],
            OCSP_CONNECTIONS,
            options,
        )
        .await
}
