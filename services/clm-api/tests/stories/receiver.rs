//! Somebody outside whom CLM calls over TLS.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

/// Somebody who is called: answers what they are told to, over TLS with a certificate of their own.
pub struct Receiver {
    pub port: u16,
    /// What vouches for them, PEM.
    pub authorities: PathBuf,
    /// What came: head and body, as text.
    pub asked: mpsc::Receiver<String>,
    status: Arc<AtomicU16>,
    _folder: tempfile::TempDir,
}

impl Receiver {
    pub async fn answering(answer: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = certificate_in(folder.path());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(&certificate).unwrap()],
                PrivateKeyDer::from_pem_file(&key).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = mpsc::channel(64);
        let status = Arc::new(AtomicU16::new(200));
        let told = Arc::clone(&status);
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = Vec::new();
                // The body is JSON, which ends with a brace.
                while !(request.ends_with(b"}")
                    && request.windows(4).any(|part| part == b"\r\n\r\n"))
                {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.unwrap();
                    request.extend_from_slice(&part[..read]);
                }
                sender
                    .send(String::from_utf8(request).unwrap())
                    .await
                    .unwrap();
                let response = format!(
                    "HTTP/1.1 {} Told\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
                    told.load(Ordering::Relaxed),
                    answer.len()
                );
                stream.write_all(response.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
            }
        });
        Self {
            port,
            authorities: certificate,
            asked,
            status,
            _folder: folder,
        }
    }

    /// Answers with another status of HTTP from now on.
    pub fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }
}

/// Key and certificate of a server that stands for itself: no CA's.
fn certificate_in(folder: &Path) -> (PathBuf, PathBuf) {
    let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
    let form = folder.join("form.cnf");
    let text = "[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n[server]\n\
                basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";
    std::fs::write(&form, text).unwrap();
    let mut command = std::process::Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-nodes"]);
    command.args(["-pkeyopt", "ec_paramgen_curve:P-256"]);
    command.args(["-subj", "/CN=localhost", "-days", "36500"]);
    command.arg("-config").arg(&form).arg("-keyout").arg(&key);
    let made = command.arg("-out").arg(&certificate).output().unwrap();
    assert!(made.status.success());
    (key, certificate)
}
